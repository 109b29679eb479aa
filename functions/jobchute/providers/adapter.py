"""What every provider's adapter does, and what it sees of a job there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from jobchute.errors import NotFoundError, ProviderError
from jobchute.job import JOB_ID_TAG, Document, Job, State, name_for

Call = dict[str, Any]
"""The provider's request, complete: what is sent, and what `plan` shows."""

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A job as its provider describes it now.

    state: None where the native status is unknown or transitional: no move follows from it.
    output, logs: where they are or will be, as URIs or CloudWatch `group:stream prefix`.
    """

    native: str
    state: State | None
    reason: str | None = None
    output: str | None = None
    logs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """The provider's state change events on EventBridge, and where they name the job.

    status_field, unheard: where they name its status, and those from which no move of the ledger follows:
    events that say one of these are not asked for. Every other one is, so that a new status is looked into.
    """

    source: str
    detail_type: str
    arn_field: str
    status_field: str
    unheard: tuple[str, ...]


Seen = tuple[Job, Observation | ProviderError]


class Adapter(Protocol):
    """One create call of one provider. The first three methods are pure; the others call the provider.

    All of them raise the ProviderError tree of jobchute.errors and nothing else.
    """

    def name_of(self, job_id: str, request: Document) -> str:
        """The job's name at the provider: the request's own, else one that follows from the job id."""

    def time_limit(self, request: Document) -> int:
        """Seconds the provider lets the job run, by the request or the provider's default."""

    def request_for(self, job: Job, request: Document) -> Call:
        """The provider's own request with our token, name, tag and labels in it."""

    def submit(self, call: Call) -> str:
        """Create the job; returns its provider id. A repeated call with the same token makes no second job
        where the provider honours tokens or unique names. Raises AmbiguousError if nobody can know."""

    def find(self, job: Job, request: Document) -> str | None:
        """The provider id of the job that carries our token or tag, if there is one."""

    def observe(self, job: Job) -> Observation:
        """The submitted job as it stands. Raises NotFoundError."""

    def observe_many(self, jobs: Iterable[Job]) -> Iterator[Seen]:
        """Each of the jobs as it stands, or the error that its look-up met."""

    def cancel(self, job: Job) -> None:
        """Ask for a stop. Returns also when the job has ended already: `observe` then tells how."""


def one_by_one(adapter: Adapter, jobs: Iterable[Job]) -> Iterator[Seen]:
    """`observe_many` where the provider has no call that tells of many jobs."""
    for job in jobs:
        try:
            yield job, adapter.observe(job)
        except ProviderError as error:
            yield job, error


def tags_for(job: Job, own: Mapping[str, str]) -> dict[str, str]:
    """Labels, the request's own tags (which win over labels of the same key), and the proof that it is ours."""
    return {**job.labels, **own, JOB_ID_TAG: job.job_id}


def provider_id_of(job: Job) -> str:
    """The provider's own id of a job that was submitted."""
    if job.provider_id is None:
        raise NotFoundError(f"{job.job_id} was not submitted yet")
    return job.provider_id


def name_in(request: Document, key: str, job_id: str) -> str:
    return request.get(key) or name_for(job_id)
