"""Documents followed until their jobs have ended."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from jobchute.job import Api, Job, Source, rejection_id_of
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.named_jobs import job_or_none


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A document whose answer will be in the ledger: as a job, or as a rejection of this document.

    job_id, digest: of the job that it requests; a job with this id and another body is not the answer.
    """

    title: str
    api: Api | None
    source: Source
    job_id: str | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A document and its job; None until the ledger has it."""

    awaited: Awaited
    job: Job | None = None

    @property
    def is_open(self) -> bool:
        return self.job is None or not self.job.state.is_final

    @property
    def is_duplicate(self) -> bool:
        """Whether another document made the job."""
        return self.job is not None and self.job.source.reference != self.awaited.source.reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time, as an argument, in seconds. timeout: how long to wait; None without limit."""

    now: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    interval: float = 1.0
    timeout: float | None = None


def clock_for(timeout: float | None, *, interval: float = 1.0) -> Clock:
    """For waiting this many seconds at most; None: without an end."""
    from jobchute.runtime import current

    return Clock(pause=current().clock.sleep, interval=interval, timeout=timeout)


def look(ledger: Ledger, awaited: Awaited) -> Job | None:
    """The answer to a document; None until there is one."""
    job = job_or_none(ledger, awaited.job_id) if awaited.job_id else None
    if job is not None and job.digest == awaited.digest:
        return job
    return job_or_none(ledger, rejection_id_of(awaited.source))


def follow(ledger: Ledger, awaited: Sequence[Awaited], clock: Clock) -> Iterator[list[Row]]:
    """Poll until every document has its answer and its job has ended, or until the timeout."""
    start = clock.now()
    rows = [Row(each) for each in awaited]
    while True:
        rows = [Row(row.awaited, look(ledger, row.awaited)) if row.is_open else row for row in rows]
        yield rows
        is_late = clock.timeout is not None and clock.now() - start >= clock.timeout
        if is_late or not any(row.is_open for row in rows):
            return
        clock.pause(clock.interval)
