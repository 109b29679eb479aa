"""Amazon Braket hybrid jobs.

QUEUED → RUNNING → COMPLETED | FAILED | CANCELLED, and CANCELLING → CANCELLED on a cancel [M].
What no source tells, and is chosen here [I]: another request under a used client token is a
ConflictException; a run that took too long ends CANCELLED with the job event MAX_RUNTIME_EXCEEDED (as Stopped
does in SageMaker, on which hybrid jobs run); every status is sent as an event; cancelling a cancelled job
succeeds (the operation is idempotent), a completed or failed one is a ConflictException; `billableDuration`
is in milliseconds.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from jobchute.job import Api

from ..errors import ServiceError
from ..events import Event, iso_time
from ..failures import SAGEMAKER, failing, failures
from ..jobs import Job, Kind, Logs, Phase, Step
from ..listing import InvalidPageToken, page
from ..permissions import Need, Parameters, passing
from ..scenarios import Outcome, Refusal
from ..settings import Settings
from ..world import World
from .braket_searches import passes
from .braket_tasks import QuantumTasks
from .outputs import leave_result

TOO_LONG = "The hybrid job exceeded maxRuntimeInSeconds."
FAILED = "AlgorithmError: the algorithm script exited with code 1 (simulated)"

_TO_RUNNING = (
    Step(Phase.QUEUE, 1, "RUNNING", "STARTING_INSTANCE"),
    Step(Phase.RUN, 0.1, "RUNNING", "DOWNLOADING_DATA"),
    Step(Phase.RUN, 0.1, "RUNNING", "RUNNING"),
)
_COMPLETED = (
    Step(Phase.RUN, 0.7, "RUNNING", "UPLOADING_RESULTS"),
    Step(Phase.RUN, 0.1, "COMPLETED", "COMPLETED"),
)
_FAILED = (*_TO_RUNNING, Step(Phase.RUN, 0.8, "FAILED", "FAILED", reason=FAILED))
_NO_CAPACITY = failing((Step(Phase.RUN, 1, "FAILED", "FAILED", reason=FAILED),), SAGEMAKER[Outcome.CAPACITY])


def job_event(job: Job, _: Settings) -> Event:
    """`Braket Job State Change`; only these members of the detail are known, no sample is published [T]."""
    detail = {"jobArn": job.arn, "jobName": job.name, "status": job.status}
    for name, at in (("startedAt", job.started), ("endedAt", job.ended)):
        if at is not None:
            detail[name] = iso_time(at)
    return Event("braket", "Braket Job State Change", job.arn, detail, job.modified)


JOB = Kind(
    api=Api.BRAKET_JOB,
    first=Step(Phase.QUEUE, 0, "QUEUED", "QUEUED_FOR_EXECUTION"),
    paths=MappingProxyType(
        {
            Outcome.SUCCEED: _TO_RUNNING + _COMPLETED,
            Outcome.PARTIAL: _TO_RUNNING + _COMPLETED,
            Outcome.FAIL: _FAILED,
            **failures(_FAILED, SAGEMAKER),
            Outcome.CAPACITY: _NO_CAPACITY,
            Outcome.INTERRUPTED: _NO_CAPACITY,
            Outcome.PENDING: (),
            Outcome.STOP: (
                *_TO_RUNNING,
                Step(Phase.RUN, 0.8, "CANCELLING"),
                Step(Phase.STOP, 1, "CANCELLED", "CANCELLED"),
            ),
            Outcome.TIMEOUT: (
                *_TO_RUNNING,
                Step(Phase.RUN, 0.8, "CANCELLED", "MAX_RUNTIME_EXCEEDED", message=TOO_LONG),
            ),
        }
    ),
    stop=(Step(Phase.STOP, 0, "CANCELLING"), Step(Phase.STOP, 1, "CANCELLED", "CANCELLED")),
    started="RUNNING",
    logs=Logs(
        group="/aws/braket/jobs",
        begins="RUNNING",
        prefix=lambda job: f"{job.name}/{job.key}/",
        instances=lambda request: request["instanceConfig"].get("instanceCount", 1),
    ),
    final=frozenset({"COMPLETED", "FAILED", "CANCELLED"}),
    refusals=MappingProxyType(
        {
            Refusal.THROTTLE: partial(ServiceError, "ThrottlingException", "Rate exceeded"),
            Refusal.QUOTA: partial(
                ServiceError,
                "ServiceQuotaExceededException",
                "You have exceeded the service quota of concurrent hybrid jobs.",
            ),
            # What the API says of a device is not documented, but for the code and its status, 424 [M].
            Refusal.OFFLINE: partial(
                ServiceError, "DeviceOfflineException", "The device is currently offline (simulated)"
            ),
            Refusal.UNAVAILABLE: partial(
                ServiceError,
                "InternalServiceException",
                "The request failed because of an unknown error.",
            ),
        }
    ),
    event=job_event,
    work=leave_result,
)


class Braket:
    """The operations, by name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks = QuantumTasks(world)
        self.operations: Mapping[str, Callable[[dict[str, Any]], Mapping[str, Any]]] = {
            "CreateJob": self._create,
            "GetJob": self._get,
            "CancelJob": self._cancel,
            "SearchJobs": self._search,
            "TagResource": self._tag,
            "ListTagsForResource": self._list_tags,
            **self._tasks.operations,
        }

    def needs_of(self, operation: str, given: Parameters) -> Iterator[Need]:
        if operation in self._tasks.operations:
            yield from self._tasks.needs_of(operation, given)
            return
        if operation != "CreateJob":
            yield Need(f"braket:{operation}", given.get("jobArn", given.get("resourceArn", "*")))
            return
        job = self._world.arn("braket", "job/new")
        yield Need("braket:CreateJob", job)
        if given.get("tags"):
            yield Need("braket:TagResource", job)
        yield passing(given["roleArn"], "braket.amazonaws.com")

    def _create(self, request: dict[str, Any]) -> Mapping[str, Any]:
        world, token = self._world, request["clientToken"]
        if not any(request["algorithmSpecification"].values()):
            raise ServiceError(
                "ValidationException", "algorithmSpecification must have scriptModeConfig or containerImage"
            )
        world.admission.check_rate(JOB)
        if (known := world.jobs.with_token(JOB.api, token)) is not None:
            return self._replay(known, request)
        job = world.launch(
            JOB,
            name=request["jobName"],
            request=request,
            tags=request.get("tags", {}),
            identify=self._identify,
            token=token,
        )
        return {"jobArn": job.arn}

    def _identify(self) -> tuple[str, str]:
        key = self._world.new_uuid()
        return key, self._world.arn("braket", f"job/{key}")

    def _replay(self, job: Job, request: Mapping[str, Any]) -> Mapping[str, Any]:
        job.create_calls += 1
        if job.request != request:
            raise ServiceError("ConflictException", "The client token was used with other parameters.")
        return {"jobArn": job.arn}

    def _get(self, request: dict[str, Any]) -> Mapping[str, Any]:
        job = self._job(request["jobArn"])
        answer = {**job.request, **_summary(job), "events": _events(job)}
        if job.status == "FAILED":
            answer["failureReason"] = job.reason
        if job.started is not None and job.ended is not None:
            answer["billableDuration"] = round((job.ended - job.started) * 1000)
        if "QueueInfo" in request.get("additionalAttributeNames", []):
            answer["queueInfo"] = {
                "queue": "JOBS_QUEUE",
                "position": "1" if job.status == "QUEUED" else "None",
            }
        return answer

    def _cancel(self, request: dict[str, Any]) -> Mapping[str, Any]:
        job = self._job(request["jobArn"])
        if job.status in ("COMPLETED", "FAILED"):
            raise ServiceError("ConflictException", f"The hybrid job is in status {job.status}.")
        if job.status not in ("CANCELLING", "CANCELLED"):
            self._world.jobs.stop(job)
        return {"jobArn": job.arn, "cancellationStatus": job.status}

    def _search(self, request: dict[str, Any]) -> Mapping[str, Any]:
        found = self._world.jobs.of(JOB.api)
        for each in request["filters"]:
            found = [job for job in found if passes(job, each, {"jobArn": job.arn})]
        found.sort(key=lambda job: job.created, reverse=True)
        try:
            shown, following = page(found, size=request.get("maxResults", 100), token=request.get("nextToken"))
        except InvalidPageToken as problem:
            raise ServiceError("ValidationException", "Invalid nextToken") from problem
        return {"jobs": [_summary(job) for job in shown], "nextToken": following}

    def _tag(self, request: dict[str, Any]) -> Mapping[str, Any]:
        self._tagged(request["resourceArn"]).tags.update(request["tags"])
        return {}

    def _list_tags(self, request: dict[str, Any]) -> Mapping[str, Any]:
        return {"tags": self._tagged(request["resourceArn"]).tags}

    def _tagged(self, arn: str) -> Job:
        return self._tasks.task(arn) if ":quantum-task/" in arn else self._job(arn)

    def _job(self, arn: str) -> Job:
        job = self._world.jobs.get(JOB.api, arn.rpartition("/")[2])
        if job is None or job.arn != arn:
            raise ServiceError("ResourceNotFoundException", f"The specified resource {arn} was not found.")
        return job


def _summary(job: Job) -> dict[str, Any]:
    return {
        "jobArn": job.arn,
        "jobName": job.name,
        "status": job.status,
        "device": job.request["deviceConfig"]["device"],
        "createdAt": job.created,
        "startedAt": job.started,
        "endedAt": job.ended,
        "tags": job.tags,
    }


def _events(job: Job) -> list[dict[str, Any]]:
    return [
        {"eventType": moment.detail, "timeOfEvent": moment.at, "message": moment.message or None}
        for moment in job.history
        if moment.detail
    ]
