"""Which jobs a list is of."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from jobchute.job import Job, State
from jobchute.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked of a job; None asks nothing."""

    state: State | None = None
    label: tuple[str, str] | None = None
    source: str | None = None

    def fits(self, job: Job) -> bool:
        return (
            (self.state is None or job.state is self.state)
            and (self.label is None or job.labels.get(self.label[0]) == self.label[1])
            and (self.source is None or job.source.uri == self.source)
        )


def found(ledger: Ledger, wanted: Wanted, limit: int) -> list[Job]:
    """The latest jobs that fit, read by the narrowest of the ledger's indexes."""
    fitting = (job for job in _once(_candidates(ledger, wanted)) if wanted.fits(job))
    return list(islice(fitting, limit))


def _candidates(ledger: Ledger, wanted: Wanted) -> Iterable[Job]:
    if wanted.source is not None:
        return ledger.by_source(wanted.source)
    if wanted.label is not None:
        return ledger.by_label(*wanted.label)
    if wanted.state is not None:
        return ledger.by_state(wanted.state)
    return heapq.merge(*map(ledger.by_state, State), key=lambda job: job.updated_at, reverse=True)


def _once(jobs: Iterable[Job]) -> Iterator[Job]:
    """A job that moves while the list is read would be met in two states."""
    seen: set[str] = set()
    for job in jobs:
        if job.job_id not in seen:
            seen.add(job.job_id)
            yield job
