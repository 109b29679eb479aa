"""Amazon Braket quantum tasks.

CREATED → QUEUED → RUNNING → COMPLETED | FAILED | CANCELLED, and CANCELLING → CANCELLED on a cancel, also of a
task that runs [M, D]. What no source tells, and is chosen here [I]: a used client token answers with its task,
even if other parameters differ; every status is sent as an event; a partial success has nine of ten shots.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from jobchute.job import Api

from ..errors import ServiceError
from ..events import Event, iso_time
from ..failures import SAGEMAKER, failing, failures
from ..jobs import Job, Kind, Phase, Step
from ..listing import InvalidPageToken, page
from ..permissions import Need, Parameters
from ..scenarios import Outcome, Refusal
from ..settings import Settings
from ..storage import Storage
from ..world import World
from .braket_searches import passes

TEXTS = {
    **SAGEMAKER,
    Outcome.FAIL: "The quantum task failed on the device (simulated)",
    Outcome.CODE: "The quantum task failed on the device (simulated)",
    # In the words of amazon-braket-sdk-python#270 [T].
    Outcome.INPUT: "Predicted runtime based on best contraction path found exceeds the limit of the simulator.",
}
_TO_RUNNING = (Step(Phase.QUEUE, 0.1, "QUEUED"), Step(Phase.QUEUE, 0.9, "RUNNING"))
_FAILED = (*_TO_RUNNING, Step(Phase.RUN, 0.8, "FAILED", reason=TEXTS[Outcome.FAIL]))
_COMPLETED = (*_TO_RUNNING, Step(Phase.RUN, 1, "COMPLETED"))
_CANCELLED = Step(Phase.STOP, 1, "CANCELLED")


def task_event(job: Job, _: Settings) -> Event:
    """`Braket Task State Change`: shots are a text, endedAt comes with the end, no reason is told [D]."""
    detail = {
        "quantumTaskArn": job.arn,
        "status": job.status,
        "deviceArn": job.request["deviceArn"],
        "shots": str(job.request["shots"]),
        "outputS3Bucket": job.request["outputS3Bucket"],
        "outputS3Directory": _directory(job),
        "createdAt": iso_time(job.created),
        "eventName": "INSERT" if job.status == "CREATED" else "MODIFY",
    }
    if job.ended is not None:
        detail["endedAt"] = iso_time(job.ended)
    return Event("braket", "Braket Task State Change", job.arn, detail, job.modified)


def _leave_measurements(job: Job, step: Step, storage: Storage) -> Step:
    """results.json in a folder of its own, once it has completed."""
    if step.status == "COMPLETED":
        header = {"name": "braket.task_result.gate_model_task_result", "version": "1"}
        shots = job.request["shots"]
        result = {
            "braketSchemaHeader": header,
            "measurements": [[number % 2] * 2 for number in range(min(shots, 100))],
            "measuredQubits": [0, 1],
            "taskMetadata": {"id": job.arn, "shots": shots, "deviceId": job.request["deviceArn"]},
        }
        folder = (
            f"s3://{job.request['outputS3Bucket']}/{job.request['outputS3KeyPrefix'].rstrip('/')}/{job.key}"
        )
        storage.write(f"{folder}/results.json", json.dumps(result).encode())
    return step


TASK = Kind(
    api=Api.QUANTUM_TASK,
    first=Step(Phase.QUEUE, 0, "CREATED"),
    paths=MappingProxyType(
        {
            Outcome.SUCCEED: _COMPLETED,
            Outcome.PARTIAL: _COMPLETED,
            **failures(_FAILED, TEXTS),
            Outcome.INTERRUPTED: failing(_FAILED, TEXTS[Outcome.CAPACITY]),
            Outcome.PENDING: (Step(Phase.QUEUE, 0.1, "QUEUED"),),
            Outcome.STOP: (*_TO_RUNNING, Step(Phase.RUN, 0.8, "CANCELLING"), _CANCELLED),
        }
    ),
    stop=(Step(Phase.STOP, 0, "CANCELLING"), _CANCELLED),
    started="RUNNING",
    final=frozenset({"COMPLETED", "FAILED", "CANCELLED"}),
    refusals=MappingProxyType(
        {
            Refusal.THROTTLE: partial(ServiceError, "ThrottlingException", "Rate exceeded"),
            Refusal.QUOTA: partial(
                ServiceError,
                "ServiceQuotaExceededException",
                "You have exceeded the service quota of concurrent quantum tasks.",
            ),
            Refusal.OFFLINE: partial(
                ServiceError, "DeviceOfflineException", "The device is currently offline (simulated)"
            ),
            Refusal.UNAVAILABLE: partial(
                ServiceError, "InternalServiceException", "The request failed because of an unknown error."
            ),
        }
    ),
    event=task_event,
    work=_leave_measurements,
)


class QuantumTasks:
    """The operations on quantum tasks, by name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.operations: Mapping[str, Callable[[dict[str, Any]], Mapping[str, Any]]] = {
            "CreateQuantumTask": self._create,
            "GetQuantumTask": self._get,
            "CancelQuantumTask": self._cancel,
            "SearchQuantumTasks": self._search,
        }

    def needs_of(self, operation: str, given: Parameters) -> Iterator[Need]:
        """Braket looks for the bucket and writes the results as the caller may [D: troubleshooting]."""
        yield Need(f"braket:{operation}", given.get("quantumTaskArn", "*"))
        if operation != "CreateQuantumTask":
            return
        if given.get("tags"):
            yield Need("braket:TagResource", self._world.arn("braket", "quantum-task/new"))
        bucket = f"arn:aws:s3:::{given['outputS3Bucket']}"
        yield Need("s3:ListBucket", bucket)
        for action in ("s3:GetObject", "s3:PutObject"):
            yield Need(action, f"{bucket}/{given['outputS3KeyPrefix'].rstrip('/')}/new/results.json")

    def task(self, arn: str) -> Job:
        """Raises the provider's error where there is no such task."""
        job = self._world.jobs.get(TASK.api, arn.rpartition("/")[2])
        if job is None or job.arn != arn:
            raise ServiceError("ResourceNotFoundException", f"The specified resource {arn} was not found.")
        return job

    def _create(self, request: dict[str, Any]) -> Mapping[str, Any]:
        world, token = self._world, request["clientToken"]
        for problem in _problems(request):
            raise ServiceError("ValidationException", problem)
        world.admission.check_rate(TASK)
        if (known := world.jobs.with_token(TASK.api, token)) is not None:
            known.create_calls += 1
            return {"quantumTaskArn": known.arn}
        tags = request.get("tags", {})
        job = world.launch(TASK, name=token, request=request, tags=tags, identify=self._identify, token=token)
        return {"quantumTaskArn": job.arn}

    def _identify(self) -> tuple[str, str]:
        key = self._world.new_uuid()
        return key, self._world.arn("braket", f"quantum-task/{key}")

    def _get(self, request: dict[str, Any]) -> Mapping[str, Any]:
        job = self.task(request["quantumTaskArn"])
        shots = job.request["shots"]
        answer = {**_summary(job), "deviceParameters": job.request.get("deviceParameters", "{}")}
        if job.status == "FAILED":
            answer["failureReason"] = job.reason
        if job.status == "COMPLETED":
            lost = max(shots // 10, 1) if job.scenario.outcome is Outcome.PARTIAL and shots else 0
            answer["numSuccessfulShots"] = shots - lost
        if "QueueInfo" in request.get("additionalAttributeNames", []):
            position = "1" if job.status in ("CREATED", "QUEUED") else "None"
            answer["queueInfo"] = {"queue": "QUANTUM_TASKS_QUEUE", "position": position}
        return answer

    def _cancel(self, request: dict[str, Any]) -> Mapping[str, Any]:
        job = self.task(request["quantumTaskArn"])
        if job.is_final:
            text = f"cannot cancel a quantum task in the {job.status} status"
            raise ServiceError("ConflictException", text)
        if job.status != "CANCELLING":
            self._world.jobs.stop(job)
        return {"quantumTaskArn": job.arn, "cancellationStatus": job.status}

    def _search(self, request: dict[str, Any]) -> Mapping[str, Any]:
        found = self._world.jobs.of(TASK.api)
        for each in request["filters"]:
            found = [job for job in found if passes(job, each, _searched(job))]
        found.sort(key=lambda job: job.created, reverse=True)
        try:
            shown, following = page(found, size=request.get("maxResults", 100), token=request.get("nextToken"))
        except InvalidPageToken as problem:
            raise ServiceError("ValidationException", "Invalid nextToken") from problem
        return {"quantumTasks": [_summary(job) for job in shown], "nextToken": following}


def _problems(request: Mapping[str, Any]) -> Iterator[str]:
    """What Braket says of a request that its model lets pass [D: troubleshooting, quotas]."""
    if "/" in request["outputS3Bucket"]:
        yield f"Caller doesn't have access to {request['outputS3Bucket']}"
    try:
        program = json.loads(request["action"])
    except ValueError:
        program = None
    if not isinstance(program, dict) or "braketSchemaHeader" not in program:
        yield "The action is not a valid program"
    if request["shots"] == 0 and "/qpu/" in request["deviceArn"]:
        yield "shots must be greater than 0 on a QPU"
    if request.get("associations") and "/quantum-simulator/" in request["deviceArn"]:
        yield f"Braket Direct is not supported for {request['deviceArn']}"


def _searched(job: Job) -> Mapping[str, str]:
    return {
        "quantumTaskArn": job.arn,
        "deviceArn": job.request["deviceArn"],
        "jobArn": "",
        "status": job.status,
    }


def _summary(job: Job) -> dict[str, Any]:
    return {
        "quantumTaskArn": job.arn,
        "status": job.status,
        "deviceArn": job.request["deviceArn"],
        "shots": job.request["shots"],
        "outputS3Bucket": job.request["outputS3Bucket"],
        "outputS3Directory": _directory(job),
        "createdAt": job.created,
        "endedAt": job.ended,
        "tags": job.tags,
    }


def _directory(job: Job) -> str:
    return f"{job.request['outputS3KeyPrefix'].rstrip('/')}/{job.key}"
