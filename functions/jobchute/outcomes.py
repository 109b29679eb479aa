"""How jobs end: the causes of ends that are no success, and the facts that providers report. Pure.

docs/outcomes.md describes both as users see them. The facts are written into the job's row, so they are small.
"""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

VERSION = 1
MAX_BYTES = 750
"""Of the object as compact JSON. With it, the row of a job of usual names has at most 2 KB: two write units."""
MAX_METRICS_BYTES = 320
MAX_LOCATION = 256
MAX_EXIT_MESSAGE = 256
TRUNCATED = "truncated"
SIGNIFICANT_DIGITS = 7
"""SageMaker's metrics are 32-bit floats, which have no more."""


class Cause(StrEnum):
    """Why a job did not succeed: one word for all APIs.

    A cause is only given where the provider's status, code or text says so. Everything else is UNKNOWN.
    """

    CAPACITY = "CAPACITY"
    """The provider had no capacity or quota in time."""
    INTERRUPTED = "INTERRUPTED"
    """The provider took the capacity away, as it may with spot instances."""
    INTERNAL = "INTERNAL"
    """The provider, the way to it, or Jobchute failed."""
    THROTTLED = "THROTTLED"
    """Calls were throttled until the job's time to wait was over."""
    TIMED_OUT = "TIMED_OUT"
    """A time limit ended the job: of its run, or of its wait for its turn."""
    INPUT = "INPUT"
    """The request, or the data that it names, cannot be processed as they are."""
    CODE = "CODE"
    """The job's own program failed."""
    PERMISSION = "PERMISSION"
    """A permission was missing: of the job's role, of Jobchute, or of the sender."""
    CANCELLED = "CANCELLED"
    """A person or another system stopped the job, or the job that it waited for ended otherwise."""
    UNKNOWN = "UNKNOWN"
    """The provider gave no reason, or one that Jobchute does not know."""


class Result(NamedTuple):
    """The facts of one end. A fact that the provider does not report is None or empty.

    billable_seconds: as the provider bills, times the instances where it bills each of them.
    instances: `type` and `count`, as used. records, tokens: counts by name.
    output, model: S3 URIs. metrics: final values by name, in the provider's order.
    """

    queued_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    billable_seconds: int | None = None
    instances: Mapping[str, Any] | None = None
    records: Mapping[str, int] | None = None
    tokens: Mapping[str, int] | None = None
    metrics: Mapping[str, float] | None = None
    model: str | None = None
    output: str | None = None
    exit_message: str | None = None

    def document(self) -> dict[str, Any] | None:
        """The object as it is stored and shown, in at most MAX_BYTES of JSON; None without any fact.

        If facts had to be left out or cut, `truncated` is true.
        """
        facts = _Facts()
        for name, value in self._always():
            facts.add(name, value)
        facts.add_metrics(self.metrics or {})
        for name, location in (("model", self.model), ("output", self.output)):
            facts.add_location(name, location)
        facts.add_text("exitMessage", self.exit_message or "")
        return facts.document() if facts else None

    def _always(self) -> Iterator[tuple[str, Any]]:
        """The facts whose size has a bound of its own: together less than 400 bytes."""
        times = (("queuedAt", self.queued_at), ("startedAt", self.started_at), ("endedAt", self.ended_at))
        yield from ((name, utc(at)) for name, at in times if at is not None)
        if self.billable_seconds is not None:
            yield "billableSeconds", self.billable_seconds
        for name, counts in (("instances", self.instances), ("records", self.records), ("tokens", self.tokens)):
            if counts:
                yield name, dict(counts)


class _Facts:
    """Members of the object, and what has been left out."""

    def __init__(self) -> None:
        self._members: dict[str, Any] = {}
        self._is_truncated = False

    def __bool__(self) -> bool:
        return bool(self._members)

    def document(self) -> dict[str, Any]:
        truncated = {TRUNCATED: True} if self._is_truncated else {}
        return {"version": VERSION, **self._members, **truncated}

    def add(self, name: str, value: Any) -> None:
        """Add a member if it fits beside the mark that others were left out."""
        members = {"version": VERSION, **self._members, name: value, TRUNCATED: True}
        if size_of(members) > MAX_BYTES:
            self._is_truncated = True
        else:
            self._members[name] = value

    def add_metrics(self, metrics: Mapping[str, float]) -> None:
        """Those that fit into MAX_METRICS_BYTES, in order. A value that JSON cannot represent is left out."""
        kept: dict[str, float] = {}
        for name, value in metrics.items():
            added = {**kept, name: _rounded(value)}
            if math.isfinite(value) and size_of(added) <= MAX_METRICS_BYTES:
                kept = added
            else:
                self._is_truncated = True
        if kept:
            self.add("metrics", kept)

    def add_location(self, name: str, uri: str | None) -> None:
        """A location is whole or left out."""
        if uri and len(uri) <= MAX_LOCATION:
            self.add(name, uri)
        elif uri:
            self._is_truncated = True

    def add_text(self, name: str, text: str) -> None:
        """The beginning of a text: as much as fits."""
        room = MAX_BYTES - size_of({"version": VERSION, **self._members, name: "", TRUNCATED: True})
        kept = text[: min(MAX_EXIT_MESSAGE, max(room, 0))]
        while size_of(kept) - len('""') > max(room, 0):
            kept = kept[:-1]
        self._is_truncated |= kept != text
        if kept:
            self._members[name] = kept


def tells_begin(result: Mapping[str, Any] | None) -> bool:
    """Whether the facts of a job's end, as they are stored, say that it had begun to run."""
    facts = result or {}
    return "startedAt" in facts or bool(facts.get("records", {}).get("processed"))


def size_of(value: object) -> int:
    """Bytes of the value as compact JSON in ASCII."""
    return len(json.dumps(value, separators=(",", ":")))


def utc(at: datetime) -> str:
    """ISO 8601 in UTC, in whole seconds."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _rounded(value: float) -> float:
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
