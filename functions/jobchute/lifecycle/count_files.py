"""The jobs of files, counted by the reconciler until all have ended.

A count is read from the ledger each time: increments per move would drift with every repetition. The best job
by the objective of the documents is found by the same count. So it is as new as the states beside it, and of a
file that has ended it is the best of all jobs, also of those that the index showed late.

An open file has a time at which it is due, in the index of due rows. The reconciler begins with the longest
overdue one. It stops a count when its share of time is over; the next reconciliation continues it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger

from jobchute.job import FINAL_STATES, State, iso
from jobchute.ledger.file_counts import Count, FileCountRows, count_of
from jobchute.ledger.files import FileRow
from jobchute.lifecycle.bus import Bus
from jobchute.status.answers import Answers
from jobchute.status.files import file_event_of, file_status_of, source_of_file

logger = Logger(child=True)

MAX_SECONDS = 15
"""For all files of one reconciliation."""
SPARE_SECONDS = 10
MAX_FILES = 1000
"""In one reconciliation."""
MIN_SECONDS_BETWEEN = 45
"""Between two counts of a file: reconciliations come once a minute, but not to the second."""
MAX_QUIET_SECONDS = 300
"""Between two counts of a file that has not changed for long."""
MAX_STOPPED_SECONDS = 3600
"""The same, of a file whose reading has stopped: the reader that continues makes it due again."""
SECONDS_A_JOB = 0.03
"""Between two counts of a large file: 10,000 jobs are read every five minutes."""
SETTLED_SECONDS = 120
"""Longer than a call of a reader can last, and longer than an index is behind its table."""
MAX_MISSING_SECONDS = 24 * 3600
"""How long a file waits for jobs that were accepted and that the index does not show."""

HasTime = Callable[[], bool]


class FileCounts(NamedTuple):
    """now: epoch seconds."""

    rows: FileCountRows
    answers: Answers
    bus: Bus
    now: Callable[[], float]

    def count_due(self, *, time_left: Callable[[], float]) -> int:
        """Count the jobs of the files that are due. Returns how many files have ended.

        An error with one file is logged and does not keep the others from their turn; that file comes again.
        """
        until = max(time_left() - MAX_SECONDS, SPARE_SECONDS)
        due = list(islice(self.rows.due(self.now()), MAX_FILES))
        ended = 0
        for number, row in enumerate(due):
            left, files = time_left() - until, len(due) - number
            if left <= 0:
                logger.warning("no time for all files", files=files)
                break
            try:
                ended += self._process(row, _share(time_left, left / files))
            except Exception:
                logger.exception("jobs of a file not counted", source=row.source.uri)
        return ended

    def _process(self, row: FileRow, has_time: HasTime) -> bool:
        """Returns whether this call found that the file has ended."""
        now = self.now()
        claimed = self.rows.claim(row, due=int(now + seconds_between(row, now)))
        if claimed is None:
            return False
        if claimed.ended_at is not None:
            self._write_status(claimed)
            self.rows.close(claimed)
            return False
        count = self._count(claimed, has_time)
        if count.place is not None:
            self.rows.keep(claimed, count, due=int(now))
            return False
        return self._apply(claimed, count)

    def _count(self, row: FileRow, has_time: HasTime) -> Count:
        """One page at least, so that every call makes progress."""
        count = self.rows.next_page(row, count_of(row, self.now()))
        while count.place is not None and has_time():
            count = self.rows.next_page(row, count)
        return count

    def _apply(self, row: FileRow, count: Count) -> bool:
        """Write and announce the result of a whole count. Returns whether the file has ended.

        The event comes first: if the call dies after it, the next one repeats it. A row that says that the file
        has ended is processed once more, when no call is left that may write an older status document.
        """
        now = self.now()
        is_changed = dict(count.states) != dict(row.states) or row.counted_at is None
        if is_changed:
            row = row._replace(states=count.states, counted_at=iso(now), best=count.best)
        is_over = has_ended(row, count, now)
        due = row.due or int(now)
        if is_over:
            row = row._replace(ended_at=max(count.latest, row.updated_at))
            self.bus.publish_file(file_event_of(row))
            logger.info("file ended", source=row.source.uri, states=dict(row.states))
            due = int(now) + SETTLED_SECONDS
        if is_changed or is_over or row.partial_count is not None:
            saved = self.rows.save(row, due=due)
            if saved is None:
                return False
            row = saved
        self._write_status(row)
        return is_over

    def _write_status(self, row: FileRow) -> None:
        """Bring the file's status document up to date. A reader at work writes it itself.

        Members that only a reader knows, such as the list of the documents, stay in it.
        """
        if not is_read(row) and self.now() < _moment(row.updated_at) + SETTLED_SECONDS:
            return
        found = self.answers.read(row.source) or {}
        document = updated(found, row)
        if document != found:
            self.answers.write(row.source, document)


def updated(document: Mapping[str, Any], row: FileRow) -> dict[str, Any]:
    """A file's status document with what its row says now; that of another version is replaced as a whole."""
    status = file_status_of(row, None)
    source = document.get("source", {})
    if "redriven" in document:
        return {**document, **status}
    if not source_of_file(row).items() <= source.items():
        return status
    # Of a file with one document, a matrix, the source names that document too.
    return {**document, **status, "source": source}


def has_ended(row: FileRow, count: Count, now: float) -> bool:
    """Whether all jobs of a file have ended, and no other can come of it."""
    if any(State(state) not in FINAL_STATES for state in count.states):
        return False
    if not is_read(row):
        return False
    read_until = max(_moment(row.updated_at), float(row.cancelled_at or 0))
    if count.begun_at < read_until + SETTLED_SECONDS:
        return False
    jobs = sum(number for state, number in count.states.items() if state != State.REJECTED)
    return jobs >= row.reading.accepted or now > read_until + MAX_MISSING_SECONDS


def seconds_between(row: FileRow, now: float) -> float:
    """Until the next count: the more, the larger the file is and the longer it has not changed."""
    quiet = 0.0 if row.counted_at is None else (now - _moment(row.counted_at)) / 4
    most = MAX_QUIET_SECONDS if is_read(row) else MAX_STOPPED_SECONDS
    return max(MIN_SECONDS_BETWEEN, min(quiet, most), sum(row.states.values()) * SECONDS_A_JOB)


def is_read(row: FileRow) -> bool:
    """Whether the reading of a file is over: it was read to its end, or cancelled."""
    return row.reading.finished or row.cancelled_at is not None


def _share(time_left: Callable[[], float], seconds: float) -> HasTime:
    until = time_left() - seconds
    return lambda: time_left() > until


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
