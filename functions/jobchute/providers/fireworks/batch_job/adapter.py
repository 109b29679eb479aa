"""Fireworks AI batch jobs over plain HTTPS: no SDK has them, they are not idempotent and send no events."""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.errors import PermanentError
from jobchute.job import Document, Job, State, Submitted
from jobchute.outcomes import Cause, Result
from jobchute.providers.adapter import (
    Connections,
    Observation,
    ProviderRequest,
    earliest,
    name_in,
    proof_of,
    provider_id_of,
    states_among,
)
from jobchute.providers.fireworks.account import Account
from jobchute.providers.fireworks.batch_job.spec import SPEC
from jobchute.providers.fireworks.calls import PAGE_SIZE, FireworksCalls, id_of, time_in
from jobchute.providers.spec import DAY

if TYPE_CHECKING:
    import urllib3

STATES = {
    "CREATING": State.SUBMITTED,
    "QUEUED": State.SUBMITTED,
    "PENDING": State.SUBMITTED,
    "RUNNING": State.RUNNING,
    "COMPLETED": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "CANCELLING": None,
    "CANCELLED": State.CANCELLED,
    "DELETING": None,
    # Of batchInferenceJobs beside them, should batch jobs ever say so.
    "EXPIRED": State.TIMED_OUT,
    "PAUSED": None,
    "RE_QUEUEING": None,
    "WRITING_RESULTS": None,
}
CAUSES = {"FAILED": Cause.UNKNOWN, "EXPIRED": Cause.TIMED_OUT}
JOB_ID_ANNOTATION, ATTEMPT_ANNOTATION = "jobchute/job-id", "jobchute/attempt"
"""A tag's colon is no annotation syntax (Kubernetes: an optional DNS prefix, a slash, a name)."""


class FireworksJobs(NamedTuple):
    """A job is found again by its annotation. The provider id is the last segment of the job's name.

    forget: has the next call read the account anew.
    """

    http: Callable[[], "urllib3.PoolManager"]
    account: Callable[[], Account]
    forget: Callable[[], None]

    def name_of(self, job_id: str, request: Document) -> str:
        return name_in(request, SPEC.name.member, job_id)

    def time_limit(self, request: Document) -> int:  # noqa: ARG002
        """A batch job has no time limit of its own; Jobchute sets one."""
        return SPEC.run_time.default

    def pending_limit(self, request: Document) -> int:  # noqa: ARG002
        """Fireworks documents no limit for PENDING."""
        return 7 * DAY

    def request_for(self, job: Job, request: Document) -> ProviderRequest:
        proof = proof_of(job, JOB_ID_ANNOTATION, ATTEMPT_ANNOTATION)
        annotations = {**job.labels, **request.get("annotations", {}), **proof}
        return {**request, "displayName": job.name, "annotations": annotations}

    def submit(self, call: ProviderRequest) -> str:
        return id_of(self._calls.call("POST", body=call))

    def find(self, job: Job, request: Document) -> str | None:  # noqa: ARG002
        for listed in self._calls.list(earliest([job])):
            told = listed.get("annotations") or {}
            is_own = told.get(JOB_ID_ANNOTATION) == job.job_id
            if is_own and told.get(ATTEMPT_ANNOTATION, "1") == str(job.attempt):
                return id_of(listed)
        return None

    def observe(self, job: Submitted) -> Observation:
        seen = self._calls.call("GET", f"/{provider_id_of(job)}")
        native = seen.get("state", "")
        state = STATES.get(native)
        return Observation(
            native=native,
            state=state,
            reason=seen.get("status") or None,
            is_known=native in STATES,
            # The texts of `status` are not documented: of a failure they tell nothing.
            cause=CAUSES.get(native),
            result=_facts(seen) if state is not None and state.is_final else None,
        )

    def list_states(self, jobs: Collection[Job]) -> Mapping[str, State | None]:
        if not jobs:
            return {}
        listed = self._calls.list(earliest(jobs))
        states = ((id_of(each), STATES.get(each.get("state", ""))) for each in listed)
        return states_among(jobs, states, page=PAGE_SIZE)

    def cancel(self, job: Job) -> None:
        try:
            self._calls.call("POST", f"/{provider_id_of(job)}:cancel", body={})
        except PermanentError:
            # What a finished job answers is not documented: the state decides, not the refusal.
            if self.observe(job).state in (None, State.SUBMITTED, State.RUNNING):
                raise

    @property
    def _calls(self) -> FireworksCalls:
        return FireworksCalls(self.http, self.account, self.forget, "batchJobs")


def adapter_over(connections: Connections) -> FireworksJobs:
    """The adapter of this API."""
    return FireworksJobs(connections.http, connections.account, connections.forget_account)


def _facts(seen: Mapping[str, Any]) -> Result:
    """A batch job is a program on the account's own node pool: Fireworks reports its times alone."""
    queued, started, ended = (time_in(seen, name) for name in ("createTime", "startTime", "endTime"))
    return Result(queued_at=queued, started_at=started, ended_at=ended)
