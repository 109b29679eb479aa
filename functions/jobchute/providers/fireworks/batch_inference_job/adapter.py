"""Fireworks AI batch inference: idempotent by the id that the caller chooses. It sends no events."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from jobchute.errors import GoneError, NameTakenError, NotFoundError, PermanentError, ProviderError
from jobchute.job import Document, Job, State, Submitted
from jobchute.outcomes import Cause, Result
from jobchute.providers.adapter import (
    Connections,
    Observation,
    ProviderRequest,
    earliest,
    name_in,
    provider_id_of,
)
from jobchute.providers.fireworks.batch_inference_job.spec import SPEC
from jobchute.providers.fireworks.calls import FireworksCalls, id_of, numbers_in, time_in
from jobchute.providers.fireworks.job_states import CAUSES, STATES, STOPPING, is_final, is_known, native_of
from jobchute.providers.marks import mark_of, marked

RECORDS = {
    "total": "totalInputRequests",
    "processed": "totalProcessedRequests",
    "succeeded": "successfullyProcessedRequests",
    "failed": "failedRequests",
}
TOKENS = {"input": "inputTokens", "output": "outputTokens"}
NO_BATCHES = ("batchInferenceSupported", "batch_inference_supported")
MAX_DISPLAY_NAME = 63
"""Of Fireworks' batch jobs; for these, no length is stated."""


class InferenceJobs(NamedTuple):
    """The provider id is the chosen one. There are no tags: that a job is ours is told by its displayName."""

    calls: FireworksCalls

    def name_of(self, job_id: str, request: Document) -> str:
        return name_in(request, SPEC.name.member, job_id).lower()

    def time_limit(self, request: Document) -> int:  # noqa: ARG002
        return SPEC.run_time.default

    def pending_limit(self, request: Document) -> int:  # noqa: ARG002
        """A job whose model has no batch support stays PENDING for ever."""
        return SPEC.run_time.default

    def request_for(self, job: Job, request: Document) -> ProviderRequest:
        display_name = marked(job, request.get("displayName", ""), most=MAX_DISPLAY_NAME)
        return {**request, SPEC.name.member: job.name, "displayName": display_name}

    def submit(self, call: ProviderRequest) -> str:
        self._check_model(call.get("model", ""))
        body = {name: value for name, value in call.items() if name != SPEC.name.member}
        made = self.calls.call("POST", f"?{SPEC.name.member}={call[SPEC.name.member]}", body=body)
        # Should a taken id be answered with its job instead of an error.
        if made.get("displayName", call["displayName"]) != call["displayName"]:
            raise NameTakenError.of(call[SPEC.name.member], SPEC.name.member)
        return id_of(made)

    def find(self, job: Job, request: Document) -> str | None:  # noqa: ARG002
        seen = self.calls.known(job.name)
        if seen is None:
            return None
        if not str(seen.get("displayName")).endswith(mark_of(job)):
            raise NameTakenError.of(job.name, SPEC.name.member)
        return id_of(seen)

    def observe(self, job: Submitted) -> Observation:
        seen = self.calls.known(provider_id_of(job))
        if seen is None:
            return self._deleted(job)
        native, state = native_of(seen), _state(seen)
        return Observation(
            native=native,
            state=state,
            reason=_reason(seen),
            output=seen.get("outputDatasetId") or None,
            is_known=is_known(native),
            cause=_cause(seen, state),
            result=_facts(seen) if is_final(state) else None,
        )

    def list_states(self, jobs: Collection[Job]) -> Mapping[str, State | None]:
        return self.calls.states(jobs, _state)

    def cancel(self, job: Job) -> bool:
        """There is no call that cancels: a job that has not ended is deleted, and is gone after a while.

        Should Fireworks refuse that, the job goes on, and its end is what `observe` tells.
        """
        native = self._native_of(job)
        if native in STOPPING or is_final(STATES.get(native)):
            return native in STOPPING
        if not is_known(native):
            raise PermanentError(f"it is not deleted while its state is {native or 'not told'}")
        try:
            self.calls.call("DELETE", f"/{provider_id_of(job)}")
        except PermanentError:
            if not is_final(STATES.get(self._native_of(job))):
                raise
            return False
        return True

    def _deleted(self, job: Submitted) -> Observation:
        """A job that is not found, if Fireworks accepted its deletion and does not list it either: no attempt
        may begin while the one before exists. Raises NotFoundError.
        """
        kind: type[NotFoundError] = NotFoundError
        if isinstance(job, Job) and job.stop_cause is not None and not self._may_be_listed(job):
            if job.stopped_at is not None:
                return Observation(native="DELETED", state=State.CANCELLED)
            kind = GoneError
        raise kind(f"Fireworks has no job {job.provider_id}", code="HTTP 404")

    def _may_be_listed(self, job: Job) -> bool:
        """Whether a job that GET does not find is in the list, or the list cannot be read."""
        try:
            listed = [str(each.get("name")) for each in self.calls.list(earliest([job]))]
        except ProviderError:
            return True
        return any(name.endswith(f"/{provider_id_of(job)}") for name in listed)

    def _native_of(self, job: Job) -> str:
        return native_of(self.calls.call("GET", f"/{provider_id_of(job)}"))

    def _check_model(self, model: str) -> None:
        """Raises PermanentError if Fireworks says that a model has no batch support.

        An answer without that, or none at all, tells nothing: then the create call decides.
        """
        seen: Mapping[str, Any] = {}
        with suppress(ProviderError):
            seen = self.calls.at("GET", model) if model else {}
        if any(seen.get(member) is False for member in NO_BATCHES):
            raise PermanentError(f"{model} has no batches: a job would be PENDING for ever", cause=Cause.INPUT)


def adapter_over(connections: Connections) -> InferenceJobs:
    """The adapter of this API."""
    return InferenceJobs(FireworksCalls.over(connections, "batchInferenceJobs"))


def _state(seen: Mapping[str, Any]) -> State | None:
    state = STATES.get(native_of(seen))
    return State.PARTIAL if state is State.SUCCEEDED and _records(seen).get("failed") else state


def _records(seen: Mapping[str, Any]) -> dict[str, int]:
    return numbers_in(seen.get("jobProgress") or {}, RECORDS)


def _reason(seen: Mapping[str, Any]) -> str | None:
    records = _records(seen)
    if _state(seen) is State.PARTIAL:
        succeeded, failed = records.get("succeeded", 0), records["failed"]
        return f"{succeeded} of {succeeded + failed} records succeeded, {failed} failed"
    return (seen.get("status") or {}).get("message") or None


def _cause(seen: Mapping[str, Any], state: State | None) -> Cause | None:
    if state is State.TIMED_OUT:
        return Cause.TIMED_OUT if _records(seen).get("processed") else Cause.CAPACITY
    if state not in (State.FAILED, State.PARTIAL):
        return None
    return CAUSES.get((seen.get("status") or {}).get("code", ""), Cause.UNKNOWN)


def _facts(seen: Mapping[str, Any]) -> Result:
    """When it began is not reported. totalInputRequests repeats what the data set was declared to have."""
    records, tokens = _records(seen), numbers_in(seen.get("jobProgress") or {}, TOKENS)
    records |= {"total": max(records.get("total", 0), records.get("processed", 0))}
    return Result(
        queued_at=time_in(seen, "createTime"),
        ended_at=time_in(seen, "updateTime"),
        records=records if records["total"] else None,
        tokens=tokens if tokens.keys() == TOKENS.keys() else None,
        output=seen.get("outputDatasetId") or None,
    )
