"""A job's log lines, merged by time, each once: what is there, and then what comes.

Lines that are there are read in spans of time, each small enough to be sorted in memory. Lines that come are
read again and again from a little before the latest one, because CloudWatch shows a line up to 90 s after it
was written (awslabs/amazon-dynamodb-tools, pull request 315). What was given out before is left out by its
event id. Ids are kept as long as their lines can be read again, so memory does not grow with the log.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from jobchute.aws.log_events import LogEvent, LogEvents

Span = list[LogEvent] | None
Ask = Callable[[Callable[[], Span]], Span]

LATE_MS = 150_000
"""A line that comes later than this after younger ones is lost: 90 s, and the time between two deep reads."""
OVERLAP_MS = 10_000
FIRST_SPAN_MS = 3_600_000
MIN_SPAN_MS = 1000
MAX_IN_SPAN = 50_000
"""Some 20 MB."""


def at_once(read: Callable[[], Span]) -> Span:
    return read()


class LogReader:
    """The lines from `since` on, in epoch milliseconds.

    max_in_span: lines that are sorted at a time. ask: makes a read, again if it fails.
    """

    def __init__(
        self, events: LogEvents, since: int, *, max_in_span: int = MAX_IN_SPAN, ask: Ask = at_once
    ) -> None:
        self._events = events
        self._since = since
        self._max_in_span = max_in_span
        self._ask = ask
        self._latest = since
        self._seen: dict[str, int] = {}

    @property
    def kept(self) -> int:
        """The number of event ids in memory."""
        return len(self._seen)

    def until(self, end: int) -> Iterator[list[LogEvent]]:
        """The lines that are there, up to `end`, in order of time across all streams."""
        start, span = self._since, FIRST_SPAN_MS
        while start < end:
            stop = min(start + span, end)
            read = partial(self._span, start, stop - 1, most=None if span == MIN_SPAN_MS else self._max_in_span)
            events = self._ask(read)
            if events is None:
                span = max(MIN_SPAN_MS, span // 8)
                continue
            yield self._new(events)
            start = stop
            if len(events) < self._max_in_span // 8:
                span *= 2

    def recent(self, back: int = OVERLAP_MS) -> list[LogEvent]:
        """The lines that came since the last read, in order of time. back: how far before the latest line."""
        start = max(self._since, self._latest - back)
        return self._new(self._ask(partial(self._span, start)) or [])

    def _span(self, start: int, end: int | None = None, *, most: int | None = None) -> Span:
        """All lines of a span of time; None if they are more than `most`."""
        found: list[LogEvent] = []
        for page in self._events.pages(start, end):
            found += page
            if most is not None and len(found) > most:
                return None
        return found

    def _new(self, events: Iterable[LogEvent]) -> list[LogEvent]:
        """Those not given out before. Lines of one stream and one millisecond keep CloudWatch's order."""
        fresh = {event.event_id: event for event in events if event.event_id not in self._seen}
        lines = sorted(fresh.values(), key=lambda event: event.timestamp)
        self._seen.update((event.event_id, event.timestamp) for event in lines)
        # An instance's clock that is ahead must not hide the lines of the others.
        self._latest = max([self._latest, *(min(event.timestamp, event.ingested) for event in lines)])
        oldest = self._latest - LATE_MS
        self._seen = {event_id: at for event_id, at in self._seen.items() if at >= oldest}
        return lines
