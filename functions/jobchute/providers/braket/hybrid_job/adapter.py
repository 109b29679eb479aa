"""Amazon Braket hybrid jobs: CreateJob, GetJob, CancelJob, SearchJobs."""

import math
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.errors import PermanentError
from jobchute.job import Document, Job, State, Submitted
from jobchute.outcomes import Cause, Result
from jobchute.providers.adapter import (
    Connections,
    Observation,
    ProviderRequest,
    earliest,
    is_attempt,
    name_in,
    provider_id_of,
    states_among,
    tags_for,
)
from jobchute.providers.aws_errors import provider_errors
from jobchute.providers.braket.hybrid_job.spec import SPEC
from jobchute.providers.braket.searches import PAGE_SIZE, created_since
from jobchute.providers.spec import DAY

if TYPE_CHECKING:
    from mypy_boto3_braket import BraketClient

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


class BraketJobs(NamedTuple):
    """Names are not unique; clientToken (1 to 64 characters) makes CreateJob idempotent.

    creator: the client that makes one attempt per call.
    """

    creator: Callable[[], "BraketClient"]
    client: Callable[[], "BraketClient"]

    def name_of(self, job_id: str, request: Document) -> str:
        return name_in(request, SPEC.name.member, job_id)

    def time_limit(self, request: Document) -> int:
        """Without one, Braket stops a job after five days (CreateJob, stoppingCondition)."""
        limit: int = request.get("stoppingCondition", {}).get("maxRuntimeInSeconds", SPEC.run_time.default)
        return limit

    def pending_limit(self, request: Document) -> int:  # noqa: ARG002
        """Braket documents no limit for QUEUED. Three jobs run at a time by default, each at most five days."""
        return 7 * DAY

    def request_for(self, job: Job, request: Document) -> ProviderRequest:
        return {
            **request,
            "jobName": job.name,
            "clientToken": job.token,
            "tags": tags_for(job, request.get("tags", {})),
        }

    def submit(self, call: ProviderRequest) -> str:
        with provider_errors():
            return self.creator().create_job(**call)["jobArn"]

    def find(self, job: Job, request: Document) -> str | None:  # noqa: ARG002
        with provider_errors():
            for summary in created_since(self.client(), "search_jobs", earliest([job])):
                if is_attempt(job, summary.get("tags", {})):
                    arn: str = summary["jobArn"]
                    return arn
        return None

    def observe(self, job: Submitted) -> Observation:
        provider_id = provider_id_of(job)
        with provider_errors():
            seen = self.client().get_job(jobArn=provider_id)
        # The run time limit shows in the job's events alone (GetJob, JobEventType).
        timed_out = any(event.get("eventType") == "MAX_RUNTIME_EXCEEDED" for event in seen.get("events", []))
        state = STATES.get(seen["status"])
        if timed_out and state in (State.FAILED, State.CANCELLED):
            state = State.TIMED_OUT
        uuid = provider_id.rsplit("/", 1)[-1]
        folder = f"{seen['outputDataConfig']['s3Path'].rstrip('/')}/output/"
        return Observation(
            native=seen["status"],
            state=state,
            reason=seen.get("failureReason")
            or ("The job exceeded its maximum run time." if timed_out else None),
            output=f"{folder}{ARCHIVE}",
            logs=f"{SPEC.log_group}:{seen['jobName']}/{uuid}",
            is_known=seen["status"] in STATES,
            cause=_cause(state, seen),
            result=_facts(seen, folder) if state is not None and state.is_final else None,
        )

    def list_states(self, jobs: Collection[Job]) -> Mapping[str, State | None]:
        if not jobs:
            return {}
        with provider_errors():
            listed = created_since(self.client(), "search_jobs", earliest(jobs))
            states = ((each["jobArn"], STATES.get(each["status"])) for each in listed)
            return states_among(jobs, states, page=PAGE_SIZE)

    def cancel(self, job: Job) -> None:
        try:
            with provider_errors():
                self.client().cancel_job(jobArn=provider_id_of(job))
        except PermanentError as error:
            # CancelJob lists ConflictException for a job that has ended, or is being cancelled.
            if error.code != "ConflictException":
                raise


def _cause(state: State | None, seen: Mapping[str, Any]) -> Cause | None:
    match state:
        case State.TIMED_OUT:
            return Cause.TIMED_OUT
        case State.FAILED:
            from jobchute.providers.failure_texts import cause_of_failure_reason

            return cause_of_failure_reason(seen.get("failureReason") or "")
        case _:
            return None


def _facts(seen: Mapping[str, Any], folder: str) -> Result:
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


def _billable_seconds(seen: Mapping[str, Any]) -> int | None:
    """The unit of billableDuration is not documented. No job is billed for longer than it ran: a larger number
    is one of milliseconds. None if that is too long as well.
    """
    billed, start, end = (seen.get(name) for name in ("billableDuration", "startedAt", "endedAt"))
    if billed is None or start is None or end is None:
        return None
    longest = math.ceil((end - start).total_seconds()) + 1
    seconds = billed if billed <= longest else math.ceil(billed / 1000)
    return seconds if seconds <= longest else None


def adapter_over(connections: Connections) -> BraketJobs:
    """The adapter of this API."""
    return BraketJobs(partial(connections.creator, "braket"), partial(connections.client, "braket"))
