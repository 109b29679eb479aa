"""The jobs that a list shows."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from jobchute.job import Job, State
from jobchute.ledger.jobs import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The conditions on a job; None, or no states, is no condition. version: of the source."""

    states: frozenset[State] = frozenset()
    label: tuple[str, str] | None = None
    source: str | None = None
    version: str | None = None

    def fits(self, job: Job) -> bool:
        return (
            (not self.states or job.state in self.states)
            and (self.label is None or job.labels.get(self.label[0]) == self.label[1])
            and (self.source is None or job.source.uri == self.source)
            and (self.version is None or job.source.version == self.version)
        )


def found(ledger: Ledger, wanted: Wanted, limit: int) -> list[Job]:
    """The latest matching jobs, read from the narrowest index of the ledger."""
    fitting = (job for job in _once(_candidates(ledger, wanted)) if wanted.fits(job))
    return list(islice(fitting, limit))


def _candidates(ledger: Ledger, wanted: Wanted) -> Iterable[Job]:
    if wanted.source is not None:
        return ledger.queries.by_source(wanted.source)
    if wanted.label is not None:
        return ledger.queries.by_label(*wanted.label)
    states = [state for state in State if not wanted.states or state in wanted.states]
    return heapq.merge(*map(ledger.queries.by_state, states), key=lambda job: job.updated_at, reverse=True)


def _once(jobs: Iterable[Job]) -> Iterator[Job]:
    """A job that changes state while the list is read would be listed twice."""
    seen: set[str] = set()
    for job in jobs:
        if job.job_id not in seen:
            seen.add(job.job_id)
            yield job
