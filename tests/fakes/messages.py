"""What SQS refuses to take.

Limits: SQS developer guide, "Message quotas" (1 MiB a message, attributes included; ten attributes; a delay of
at most 15 minutes), and the API reference of SendMessage for the characters.
"""

import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.wire import client_error

MAX_BYTES = 1024 * 1024
MAX_ATTRIBUTES = 10
MAX_DELAY = 900
REFUSED_CHARACTERS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Attributes = Mapping[str, Mapping[str, Any]]


def check_message(body: str, attributes: Attributes, delay: float = 0) -> None:
    """delay: seconds. Raises what SendMessage answers."""
    if not body:
        raise _error("MissingParameter", "The request must contain the parameter MessageBody.")
    if len(attributes) > MAX_ATTRIBUTES:
        raise _invalid(f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [10].")
    for name, attribute in attributes.items():
        if not _value(attribute):
            raise _invalid(f"Message (user) attribute '{name}' must contain a non-empty value")
    if any(map(REFUSED_CHARACTERS.search, [body, *_texts(attributes)])):
        raise _error("InvalidMessageContents", "Invalid characters found.")
    size = message_bytes(body, attributes)
    if size > MAX_BYTES:
        raise _invalid(f"One or more parameters are invalid. Message must be shorter than {MAX_BYTES} bytes.")
    if not 0 <= delay <= MAX_DELAY:
        raise _invalid(f"Value {delay} for parameter DelaySeconds is invalid. It must be >= 0 and <= 900.")


def message_bytes(body: str, attributes: Attributes) -> int:
    """The size that counts: the body, and of each attribute its name, its type and its value."""
    of_attributes = (
        len(name.encode()) + len(attribute["DataType"].encode()) + len(_value(attribute))
        for name, attribute in attributes.items()
    )
    return len(body.encode()) + sum(of_attributes)


def _value(attribute: Mapping[str, Any]) -> bytes:
    return attribute.get("BinaryValue") or str(attribute.get("StringValue", "")).encode()


def _texts(attributes: Attributes) -> list[str]:
    return [attribute["StringValue"] for attribute in attributes.values() if "StringValue" in attribute]


def _error(code: str, message: str) -> ClientError:
    return client_error("SendMessage", code, message)


def _invalid(message: str) -> ClientError:
    return _error("InvalidParameterValue", message)
