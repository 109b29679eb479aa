"""Amazon Bedrock model customization jobs.

InProgress → Completed | Failed, and Stopping → Stopped on a stop [M]. The sub-tasks of a job are NotStarted at
first, then data are processed, then the model is trained [I]. A used client request token gives the job that
it made [M: "ignores the request, but does not return an error"]; a used job name with another token is a
ValidationException [T]. So is a name of a custom model that a job makes or has made [I]; stopping a finished
job is a ConflictException [I]. Get and Stop take the name as well as the ARN [M].
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from jobchute.job import Api

from ..errors import ServiceError
from ..events import Event, iso_time
from ..failures import BEDROCK, failing, failures
from ..jobs import Job, Kind, Phase, Step
from ..permissions import Need, Parameters, passing
from ..scenarios import Outcome, Refusal
from ..settings import Settings
from ..storage import Storage
from ..world import World
from .bedrock_family import listed, stop

FAILED = "Unable to parse Amazon S3 file: train.jsonl. Data files must conform to JSONL format."
NO_CAPACITY = "Insufficient capacity to customize the model (simulated)"
NAME_USED = "The provided job name is currently in use."
MODEL_USED = "The provided custom model name is already in use (simulated)"
TOLD = ("hyperParameters", "trainingDataConfig", "validationDataConfig", "outputDataConfig")
"""Of the request, by an event."""
PROCESSING, TRAINING = "Processing", "Training"
LOSSES = b"step_number,epoch_number,training_loss\n1,0,1.25\n2,0,0.25\n"
TRAINING_LOSS, VALIDATION_LOSS = 0.25, 0.5

ModelArn = Callable[[str, Settings], str]

_TO_TRAINING = (
    Step(Phase.QUEUE, 1, "InProgress", PROCESSING),
    Step(Phase.RUN, 1 / 4, "InProgress", TRAINING),
)
_FAILED = (*_TO_TRAINING, Step(Phase.RUN, 3 / 4, "Failed", reason=FAILED))
_NO_CAPACITY = failing(_FAILED, NO_CAPACITY)


def job_event(job: Job, settings: Settings) -> Event:
    """`Model Customization Job State Change`: the status is `jobStatus` [D]."""
    described = _described(job, settings)
    detail = {
        "version": "0.0",
        "jobName": job.name,
        "jobArn": job.arn,
        "outputModelName": job.request["customModelName"],
        "outputModelArn": described["outputModelArn"],
        "roleArn": job.request["roleArn"],
        "jobStatus": job.status,
        "failureMessage": job.reason or None,
        "creationTime": iso_time(job.created),
        "lastModifiedTime": iso_time(job.modified),
        "endTime": None if job.ended is None else iso_time(job.ended),
        **{name: job.request.get(name) for name in TOLD},
    }
    return Event("bedrock", "Model Customization Job State Change", job.arn, detail, job.modified)


def leave_losses(job: Job, step: Step, storage: Storage) -> Step:
    """The losses of each step, in a folder of the job's [D]."""
    if step.status == "Completed":
        folder = f"{job.request['outputDataConfig']['s3Uri'].rstrip('/')}/model-customization-job-{job.key}"
        storage.write(f"{folder}/training_artifacts/step_wise_training_metrics.csv", LOSSES)
    return step


KIND = Kind(
    api=Api.CUSTOMIZATION_JOB,
    first=Step(Phase.QUEUE, 0, "InProgress"),
    paths=MappingProxyType(
        {
            Outcome.SUCCEED: (*_TO_TRAINING, Step(Phase.RUN, 3 / 4, "Completed")),
            Outcome.PARTIAL: (*_TO_TRAINING, Step(Phase.RUN, 3 / 4, "Completed")),
            Outcome.FAIL: _FAILED,
            **failures(_FAILED, BEDROCK),
            Outcome.INPUT: _FAILED,
            Outcome.CAPACITY: _NO_CAPACITY,
            Outcome.INTERRUPTED: _NO_CAPACITY,
            Outcome.PENDING: (),
            Outcome.STOP: (
                *_TO_TRAINING,
                Step(Phase.RUN, 3 / 4, "Stopping"),
                Step(Phase.STOP, 1, "Stopped"),
            ),
        }
    ),
    stop=(Step(Phase.STOP, 0, "Stopping"), Step(Phase.STOP, 1, "Stopped")),
    started=PROCESSING,
    final=frozenset({"Completed", "Failed", "Stopped"}),
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
    work=leave_losses,
)


class Customization:
    """The operations, by name. model_arn: what the id of a model stands for."""

    def __init__(self, world: World, model_arn: ModelArn) -> None:
        self._world = world
        self._model_arn = model_arn
        self.operations: Mapping[str, Callable[[dict[str, Any]], Mapping[str, Any]]] = {
            "CreateModelCustomizationJob": self._create,
            "GetModelCustomizationJob": self._get,
            "StopModelCustomizationJob": self._stop,
            "ListModelCustomizationJobs": self._list,
        }

    def needs_of(self, operation: str, given: Parameters) -> Iterator[Need]:
        action = f"bedrock:{operation}"
        if operation != "CreateModelCustomizationJob":
            yield Need(action, self._resource(given.get("jobIdentifier", "*")))
            return
        job = self._world.arn("bedrock", "model-customization-job/new")
        yield Need(action, job)
        yield Need(action, self._model_arn(given["baseModelIdentifier"], self._world.settings))
        if given.get("jobTags"):
            yield Need("bedrock:TagResource", job)
        if given.get("customModelTags"):
            yield Need("bedrock:TagResource", self._world.arn("bedrock", "custom-model/new"))
        yield passing(given["roleArn"], "bedrock.amazonaws.com")

    def job(self, identifier: str) -> Job:
        """By ARN or name."""
        jobs = self._world.jobs
        job = jobs.get(KIND.api, identifier.rpartition("/")[2]) or jobs.named(KIND.api, identifier)
        if job is None or identifier not in (job.arn, job.name):
            raise ServiceError("ResourceNotFoundException", "The specified resource was not found.", status=404)
        return job

    def _resource(self, identifier: str) -> str:
        is_name = identifier != "*" and not identifier.startswith("arn:")
        return self._world.arn("bedrock", f"model-customization-job/{identifier}") if is_name else identifier

    def _create(self, request: dict[str, Any]) -> Mapping[str, Any]:
        world, name, token = self._world, request["jobName"], request.get("clientRequestToken", "")
        world.admission.check_rate(KIND)
        if token and (known := world.jobs.with_token(KIND.api, token)) is not None:
            known.create_calls += 1
            return {"jobArn": known.arn}
        if (namesake := world.jobs.named(KIND.api, name)) is not None:
            namesake.create_calls += 1
            raise ServiceError("ValidationException", NAME_USED)
        makers = (job for job in world.jobs.of(KIND.api) if not job.is_final or job.status == "Completed")
        if any(job.request["customModelName"] == request["customModelName"] for job in makers):
            raise ServiceError("ValidationException", MODEL_USED)
        tags = {tag["key"]: tag["value"] for tag in request.get("jobTags", [])}
        identify = partial(self._identify, request["baseModelIdentifier"])
        job = world.launch(KIND, name=name, request=request, tags=tags, identify=identify, token=token)
        return {"jobArn": job.arn}

    def _identify(self, model: str) -> tuple[str, str]:
        key = self._world.new_word(12)
        base = "a.custom-model" if ":custom-model/" in model else model.rpartition("/")[2]
        return key, self._world.arn("bedrock", f"model-customization-job/{base}/{key}")

    def _get(self, request: dict[str, Any]) -> Mapping[str, Any]:
        described = _described(self.job(request["jobIdentifier"]), self._world.settings)
        model = self._model_arn(described.pop("baseModelIdentifier"), self._world.settings)
        return {**described, "baseModelArn": model}

    def _stop(self, request: dict[str, Any]) -> Mapping[str, Any]:
        return stop(self._world.jobs, self.job(request["jobIdentifier"]))

    def _list(self, request: dict[str, Any]) -> Mapping[str, Any]:
        shown, following = listed(self._world.jobs.of(KIND.api), request, time="creationTime")
        return {"modelCustomizationJobSummaries": [self._summary(job) for job in shown], "nextToken": following}

    def _summary(self, job: Job) -> Mapping[str, Any]:
        described = self._get({"jobIdentifier": job.arn})
        names = ("jobArn", "jobName", "status", "statusDetails", "creationTime", "lastModifiedTime", "endTime")
        told = {name: described[name] for name in (*names, "baseModelArn")}
        return {**told, "customModelName": job.request["customModelName"]}


def _described(job: Job, settings: Settings) -> dict[str, Any]:
    """What Get tells; of its own, the model and the losses once it has succeeded."""
    request = {name: value for name, value in job.request.items() if name not in ("jobTags", "customModelTags")}
    name, is_done = request.pop("customModelName"), job.status == "Completed"
    model = f"arn:aws:bedrock:{settings.region}:{settings.account}:custom-model/{job.arn.split('/', 1)[1]}"
    validators = request.get("validationDataConfig", {}).get("validators", [])
    return {
        "validationDataConfig": {"validators": []},
        **request,
        "jobArn": job.arn,
        "outputModelName": name,
        "outputModelArn": model if is_done else None,
        "status": job.status,
        "statusDetails": _details(job),
        "failureMessage": job.reason or None,
        "creationTime": job.created,
        "lastModifiedTime": job.modified,
        "endTime": job.ended,
        "trainingMetrics": {"trainingLoss": TRAINING_LOSS} if is_done else None,
        "validationMetrics": [{"validationLoss": VALIDATION_LOSS} for _ in validators] if is_done else None,
    }


def _details(job: Job) -> dict[str, dict[str, Any]]:
    """The sub-tasks: those before the newest one are Completed, and it has the job's status."""
    begun = {moment.detail: moment.at for moment in reversed(job.history) if moment.detail}

    def detail(name: str, status: str) -> dict[str, Any]:
        return {"status": status, "creationTime": begun[name]} if name in begun else {"status": "NotStarted"}

    processing = "Completed" if TRAINING in begun else job.status
    return {
        "dataProcessingDetails": detail(PROCESSING, processing),
        "trainingDetails": detail(TRAINING, job.status),
    }
