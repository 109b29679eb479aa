"""JSON Schema of a document's members about further attempts of its job."""

from typing import Any

from jobchute.attempts import MAX_ALTERNATIVES, MAX_ATTEMPTS, RETRIED
from jobchute.requests.alternatives import DEFAULT_PATIENCE, MIN_PATIENCE
from jobchute.requests.matrix import MAX_AXES
from jobchute.requests.retry import DEFAULT_AFTER, DEFAULT_CAUSES, MAX_SECONDS


def retries() -> dict[str, dict[str, Any]]:
    """The members about further attempts."""
    cause = {"enum": [str(each) for each in RETRIED]}
    causes = {"type": "array", "minItems": 1, "maxItems": len(RETRIED), "items": cause}
    properties = {
        "attempts": {
            "description": "How often the job is tried, all in all. With alternatives, by default once for the "
            "request and once for each of them. Without alternatives, required beside on or after.",
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_ATTEMPTS,
        },
        "on": {
            "description": "The causes of ends after which it is tried again.",
            "anyOf": [cause, causes],
            "default": [str(each) for each in DEFAULT_CAUSES],
        },
        "after": {
            "description": "How long after an end; doubled each time. Seconds, or a text such as 5m.",
            **duration(DEFAULT_AFTER),
        },
    }
    retry = {
        "description": "Further attempts of a job whose end has one of these causes.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    return {"retry": retry, "alternatives": alternatives(), "patience": patience()}


def alternatives() -> dict[str, Any]:
    """What to ask for instead."""
    changes = {"type": "object", "minProperties": 1, "maxProperties": MAX_AXES}
    return {
        "description": "Changes of the request, by paths, tried in turn where there is no capacity.",
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_ALTERNATIVES,
        "items": changes,
    }


def patience() -> dict[str, Any]:
    """How long to wait before the next alternative."""
    wait = duration(DEFAULT_PATIENCE)
    wait["anyOf"][0]["minimum"] = MIN_PATIENCE
    return {"description": "How long to wait for capacity before the next alternative.", **wait}


def duration(default: int) -> dict[str, Any]:
    """Seconds, or a text with a unit."""
    number = {"type": "integer", "minimum": 0, "maximum": MAX_SECONDS}
    return {"anyOf": [number, {"type": "string", "pattern": "^[0-9]{1,6}(s|m|h)?$"}], "default": default}
