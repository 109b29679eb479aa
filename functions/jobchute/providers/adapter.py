"""The protocol of every provider's adapter, and a job as the provider describes it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from jobchute.errors import NotFoundError
from jobchute.job import ATTEMPT_TAG, JOB_ID_TAG, Document, Job, State, Submitted
from jobchute.outcomes import Cause, Result

if TYPE_CHECKING:
    import urllib3

ProviderRequest = dict[str, Any]
"""The complete provider request, as it is sent and as `plan` shows it."""


class Connections(NamedTuple):
    """The clients of adapters. Each of these creates what it returns at its first call.

    creator, client: clients by the name of an AWS service: creator makes one attempt per call and is
    only for create calls; client is for all other calls.
    http: for providers that are not AWS services. account: the account at such a provider, from its secret;
    forget_account discards it, so that it is read again.
    manifest: the content of an object that a job left, by its S3 URI; None unless the deployment lets its
    functions read it.
    """

    creator: Callable[[str], Any]
    client: Callable[[str], Any]
    http: Callable[[], "urllib3.PoolManager"]
    account: Callable[[], Any]
    forget_account: Callable[[], None]
    manifest: Callable[[str], bytes | None]


class Observation(NamedTuple):
    """A job as its provider describes it now.

    state: None if the native status is unknown or transitional: no move follows from it. is_known: False
    for a native status that is in no table of its adapter; it may be final.
    output, logs: their present or future location, as URIs or CloudWatch `group:stream prefix`.
    cause: why a job ended FAILED, TIMED_OUT or PARTIAL; None for all other states. result: the facts of an end.
    """

    native: str
    state: State | None
    reason: str | None = None
    output: str | None = None
    logs: str | None = None
    is_known: bool = True
    cause: Cause | None = None
    result: Result | None = None


class Adapter(Protocol):
    """One create call of one provider. The first four methods are pure; the others call the provider.

    `submit` must reach the provider at most once per call: its client makes no second attempt. The other
    clients may retry. All methods raise the ProviderError tree of jobchute.errors and nothing else.
    """

    def name_of(self, job_id: str, request: Document) -> str:
        """The job's name at the provider: from the request, otherwise derived from the job id."""

    def time_limit(self, request: Document) -> int:
        """Seconds the provider lets the job run, by the request or the provider's default."""

    def pending_limit(self, request: Document) -> int:
        """Seconds that a job may wait at its provider before it runs; its run time limit counts from then.

        0 if the provider does not tell waiting from running: the run time limit holds for both."""

    def request_for(self, job: Job, request: Document) -> ProviderRequest:
        """The provider's own request with our token, name, tag and labels in it."""

    def submit(self, call: ProviderRequest) -> str:
        """Create the job; returns its provider id. A repeated call with the same token makes no second job
        if the provider honours tokens or unique names. Raises AmbiguousError if the outcome is unknown."""

    def find(self, job: Job, request: Document) -> str | None:
        """The provider id of the job that carries our token or tag, if there is one."""

    def observe(self, job: Submitted) -> Observation:
        """The submitted job as it stands. Raises NotFoundError."""

    def list_states(self, jobs: Collection[Job]) -> Mapping[str, State | None]:
        """The states of these submitted jobs by provider id, as the provider lists them, in one call per page.
        The list may lag behind `observe`; a job that it leaves out must still be observed."""

    def cancel(self, job: Job) -> bool | None:
        """Request a stop. Also returns if the job has already ended: `observe` then shows how.

        True if the provider deletes the job thereby, and `observe` will not find it. Raises NotFoundError."""


def name_for(job_id: str) -> str:
    """A job name for a request that gives none: 43 characters; adapters cut it to what their provider takes."""
    return job_id[:43]


def states_among(
    jobs: Collection[Job], listed: Iterable[tuple[str, State | None]], *, page: int
) -> dict[str, State | None]:
    """Of the listed provider ids and states, those of these jobs; reads no further than to the last of them.

    page: how many one call lists. It reads no more pages than there are jobs, and one: where so many other jobs
    were created since the oldest of these, it takes fewer calls to observe those that are left out.
    """
    sought = {provider_id_of(job) for job in jobs}
    states: dict[str, State | None] = {}
    if not sought:
        return states
    for provider_id, state in islice(listed, (len(sought) + 1) * page):
        if provider_id in sought:
            states[provider_id] = state
            if len(states) == len(sought):
                break
    return states


def earliest(jobs: Collection[Job]) -> datetime:
    """No provider created any of these jobs before this time, with an hour for different clocks."""
    return min(map(_first_attempt, jobs)) - timedelta(hours=1)


def _first_attempt(job: Job) -> datetime:
    """When the first attempt to submit the job began. A job that was refused has several attempts, and an
    earlier one may have created it."""
    submitting = (entry["at"] for entry in job.history if entry["state"] == State.SUBMITTING)
    return datetime.fromisoformat(next(submitting, job.created_at))


def tags_for(job: Job, own: Mapping[str, str]) -> dict[str, str]:
    """Labels, the request's own tags (which win over labels of the same key), and the proof that it is ours."""
    return {**job.labels, **own, **proof_of(job, JOB_ID_TAG, ATTEMPT_TAG)}


def proof_of(job: Job, id_name: str, attempt_name: str) -> dict[str, str]:
    """What proves a job at its provider to be this attempt of ours, under these names."""
    attempt = {} if job.attempt == 1 else {attempt_name: str(job.attempt)}
    return {id_name: job.job_id, **attempt}


def is_attempt(job: Job, tags: Mapping[str, str]) -> bool:
    """Whether the tags of a job at its provider prove it to be this attempt."""
    return tags.get(JOB_ID_TAG) == job.job_id and tags.get(ATTEMPT_TAG, "1") == str(job.attempt)


def provider_id_of(job: Submitted) -> str:
    """The provider's own id of a job that was submitted."""
    if job.provider_id is None:
        raise NotFoundError(f"{job.job_id} was not submitted yet")
    return job.provider_id


def name_in(request: Document, key: str, job_id: str) -> str:
    return request.get(key) or name_for(job_id)
