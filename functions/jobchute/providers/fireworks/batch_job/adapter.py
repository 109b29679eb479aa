"""Fireworks AI batch jobs over plain HTTPS: no SDK has them, they are not idempotent and send no events."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

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
)
from jobchute.providers.fireworks.batch_job.spec import SPEC
from jobchute.providers.fireworks.calls import FireworksCalls, id_of, time_in
from jobchute.providers.fireworks.job_states import STATES, is_final, is_known, native_of
from jobchute.providers.spec import DAY

CAUSES = {"FAILED": Cause.UNKNOWN, "EXPIRED": Cause.TIMED_OUT}
JOB_ID_ANNOTATION, ATTEMPT_ANNOTATION = "jobchute/job-id", "jobchute/attempt"
"""A tag's colon is no annotation syntax (Kubernetes: an optional DNS prefix, a slash, a name)."""


class FireworksJobs(NamedTuple):
    """A job is found again by its annotation. The provider id is the last segment of the job's name."""

    calls: FireworksCalls

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
        return id_of(self.calls.call("POST", body=call))

    def find(self, job: Job, request: Document) -> str | None:  # noqa: ARG002
        for listed in self.calls.list(earliest([job])):
            told = listed.get("annotations") or {}
            is_own = told.get(JOB_ID_ANNOTATION) == job.job_id
            if is_own and told.get(ATTEMPT_ANNOTATION, "1") == str(job.attempt):
                return id_of(listed)
        return None

    def observe(self, job: Submitted) -> Observation:
        seen = self.calls.call("GET", f"/{provider_id_of(job)}")
        native = native_of(seen)
        state = STATES.get(native)
        return Observation(
            native=native,
            state=state,
            reason=seen.get("status") or None,
            is_known=is_known(native),
            # The texts of `status` are not documented: of a failure they tell nothing.
            cause=CAUSES.get(native),
            result=_facts(seen) if is_final(state) else None,
        )

    def list_states(self, jobs: Collection[Job]) -> Mapping[str, State | None]:
        return self.calls.states(jobs, lambda listed: STATES.get(native_of(listed)))

    def cancel(self, job: Job) -> None:
        try:
            self.calls.call("POST", f"/{provider_id_of(job)}:cancel", body={})
        except PermanentError:
            # What a finished job answers is not documented: the state decides, not the refusal.
            if self.observe(job).state in (None, State.SUBMITTED, State.RUNNING):
                raise


def adapter_over(connections: Connections) -> FireworksJobs:
    """The adapter of this API."""
    return FireworksJobs(FireworksCalls.over(connections, "batchJobs"))


def _facts(seen: Mapping[str, Any]) -> Result:
    """A batch job is a program on the account's own node pool: Fireworks reports its times alone."""
    queued, started, ended = (time_in(seen, name) for name in ("createTime", "startTime", "endTime"))
    return Result(queued_at=queued, started_at=started, ended_at=ended)
