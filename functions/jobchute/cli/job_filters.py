"""The jobs that a list shows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from jobchute.job import Job, State
from jobchute.ledger.job_queries import JobQueries
from jobchute.ledger.jobs import Ledger
from jobchute.outcomes import Cause

MAX_PAGE = 100
"""Entries that one query reads: as many as one read of rows takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The conditions on a job; None, no states or no causes is no condition. version: of the source."""

    states: frozenset[State] = frozenset()
    causes: frozenset[Cause] = frozenset()
    label: tuple[str, str] | None = None
    source: str | None = None
    version: str | None = None

    def fits(self, job: Job) -> bool:
        return (
            (not self.states or job.state in self.states)
            and (not self.causes or job.cause in self.causes)
            and (self.label is None or job.labels.get(self.label[0]) == self.label[1])
            and (self.source is None or job.source.uri == self.source)
            and (self.version is None or job.source.version == self.version)
        )


def found(ledger: Ledger, wanted: Wanted, limit: int) -> list[Job]:
    """The latest matching jobs, read from the narrowest index of the ledger.

    Without a label or source: a query for each list of the ledger's states, 26 in all, and a read for each 100
    jobs, however many there are.
    """
    queries = ledger.queries._replace(page=MAX_PAGE)
    fitting = (job for job in _once(_candidates(queries, wanted)) if wanted.fits(job))
    return list(islice(fitting, limit))


def _candidates(queries: JobQueries, wanted: Wanted) -> Iterable[Job]:
    if wanted.source is not None:
        return queries.by_source(wanted.source)
    if wanted.label is not None:
        return queries.by_label(*wanted.label)
    return queries.by_state(*(state for state in State if not wanted.states or state in wanted.states))


def _once(jobs: Iterable[Job]) -> Iterator[Job]:
    """A job that changes state while the list is read would be listed twice."""
    seen: set[str] = set()
    for job in jobs:
        if job.job_id not in seen:
            seen.add(job.job_id)
            yield job
