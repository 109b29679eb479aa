"""Amazon Braket hybrid jobs: CreateJob, GetJob, CancelJob, SearchJobs."""

import math

from jobchute.job import State
from jobchute.outcomes import Result
from jobchute.providers.adapter import Connections, Observation
from jobchute.providers.braket.adapter import BraketJobs, Kind, Seen, cause_of
from jobchute.providers.braket.hybrid_job.spec import SPEC

STATES = {
    "QUEUED": State.SUBMITTED,
    "RUNNING": State.RUNNING,
    "COMPLETED": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "CANCELLING": None,
    "CANCELLED": State.CANCELLED,
}

ARCHIVE = "model.tar.gz"
"""What a job saves as its result, with `results.json` in it."""


def _observation(seen: Seen, arn: str) -> Observation:
    # The run time limit shows in the job's events alone (GetJob, JobEventType).
    timed_out = any(event.get("eventType") == "MAX_RUNTIME_EXCEEDED" for event in seen.get("events", []))
    state = STATES.get(seen["status"])
    if timed_out and state in (State.FAILED, State.CANCELLED):
        state = State.TIMED_OUT
    said = seen.get("failureReason") or ("The job exceeded its maximum run time." if timed_out else None)
    uuid = arn.rsplit("/", 1)[-1]
    folder = f"{seen['outputDataConfig']['s3Path'].rstrip('/')}/output/"
    return Observation(
        native=seen["status"],
        state=state,
        reason=said,
        output=f"{folder}{ARCHIVE}",
        logs=f"{SPEC.log_group}:{seen['jobName']}/{uuid}",
        is_known=seen["status"] in STATES,
        cause=cause_of(seen, state),
        result=_facts(seen, folder) if state is not None and state.is_final else None,
    )


def _facts(seen: Seen, folder: str) -> Result:
    start, config = seen.get("startedAt"), seen.get("instanceConfig", {})
    count = config.get("instanceCount", 1)
    seconds = _billable_seconds(seen)
    return Result(
        queued_at=seen.get("createdAt"),
        started_at=start,
        ended_at=seen.get("endedAt"),
        billable_seconds=None if seconds is None else seconds * count,
        instances={"type": config["instanceType"], "count": count} if start and config else None,
        model=f"{folder}{ARCHIVE}",
        output=folder,
    )


def _billable_seconds(seen: Seen) -> int | None:
    """The unit of billableDuration is not documented. No job is billed for longer than it ran: a larger number
    is one of milliseconds. None if that is too long as well.
    """
    billed, start, end = (seen.get(name) for name in ("billableDuration", "startedAt", "endedAt"))
    if billed is None or start is None or end is None:
        return None
    longest = math.ceil((end - start).total_seconds()) + 1
    seconds = billed if billed <= longest else math.ceil(billed / 1000)
    return seconds if seconds <= longest else None


HYBRID = Kind(
    SPEC,
    operation="job",
    arn="jobArn",
    states=STATES,
    filters=lambda _: (),
    stop=lambda _: {},
    observation=_observation,
)


def adapter_over(connections: Connections) -> BraketJobs:
    """The adapter of this API."""
    return HYBRID.adapter_over(connections)
