"""Amazon Braket quantum tasks: CreateQuantumTask, GetQuantumTask, CancelQuantumTask, SearchQuantumTasks."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.errors import PermanentError
from jobchute.job import Document, Job, State, Submitted, name_for
from jobchute.outcomes import Cause, Result
from jobchute.providers.adapter import (
    Connections,
    Observation,
    ProviderRequest,
    earliest,
    is_attempt,
    provider_id_of,
    states_among,
    tags_for,
)
from jobchute.providers.aws_errors import provider_errors
from jobchute.providers.braket.quantum_task.spec import SPEC
from jobchute.providers.braket.searches import PAGE_SIZE, created_since
from jobchute.providers.spec import DAY

if TYPE_CHECKING:
    from mypy_boto3_braket import BraketClient

STATES = {
    "CREATED": State.SUBMITTED,
    "QUEUED": State.SUBMITTED,
    "RUNNING": State.RUNNING,
    "COMPLETED": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "CANCELLING": None,
    "CANCELLED": State.CANCELLED,
}


class QuantumTasks(NamedTuple):
    """Tasks have no name. clientToken makes CreateQuantumTask idempotent; how long it is remembered is not
    documented, so a task is found by its tags before a create call is repeated.

    creator: the client that makes one attempt per call.
    """

    creator: Callable[[], "BraketClient"]
    client: Callable[[], "BraketClient"]

    def name_of(self, job_id: str, request: Document) -> str:  # noqa: ARG002
        return name_for(job_id)[: SPEC.name.max_length]

    def time_limit(self, request: Document) -> int:  # noqa: ARG002
        return SPEC.run_time.default

    def pending_limit(self, request: Document) -> int:  # noqa: ARG002
        """A quantum device is open for some hours of some days, and its queue may be days long."""
        return 7 * DAY

    def request_for(self, job: Job, request: Document) -> ProviderRequest:
        return {**request, "clientToken": job.token, "tags": tags_for(job, request.get("tags", {}))}

    def submit(self, call: ProviderRequest) -> str:
        with provider_errors():
            return self.creator().create_quantum_task(**call)["quantumTaskArn"]

    def find(self, job: Job, request: Document) -> str | None:
        """Tags are no filter of SearchQuantumTasks, but in what it finds. An attempt has one device."""
        of_device = {"name": "deviceArn", "operator": "EQUAL", "values": [request["deviceArn"]]}
        with provider_errors():
            for summary in created_since(self.client(), "search_quantum_tasks", earliest([job]), of_device):
                if is_attempt(job, summary.get("tags", {})):
                    arn: str = summary["quantumTaskArn"]
                    return arn
        return None

    def observe(self, job: Submitted) -> Observation:
        with provider_errors():
            seen = self.client().get_quantum_task(quantumTaskArn=provider_id_of(job))
        native, state = seen["status"], _state(seen)
        return Observation(
            native=native,
            state=state,
            reason=_reason(seen, state),
            output=_results(seen),
            is_known=native in STATES,
            cause=_cause(seen, state),
            result=_facts(seen, state) if state is not None and state.is_final else None,
        )

    def list_states(self, jobs: Collection[Job]) -> Mapping[str, State | None]:
        if not jobs:
            return {}
        with provider_errors():
            listed = created_since(self.client(), "search_quantum_tasks", earliest(jobs))
            states = ((each["quantumTaskArn"], STATES.get(each["status"])) for each in listed)
            return states_among(jobs, states, page=PAGE_SIZE)

    def cancel(self, job: Job) -> None:
        """Also of a task that runs: it is CANCELLING for a while, and may still complete."""
        try:
            with provider_errors():
                self.client().cancel_quantum_task(quantumTaskArn=provider_id_of(job), clientToken=job.token)
        except PermanentError as error:
            # "cannot cancel a quantum task in the COMPLETED status"
            if error.code != "ConflictException":
                raise


def adapter_over(connections: Connections) -> QuantumTasks:
    """The adapter of this API."""
    return QuantumTasks(partial(connections.creator, "braket"), partial(connections.client, "braket"))


def _state(seen: Mapping[str, Any]) -> State | None:
    state, shots = STATES.get(seen["status"]), seen.get("shots", 0)
    is_partial = state is State.SUCCEEDED and seen.get("numSuccessfulShots", shots) < shots
    return State.PARTIAL if is_partial else state


def _reason(seen: Mapping[str, Any], state: State | None) -> str | None:
    if state is State.PARTIAL:
        succeeded, shots = seen["numSuccessfulShots"], seen["shots"]
        return f"{succeeded} of {shots} shots succeeded, {shots - succeeded} failed"
    return seen.get("failureReason")


def _cause(seen: Mapping[str, Any], state: State | None) -> Cause | None:
    if state is State.FAILED:
        from jobchute.providers.failure_texts import cause_of_failure_reason

        return cause_of_failure_reason(seen.get("failureReason") or "")
    return Cause.UNKNOWN if state is State.PARTIAL else None


def _results(seen: Mapping[str, Any]) -> str | None:
    """Written once the task has completed."""
    bucket, folder = seen.get("outputS3Bucket"), seen.get("outputS3Directory", "").rstrip("/")
    return f"s3://{bucket}/{folder}/results.json" if bucket and folder else None


def _facts(seen: Mapping[str, Any], state: State) -> Result:
    """When it began is not reported."""
    successful = seen.get("numSuccessfulShots")
    return Result(
        queued_at=seen.get("createdAt"),
        ended_at=seen.get("endedAt"),
        metrics=None
        if successful is None
        else {"shots": seen.get("shots", successful), "successfulShots": successful},
        output=_results(seen) if state in (State.SUCCEEDED, State.PARTIAL) else None,
    )
