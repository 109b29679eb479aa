"""JSON Schema of a document's members about the cost of its job."""

from typing import Any

from jobchute.providers.charges import USAGE
from jobchute.requests.money import MAX_DOLLARS, MAX_QUANTITY, REJECT, WAIT


def money() -> dict[str, dict[str, Any]]:
    """The members about the cost of a job."""
    quantity = {"type": "integer", "minimum": 0, "maximum": MAX_QUANTITY}
    return {
        "maxCost": {
            "description": "US dollars: a job that may cost more, or an unknown amount, is rejected.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": MAX_DOLLARS,
        },
        "usage": {
            "description": "Quantities that the request does not say, at most, such as tokens.",
            "type": "object",
            "properties": dict.fromkeys(USAGE, quantity),
            "additionalProperties": False,
        },
        "whenOverBudget": {
            "description": "What happens if the job's budget has no room for what it may cost.",
            "enum": [REJECT, WAIT],
            "default": REJECT,
        },
    }
