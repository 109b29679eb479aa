"""Amazon Braket quantum tasks: CreateQuantumTask, GetQuantumTask, CancelQuantumTask, SearchQuantumTasks."""

from jobchute.job import State
from jobchute.outcomes import Result
from jobchute.providers.adapter import Connections, Observation
from jobchute.providers.braket.adapter import BraketJobs, Kind, Seen, cause_of
from jobchute.providers.braket.quantum_task.spec import SPEC

STATES = {
    "CREATED": State.SUBMITTED,
    "QUEUED": State.SUBMITTED,
    "RUNNING": State.RUNNING,
    "COMPLETED": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "CANCELLING": None,
    "CANCELLED": State.CANCELLED,
}


def _observation(seen: Seen, arn: str) -> Observation:  # noqa: ARG001
    state = _state(seen)
    return Observation(
        native=seen["status"],
        state=state,
        reason=_reason(seen, state),
        output=_results(seen),
        is_known=seen["status"] in STATES,
        cause=cause_of(seen, state),
        result=_facts(seen, state) if state is not None and state.is_final else None,
    )


def _state(seen: Seen) -> State | None:
    state, shots = STATES.get(seen["status"]), seen.get("shots", 0)
    is_partial = state is State.SUCCEEDED and seen.get("numSuccessfulShots", shots) < shots
    return State.PARTIAL if is_partial else state


def _reason(seen: Seen, state: State | None) -> str | None:
    if state is State.PARTIAL:
        succeeded, shots = seen["numSuccessfulShots"], seen["shots"]
        return f"{succeeded} of {shots} shots succeeded, {shots - succeeded} failed"
    return seen.get("failureReason")


def _results(seen: Seen) -> str | None:
    """Written once the task has completed."""
    bucket, folder = seen.get("outputS3Bucket"), seen.get("outputS3Directory", "").rstrip("/")
    return f"s3://{bucket}/{folder}/results.json" if bucket and folder else None


def _facts(seen: Seen, state: State) -> Result:
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


TASKS = Kind(
    SPEC,
    operation="quantum_task",
    arn="quantumTaskArn",
    states=STATES,
    # An attempt has one device.
    filters=lambda request: ({"name": "deviceArn", "operator": "EQUAL", "values": [request["deviceArn"]]},),
    stop=lambda job: {"clientToken": job.token},
    observation=_observation,
)


def adapter_over(connections: Connections) -> BraketJobs:
    """The adapter of this API."""
    return TASKS.adapter_over(connections)
