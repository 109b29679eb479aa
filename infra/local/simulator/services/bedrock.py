"""Amazon Bedrock batch inference (model invocation) jobs.

Submitted → Validating → Scheduled → InProgress → Completed | PartiallyCompleted | Failed, Expired from
Scheduled, and Stopping → Stopped on a stop [M]. A used client request token gives the job that it made,
whatever else the request says ("ignores the request, but does not return an error" [M]); a used job name with
another token is a ConflictException [T]; stopping a finished job is one too [I].
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from jobchute.job import Api

from ..errors import ServiceError
from ..events import Event, spoken_time
from ..failures import BEDROCK, failures
from ..jobs import Job, Kind, Phase, Step
from ..permissions import Need, Parameters, passing
from ..scenarios import Outcome, Refusal
from ..settings import Settings
from ..world import World
from .bedrock_customization import Customization
from .bedrock_family import listed, stop
from .bedrock_records import work

FAILED = "Batch job contains less records (10) than the required minimum of: 100"
EXPIRED = "The job timed out because it was scheduled but did not begin before the set timeout duration."
DEFAULT_TIMEOUT_HOURS = 24

_VALIDATING = Step(Phase.QUEUE, 1 / 3, "Validating")
_SCHEDULED = Step(Phase.QUEUE, 1 / 3, "Scheduled")
_IN_PROGRESS = Step(Phase.QUEUE, 1 / 3, "InProgress")
_TO_RUNNING = (_VALIDATING, _SCHEDULED, _IN_PROGRESS)
_FAILED = (_VALIDATING, Step(Phase.QUEUE, 2 / 3, "Failed", reason=FAILED))
_EXPIRED = (_VALIDATING, _SCHEDULED, Step(Phase.RUN, 1, "Expired", reason=EXPIRED))


def model_arn(model: str, settings: Settings) -> str:
    """What an id stands for; an inference profile's id begins with a region group (`us.`, `eu.`, `global.`)."""
    if model.startswith("arn:"):
        return model
    if model.partition(".")[0] in ("us", "eu", "apac", "global", "us-gov", "jp", "au", "ca"):
        return f"arn:aws:bedrock:{settings.region}:{settings.account}:inference-profile/{model}"
    return f"arn:aws:bedrock:{settings.region}::foundation-model/{model}"


def job_event(job: Job, settings: Settings) -> Event:
    """`Batch Inference Job State Change` [D]."""
    detail = {
        "version": "0.0",
        "accountId": settings.account,
        "batchJobName": job.name,
        "batchJobArn": job.arn,
        "batchModelId": model_arn(job.request["modelId"], settings),
        "status": job.status,
        "failureMessage": job.reason,
        "creationTime": spoken_time(job.created),
    }
    return Event("bedrock", "Batch Inference Job State Change", job.arn, detail, job.modified)


JOB = Kind(
    api=Api.BEDROCK_JOB,
    first=Step(Phase.QUEUE, 0, "Submitted"),
    paths=MappingProxyType(
        {
            Outcome.SUCCEED: (*_TO_RUNNING, Step(Phase.RUN, 1, "Completed")),
            Outcome.PARTIAL: (*_TO_RUNNING, Step(Phase.RUN, 1, "PartiallyCompleted")),
            # The data are validated after the create: what is wrong with them is a failure [D].
            Outcome.FAIL: _FAILED,
            **failures(_FAILED, BEDROCK),
            Outcome.CAPACITY: _EXPIRED,
            Outcome.INTERRUPTED: _EXPIRED,
            Outcome.PENDING: (_VALIDATING, _SCHEDULED),
            Outcome.STOP: (*_TO_RUNNING, Step(Phase.RUN, 1, "Stopping"), Step(Phase.STOP, 1, "Stopped")),
            Outcome.TIMEOUT: _EXPIRED,
        }
    ),
    stop=(Step(Phase.STOP, 0, "Stopping"), Step(Phase.STOP, 1, "Stopped")),
    started="InProgress",
    final=frozenset({"Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"}),
    refusals=MappingProxyType(
        {
            Refusal.THROTTLE: partial(ServiceError, "ThrottlingException", "Too many requests"),
            Refusal.QUOTA: partial(
                ServiceError,
                "ServiceQuotaExceededException",
                "The number of requests exceeds the service quota. Resubmit your request later.",
            ),
            Refusal.UNAVAILABLE: partial(
                ServiceError,
                "InternalServerException",
                "An internal server error occurred. Retry your request.",
            ),
        }
    ),
    event=job_event,
    work=work,
)


class Bedrock:
    """The operations, by name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._customization = Customization(world, model_arn)
        self.operations: Mapping[str, Callable[[dict[str, Any]], Mapping[str, Any]]] = {
            "CreateModelInvocationJob": self._create,
            "GetModelInvocationJob": self._get,
            "StopModelInvocationJob": self._stop,
            "ListModelInvocationJobs": self._list,
            "TagResource": self._tag,
            "ListTagsForResource": self._list_tags,
            **self._customization.operations,
        }

    def needs_of(self, operation: str, given: Parameters) -> Iterator[Need]:
        if "ModelCustomization" in operation:
            yield from self._customization.needs_of(operation, given)
            return
        if operation != "CreateModelInvocationJob":
            one = given.get("jobIdentifier", given.get("resourceARN", "*"))
            is_id = one != "*" and not one.startswith("arn:")
            resource = self._world.arn("bedrock", f"model-invocation-job/{one}") if is_id else one
            yield Need(f"bedrock:{operation}", resource)
            return
        job = self._world.arn("bedrock", "model-invocation-job/new")
        yield Need("bedrock:CreateModelInvocationJob", job)
        yield Need("bedrock:CreateModelInvocationJob", model_arn(given["modelId"], self._world.settings))
        if given.get("tags"):
            yield Need("bedrock:TagResource", job)
        yield passing(given["roleArn"], "bedrock.amazonaws.com")

    def _create(self, request: dict[str, Any]) -> Mapping[str, Any]:
        world, name, token = self._world, request["jobName"], request.get("clientRequestToken", "")
        world.admission.check_rate(JOB)
        if token and (known := world.jobs.with_token(JOB.api, token)) is not None:
            known.create_calls += 1
            return {"jobArn": known.arn}
        if (namesake := world.jobs.named(JOB.api, name)) is not None:
            namesake.create_calls += 1
            raise ServiceError("ConflictException", "The provided job name is currently in use.")
        tags = {tag["key"]: tag["value"] for tag in request.get("tags", [])}
        job = world.launch(JOB, name=name, request=request, tags=tags, identify=self._identify, token=token)
        return {"jobArn": job.arn}

    def _identify(self) -> tuple[str, str]:
        key = self._world.new_word(12)
        return key, self._world.arn("bedrock", f"model-invocation-job/{key}")

    def _get(self, request: dict[str, Any]) -> Mapping[str, Any]:
        return self._described(self._job(request["jobIdentifier"]))

    def _stop(self, request: dict[str, Any]) -> Mapping[str, Any]:
        return stop(self._world.jobs, self._job(request["jobIdentifier"]))

    def _list(self, request: dict[str, Any]) -> Mapping[str, Any]:
        shown, following = listed(self._world.jobs.of(JOB.api), request, time="submitTime")
        return {"invocationJobSummaries": [self._described(job) for job in shown], "nextToken": following}

    def _tag(self, request: dict[str, Any]) -> Mapping[str, Any]:
        self._job(request["resourceARN"]).tags.update({tag["key"]: tag["value"] for tag in request["tags"]})
        return {}

    def _list_tags(self, request: dict[str, Any]) -> Mapping[str, Any]:
        tags = self._job(request["resourceARN"]).tags
        return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}

    def _job(self, identifier: str) -> Job:
        """By ARN or by its last part; the name does not do [M]."""
        if ":model-customization-job/" in identifier:
            return self._customization.job(identifier)
        job = self._world.jobs.get(JOB.api, identifier.rpartition("/")[2])
        if job is None or identifier not in (job.key, job.arn):
            raise ServiceError("ResourceNotFoundException", "The specified resource ARN was not found.")
        return job

    def _described(self, job: Job) -> dict[str, Any]:
        settings = self._world.settings
        hours = job.request.get("timeoutDurationInHours", DEFAULT_TIMEOUT_HOURS)
        model = model_arn(job.request["modelId"], settings)
        return {
            "modelInvocationType": "InvokeModel",
            **job.request,
            "jobArn": job.arn,
            # An inference profile's id comes back resolved [T]; another id as it was given.
            "modelId": model if "inference-profile" in model else job.request["modelId"],
            "status": job.status,
            "message": job.reason or None,
            "submitTime": job.created,
            "lastModifiedTime": job.modified,
            "endTime": job.ended,
            "timeoutDurationInHours": hours,
            "jobExpirationTime": job.created + hours * 3600,
            **_counters(job, settings.record_count),
        }


def _counters(job: Job, total: int) -> dict[str, int]:
    """Records; 0 until the input has been validated, and if it was not valid [T]. A tenth of them is missing
    from a partial job, and each job has less than a hundredth of failed ones. A job with an input has its
    counts.
    """
    if job.counts:
        return dict(job.counts)
    done, failed = 0, total // 150
    match job.status:
        case "Completed":
            done = total
        case "PartiallyCompleted":
            done = total - max(1, total // 10)
        case "Submitted" | "Validating" | "Failed":
            total = 0
    return {
        "totalRecordCount": total,
        "processedRecordCount": done,
        "successRecordCount": max(done - failed, 0),
        "errorRecordCount": min(done, failed),
    }
