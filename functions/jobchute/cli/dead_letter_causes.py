"""Why a message became a dead letter, as the message itself says."""

import json
from collections.abc import Mapping
from typing import Any

from jobchute.aws.queues import Message
from jobchute.dead_letters.messages import DeadLetterKind
from jobchute.lifecycle.postponed import put_aside_in

READERS = {DeadLetterKind.INTAKE: "Validate", DeadLetterKind.EVENTS: "Observe"}
"""The function that reads the source queue."""


def cause_of(place: DeadLetterKind, message: Message, deliveries: int) -> str:
    """One sentence. deliveries: how often the function received it; 0 if that is not known."""
    refused = _refused_delivery(message.attributes)
    if refused is not None:
        return refused
    if place is DeadLetterKind.STREAM:
        return _of_stream(_parsed(message.body), message.message_id)
    tries = f"after {deliveries} deliveries" if deliveries else "after its last delivery"
    log = f"the error is in the log of the {READERS[place]} function"
    return f'gave up {tries}; {log}: search for "message not handled" and {message.message_id}'


def _refused_delivery(attributes: Mapping[str, Any]) -> str | None:
    """The attributes that EventBridge adds to an undelivered event (User Guide, "Using dead-letter queues")."""
    code = _text(attributes, "ERROR_CODE")
    if code is None:
        return None
    details = filter(None, (_text(attributes, "ERROR_MESSAGE"), _text(attributes, "EXHAUSTED_RETRY_CONDITION")))
    target = _text(attributes, "TARGET_ARN") or "its target"
    return ": ".join((f"EventBridge could not deliver it to {target}", code, *details))


def _of_stream(body: Any, message_id: str) -> str:
    record = put_aside_in(body)
    if record is not None:
        again = "every retry would fail" if record.is_permanent else "it failed for 15 minutes"
        return f"put aside because {again}: {', '.join(record.codes)}"
    match body:
        case {"requestContext": {"condition": condition}, "responseContext": {**response}}:
            error = response.get("functionError", "it timed out or was throttled")
            return f"Lambda gave up ({condition}): {error}; see the log of the Announce function"
        case _:
            return f"the error is in the log of the Announce function: search for {message_id}"


def _text(attributes: Mapping[str, Any], name: str) -> str | None:
    value = attributes.get(name, {}).get("StringValue")
    return None if value is None else str(value)


def _parsed(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
