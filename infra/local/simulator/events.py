"""EventBridge events: their form, and the thread that sends them.

AWS, and the emulator, refuse a PutEvents whose source begins with `aws.`, so the source is `aws` replaced by
a prefix (`jobchute.simulator.sagemaker` for `aws.sagemaker`); everything else is as the providers document
it.
"""

import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Entry = dict[str, Any]
Send = Callable[[Sequence[Entry]], Sequence[Entry]]

BATCH = 10  # entries that one PutEvents takes
ATTEMPTS = 8
MAX_PAUSE = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """A state change; `service` is what follows `aws.` in the documented source, `at` is in epoch seconds."""

    service: str
    detail_type: str
    resource: str
    detail: Mapping[str, Any]
    at: float

    def as_entry(self, *, source_prefix: str, bus: str) -> Entry:
        """The event as an entry of PutEvents."""
        return {
            "Source": source_prefix + self.service,
            "DetailType": self.detail_type,
            "Detail": json.dumps(self.detail),
            "Resources": [self.resource],
            "Time": datetime.fromtimestamp(self.at, UTC),
            "EventBusName": bus,
        }


class EventBridge:
    """Sends entries to an EventBridge endpoint; an instance is a `Send`."""

    def __init__(self, *, endpoint: str, region: str) -> None:
        import boto3  # type: ignore[import-untyped,unused-ignore]
        from botocore.config import Config  # type: ignore[import-untyped,unused-ignore]

        self._client: Any = boto3.client(
            "events",
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 1}),
        )

    def __call__(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Send up to ten entries; returns those that were not taken."""
        results = self._client.put_events(Entries=list(entries))["Entries"]
        for result in results:
            if "ErrorCode" in result:
                log.warning(
                    "PutEvents refused an entry: %s %s", result["ErrorCode"], result.get("ErrorMessage")
                )
        return [entry for entry, result in zip(entries, results, strict=True) if "ErrorCode" in result]


class Publisher:
    """Sends events in their order, in a thread, ten at a time. What cannot be sent after eight attempts is
    logged.

    `send` takes entries and returns those that were not taken, or raises. None: nothing is sent.
    """

    def __init__(self, send: Send | None, *, first_pause: float = 0.1) -> None:
        self._send = send
        self._first_pause = first_pause
        self._waiting: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        self.sent = 0
        self.lost = 0

    def publish(self, entry: Entry) -> None:
        if self._send is not None:
            self._waiting.put(entry)

    def start(self) -> None:
        self._ended.clear()
        self._thread = threading.Thread(target=self._loop, name="simulator-events", daemon=True)
        self._thread.start()

    def stop(self, *, within: float = 10.0) -> None:
        """Send what is waiting, for `within` seconds at most; then no failed send is tried again."""
        if self._thread is None:
            return
        self._waiting.put(None)
        self._thread.join(within)
        self._ended.set()
        self._thread.join()

    def _loop(self) -> None:
        while (batch := self._take()) is not None:
            self._deliver(batch)

    def _take(self) -> list[Entry] | None:
        """The next entries, at least one; None at the end."""
        first = self._waiting.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < BATCH and not self._waiting.empty():
            following = self._waiting.get()
            if following is None:
                self._waiting.put(None)
                break
            batch.append(following)
        return batch

    def _deliver(self, batch: Sequence[Entry]) -> None:
        pause = self._first_pause
        left = self._attempt(batch)
        for _ in range(ATTEMPTS - 1):
            if not left or self._ended.wait(pause):
                break
            pause = min(pause * 2, MAX_PAUSE)
            left = self._attempt(left)
        self.sent += len(batch) - len(left)
        self.lost += len(left)
        for entry in left:
            log.error("an event is lost: %s", " ".join(map(str, entry.values())))

    def _attempt(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        assert self._send is not None
        try:
            return self._send(entries)
        except Exception:
            log.exception("the call failed for %d entries", len(entries))
            return entries


def iso_time(at: float) -> str:
    """`2026-11-21T02:30:00.000Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_milliseconds(at: float) -> int:
    return round(at * 1000)


def spoken_time(at: float) -> str:
    """`Aug 28, 2024, 10:47:53 PM`, as in Bedrock's documented event."""
    moment = time.gmtime(at)
    return time.strftime("%b ", moment) + f"{moment.tm_mday}" + time.strftime(", %Y, %I:%M:%S %p", moment)
