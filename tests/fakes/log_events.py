"""CloudWatch Logs as FilterLogEvents shows it: pages, empty ones among them, and lines that come late."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.clock import Clock


@dataclass(frozen=True, slots=True)
class Line:
    """at, shown_at: when it was written, and when it can be read; in epoch seconds."""

    event_id: str
    stream: str
    at: float
    shown_at: float
    message: str = ""

    def as_event(self) -> dict[str, Any]:
        return {
            "eventId": self.event_id,
            "logStreamName": self.stream,
            "timestamp": round(self.at * 1000),
            "ingestionTime": round(self.shown_at * 1000),
            "message": self.message,
        }


@dataclass
class FakeLogs:
    """A `logs` client. A call takes `seconds`. refusals: error codes of the next calls."""

    clock: Clock
    lines: list[Line] = field(default_factory=list)
    page_size: int = 10_000
    seconds: float = 0.05
    has_group: bool = True
    calls: int = 0
    refusals: list[str] = field(default_factory=list)

    def get_paginator(self, name: str) -> "FakeLogs":
        assert name == "filter_log_events"
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        """As at AWS, pages are not in order of time, and empty ones are among them: the last line of a page
        comes with the next one.
        """
        self._call()
        events = self._shown(**asked)
        while len(events) > self.page_size:
            page, events = events[: self.page_size], events[self.page_size :]
            late = page.pop()
            yield {"events": page, "nextToken": "1"}
            self._call()
            yield {"events": [], "nextToken": "2"}
            self._call()
            events.insert(min(3, len(events)), late)
        yield {"events": events}

    def _call(self) -> None:
        self.calls += 1
        self.clock.run(self.clock.now + self.seconds)
        code = self.refusals.pop(0) if self.refusals else "" if self.has_group else "ResourceNotFoundException"
        if code:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "FilterLogEvents")

    def _shown(self, **asked: Any) -> list[dict[str, Any]]:
        shown = [line.as_event() for line in self.lines if line.shown_at <= self.clock.now]
        return [
            event
            for event in sorted(shown, key=lambda event: event["timestamp"])
            if event["logStreamName"].startswith(asked["logStreamNamePrefix"])
            and event["timestamp"] >= asked["startTime"]
            and event["timestamp"] <= asked.get("endTime", event["timestamp"])
        ]
