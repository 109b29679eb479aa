"""Amazon Bedrock model customization: Create, Get, Stop and List ModelCustomizationJob(s)."""

from jobchute.errors import NotFoundError
from jobchute.job import Job, State
from jobchute.outcomes import Cause, Result
from jobchute.providers.adapter import Connections, is_attempt
from jobchute.providers.aws_errors import provider_errors
from jobchute.providers.bedrock.adapter import BedrockJobs, Kind, Manifest, Seen
from jobchute.providers.bedrock.customization_job.spec import SPEC

STATES = {
    "InProgress": State.RUNNING,
    "Completed": State.SUCCEEDED,
    "Failed": State.FAILED,
    "Stopping": None,
    "Stopped": State.CANCELLED,
}


def _find(jobs: BedrockJobs, job: Job) -> str | None:
    """By name, which Get takes as well as an ARN; whose job it is, its tags tell."""
    try:
        arn: str = jobs.get(job.name)["jobArn"]
    except NotFoundError:
        return None
    with provider_errors():
        listed = jobs.client().list_tags_for_resource(resourceARN=arn).get("tags", [])
    return arn if is_attempt(job, {tag["key"]: tag["value"] for tag in listed}) else None


def _state(seen: Seen) -> State | None:
    """Before its first sub-task, a job waits."""
    steps = {each.get("status") for each in seen.get("statusDetails", {}).values()}
    native = seen.get("status", "")
    return State.SUBMITTED if native == "InProgress" and steps == {"NotStarted"} else STATES.get(native)


def _output(seen: Seen, key: str) -> str:
    return f"{seen['outputDataConfig']['s3Uri'].rstrip('/')}/model-customization-job-{key}/"


def _cause(seen: Seen) -> Cause | None:
    if seen.get("status") != "Failed":
        return None
    from jobchute.providers.bedrock.customization_job.failure_texts import cause_of_message

    return cause_of_message(seen.get("failureMessage") or "")


def _facts(seen: Seen, output: str, _: Manifest) -> Result:
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


CUSTOMIZATION = Kind(
    SPEC,
    "model_customization_job",
    "modelCustomizationJobSummaries",
    STATES,
    "creationTimeAfter",
    {"statusEquals": "InProgress"},
    # How long a job may be scheduled is not documented.
    None,
    _find,
    _state,
    _output,
    lambda seen: seen.get("failureMessage"),
    _cause,
    _facts,
)


def adapter_over(connections: Connections) -> BedrockJobs:
    """The adapter of this API."""
    return CUSTOMIZATION.adapter_over(connections)
