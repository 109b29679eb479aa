"""Amazon Bedrock model customization: Create, Get, Stop and List ModelCustomizationJob(s)."""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.errors import NameTakenError, NotFoundError, PermanentError, ProviderError
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
from jobchute.providers.bedrock.customization_job.spec import SPEC
from jobchute.providers.names import slug
from jobchute.providers.spec import DAY

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

STATES = {
    "InProgress": State.RUNNING,
    "Completed": State.SUCCEEDED,
    "Failed": State.FAILED,
    "Stopping": None,
    "Stopped": State.CANCELLED,
}
ENDED_CODES = frozenset({"ConflictException", "ValidationException"})
NAME_TAKEN_TEXT = "job name is currently in use"
"""In a ValidationException (Airflow's operator). ConflictException, which is modelled too, says the same."""
MAX_MODEL_NAME = 63
PENDING_LIMIT = 14 * DAY
"""How long a job may be scheduled is not documented."""
PAGE_SIZE = 1000
"""The largest page of ListModelCustomizationJobs."""


class CustomizationJobs(NamedTuple):
    """Names are unique; clientRequestToken makes the create call idempotent.

    creator: the client that makes one attempt per call.
    """

    creator: Callable[[], "BedrockClient"]
    client: Callable[[], "BedrockClient"]

    def name_of(self, job_id: str, request: Document) -> str:
        return name_in(request, SPEC.name.member, job_id)

    def time_limit(self, request: Document) -> int:  # noqa: ARG002
        return SPEC.run_time.default

    def pending_limit(self, request: Document) -> int:  # noqa: ARG002
        return PENDING_LIMIT

    def request_for(self, job: Job, request: Document) -> ProviderRequest:
        own = {tag["key"]: tag["value"] for tag in request.get("jobTags", [])}
        tags = [{"key": key, "value": value} for key, value in tags_for(job, own).items()]
        names = {"jobName": job.name, "customModelName": _model_name(job, request.get("customModelName"))}
        return {**request, **names, "clientRequestToken": job.token, "jobTags": tags}

    def submit(self, call: ProviderRequest) -> str:
        with provider_errors(_refine):
            return self.creator().create_model_customization_job(**call)["jobArn"]

    def find(self, job: Job, request: Document) -> str | None:  # noqa: ARG002
        """By name, which Get takes as well as an ARN; whose it is, its tags tell."""
        client = self.client()
        try:
            with provider_errors():
                arn: str = client.get_model_customization_job(jobIdentifier=job.name)["jobArn"]
        except NotFoundError:
            return None
        with provider_errors():
            listed = client.list_tags_for_resource(resourceARN=arn).get("tags", [])
        return arn if is_attempt(job, {tag["key"]: tag["value"] for tag in listed}) else None

    def observe(self, job: Submitted) -> Observation:
        provider_id = provider_id_of(job)
        with provider_errors():
            seen = self.client().get_model_customization_job(jobIdentifier=provider_id)
        native, state = seen.get("status", ""), _state(seen)
        folder = f"model-customization-job-{provider_id.rpartition('/')[2]}"
        output = f"{seen['outputDataConfig']['s3Uri'].rstrip('/')}/{folder}/"
        return Observation(
            native=native,
            state=state,
            reason=seen.get("failureMessage"),
            output=output,
            is_known=native in STATES,
            cause=_cause(seen),
            result=_facts(seen, output) if state is not None and state.is_final else None,
        )

    def list_states(self, jobs: Collection[Job]) -> Mapping[str, State | None]:
        """Of those in progress alone, which are few however many have ended."""
        if not jobs:
            return {}
        with provider_errors():
            listed = self._in_progress(creationTimeAfter=earliest(jobs))
            return states_among(jobs, ((each["jobArn"], _state(each)) for each in listed), page=PAGE_SIZE)

    def cancel(self, job: Job) -> None:
        try:
            with provider_errors():
                self.client().stop_model_customization_job(jobIdentifier=provider_id_of(job))
        except PermanentError as error:
            # StopModelCustomizationJob lists ConflictException: the job has ended, or is stopping.
            if error.code not in ENDED_CODES:
                raise

    def _in_progress(self, **only: Any) -> Iterator[Mapping[str, Any]]:
        pages = self.client().get_paginator("list_model_customization_jobs")
        config: Any = {"PageSize": PAGE_SIZE}
        for page in pages.paginate(**only, statusEquals="InProgress", PaginationConfig=config):
            yield from page.get("modelCustomizationJobSummaries", [])


def adapter_over(connections: Connections) -> CustomizationJobs:
    """The adapter of this API."""
    creator, client = (partial(each, "bedrock") for each in (connections.creator, connections.client))
    return CustomizationJobs(creator, client)


def _model_name(job: Job, given: str | None) -> str:
    """The job's name if the request gives none; for another attempt, a name that no earlier one has used."""
    if not given or job.attempt == 1:
        return given or slug(job.name)
    mark = f"-{job.token[:8]}-{job.attempt}"
    return given[: MAX_MODEL_NAME - len(mark)].rstrip("-_") + mark


def _state(seen: Mapping[str, Any]) -> State | None:
    """Of a job as it is described or listed. Before its first sub-task, it waits."""
    steps = {each.get("status") for each in seen.get("statusDetails", {}).values()}
    native = seen.get("status", "")
    return State.SUBMITTED if native == "InProgress" and steps == {"NotStarted"} else STATES.get(native)


def _cause(seen: Mapping[str, Any]) -> Cause | None:
    if seen.get("status") != "Failed":
        return None
    from jobchute.providers.bedrock.customization_job.failure_texts import cause_of_message

    return cause_of_message(seen.get("failureMessage") or "")


def _facts(seen: Mapping[str, Any], output: str) -> Result:
    """Tokens and what is billed are not reported. Sub-tasks say when they began, where there are any."""
    begun = [each["creationTime"] for each in seen.get("statusDetails", {}).values() if "creationTime" in each]
    losses = {"trainingLoss": seen.get("trainingMetrics", {}).get("trainingLoss")}
    for number, each in enumerate(seen.get("validationMetrics", []), 1):
        losses["validationLoss" if number == 1 else f"validationLoss{number}"] = each.get("validationLoss")
    return Result(
        queued_at=seen.get("creationTime"),
        started_at=min(begun, default=None),
        ended_at=seen.get("endTime") or seen.get("lastModifiedTime"),
        metrics={name: loss for name, loss in losses.items() if loss is not None},
        model=seen.get("outputModelArn"),
        output=output,
    )


def _refine(error: ProviderError) -> ProviderError:
    is_used = error.code == "ValidationException" and NAME_TAKEN_TEXT in error.message
    if is_used or error.code == "ConflictException":
        return NameTakenError(error.message, code=error.code)
    return error
