"""The jobs that a list shows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from jobchute.cli.job_sources import api_of
from jobchute.job import Api, Job, State
from jobchute.ledger.job_queries import JobQueries
from jobchute.ledger.jobs import Ledger
from jobchute.outcomes import Cause

MAX_PAGE = 100
"""Entries that one query reads: as many as one read of rows takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The conditions on a job; None, or an empty set, is no condition.

    version: of the source. since: ISO 8601 text; jobs and rejections that were created then or later.
    """

    states: frozenset[State] = frozenset()
    causes: frozenset[Cause] = frozenset()
    apis: frozenset[Api] = frozenset()
    label: tuple[str, str] | None = None
    source: str | None = None
    version: str | None = None
    since: str | None = None

    @property
    def is_all(self) -> bool:
        """Whether there is no condition."""
        return self == Wanted()

    def fits(self, job: Job) -> bool:
        return (
            (not self.states or job.state in self.states)
            and (not self.causes or job.cause in self.causes)
            and (not self.apis or api_of(job) in self.apis)
            and (self.label is None or job.labels.get(self.label[0]) == self.label[1])
            and (self.source is None or job.source.uri == self.source)
            and (self.version is None or job.source.version == self.version)
            and self.is_new(job)
        )

    def is_new(self, job: Job) -> bool:
        return self.since is None or job.created_at >= self.since


def found(ledger: Ledger, wanted: Wanted, limit: int) -> list[Job]:
    """The latest matching jobs."""
    return list(islice(all_found(ledger, wanted), limit))


def all_found(ledger: Ledger, wanted: Wanted) -> Iterator[Job]:
    """The matching jobs, the latest first, read as the caller goes on from the narrowest index of the ledger.

    Without a label or source: a query for each list of the ledger's states, 26 in all, and a read for each 100
    jobs, however many there are. With `since`, nothing older is read.
    """
    return (job for job in candidates(ledger, wanted) if wanted.fits(job))


def candidates(ledger: Ledger, wanted: Wanted, *, until: str | None = None) -> Iterator[Job]:
    """The jobs that the narrowest index finds, which are to be compared. until: ISO 8601 text; of a list by
    states, those that moved then or before.
    """
    return _once(_read(ledger.queries._replace(page=MAX_PAGE), wanted, until))


def _read(queries: JobQueries, wanted: Wanted, until: str | None) -> Iterable[Job]:
    if wanted.source is not None:
        return takewhile(wanted.is_new, queries.by_source(wanted.source))
    if wanted.label is not None:
        return takewhile(wanted.is_new, queries.by_label(*wanted.label))
    states = (state for state in State if not wanted.states or state in wanted.states)
    return queries.by_state(*states, since=wanted.since, until=until)


def _once(jobs: Iterable[Job]) -> Iterator[Job]:
    """A job that changes state while the list is read would be listed twice."""
    seen: set[str] = set()
    for job in jobs:
        if job.job_id not in seen:
            seen.add(job.job_id)
            yield job
