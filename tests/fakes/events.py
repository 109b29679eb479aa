# ruff: noqa: N803 - the names are boto3's
"""An EventBridge bus.

Limits of PutEvents (EventBridge user guide, "Calculating PutEvents event entry size", and API reference): ten
entries; their sizes, added up, are below 256 KB. What is wrong with one entry alone, or befalls it, is told in
the answer, which is no error.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.wire import Io, client_error, undisturbed

MAX_ENTRIES = 10
MAX_BYTES = 256 * 1024
TIME_BYTES = 14
REQUIRED = ("Source", "DetailType", "Detail")

Entry = Mapping[str, Any]


class FakeEvents:
    """The EventBridge client: who listens to the bus has heard these details.

    failing: the error code that an entry meets, such as ThrottlingException or InternalFailure; "" for none.
    """

    def __init__(self, *, io: Io = undisturbed) -> None:
        self.io = io
        self.failing: Callable[[Entry], str] = lambda entry: ""  # noqa: ARG005
        self.heard: list[dict[str, Any]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        return self.io("put_events", lambda: self._put(Entries))

    def _put(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        if not 1 <= len(entries) <= MAX_ENTRIES:
            raise _invalid(f"Member must have length less than or equal to {MAX_ENTRIES}")
        if sum(map(entry_bytes, entries)) >= MAX_BYTES:
            raise _invalid("Total size of the entries in the request is over the limit.")
        answers = [self._take(entry) for entry in entries]
        return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}

    def _take(self, entry: Entry) -> dict[str, str]:
        code = _fault(entry) or self.failing(entry)
        if code:
            return {"ErrorCode": code, "ErrorMessage": f"{code}, as EventBridge says it"}
        self.heard.append(json.loads(entry["Detail"]))
        return {"EventId": str(len(self.heard))}


def entry_bytes(entry: Entry) -> int:
    """The size of an entry as EventBridge counts it: its texts as UTF-8, and 14 bytes for a time."""
    texts = [entry.get(name, "") for name in REQUIRED] + list(entry.get("Resources", ()))
    return TIME_BYTES * ("Time" in entry) + sum(len(text.encode()) for text in texts)


def _fault(entry: Entry) -> str:
    """What is wrong with an entry by itself."""
    if not all(entry.get(name) for name in REQUIRED):
        return "InvalidArgument"
    if entry["Source"].startswith("aws."):
        return "NotAuthorizedForSource"
    try:
        return "" if isinstance(json.loads(entry["Detail"]), dict) else "MalformedDetail"
    except ValueError:
        return "MalformedDetail"


def _invalid(message: str) -> Exception:
    return client_error("PutEvents", "ValidationException", message)
