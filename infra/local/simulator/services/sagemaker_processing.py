"""SageMaker processing jobs.

InProgress → Completed | Failed, Stopping → Stopped. They have no secondary status: a run that took too long is
Stopped [I], recognizable by its length alone, so its times are reported `MaxRuntimeInSeconds` apart although
simulated time is short.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from jobchute.job import Api

from ..events import Event, epoch_milliseconds
from ..failures import SAGEMAKER, failing, failures
from ..jobs import Job, Kind, Logs, Phase, Step
from ..scenarios import Outcome
from ..settings import Settings
from .outputs import leave_files
from .sagemaker_family import (
    DEFAULT_MAX_RUNTIME,
    FAILED,
    FINAL,
    Family,
    instances_of,
    problems_of_selection,
    refusals,
    selected,
)

_PROCESSING = Step(Phase.QUEUE, 1, "InProgress", "Processing")
_FAILED = (_PROCESSING, Step(Phase.RUN, 1, "Failed", reason=FAILED))
_NO_CAPACITY = failing((Step(Phase.RUN, 1, "Failed", reason=FAILED),), SAGEMAKER[Outcome.CAPACITY])
_PROCESSING_TIMES = ("CreationTime", "ProcessingStartTime", "ProcessingEndTime", "LastModifiedTime")


def processing_event(job: Job, settings: Settings) -> Event:
    """`SageMaker Processing Job State Change`: times are numbers of epoch milliseconds [D]."""
    times = processing_fields(job, settings)
    detail = {
        **{name: value for name, value in job.request.items() if name != "Tags"},
        "ProcessingJobArn": job.arn,
        "ProcessingJobStatus": job.status,
        **({"FailureReason": job.reason} if job.reason else {}),
        **{name: epoch_milliseconds(times[name]) for name in _PROCESSING_TIMES if times[name] is not None},
    }
    return Event("sagemaker", "SageMaker Processing Job State Change", job.arn, detail, job.modified)


def processing_fields(job: Job, _: Settings) -> dict[str, Any]:
    """What DescribeProcessingJob says beyond the request."""
    ended = job.ended if job.started is not None else None
    if job.started is not None and ended is not None and _took_too_long(job):
        limit = job.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME)
        ended = job.started + limit
    resources = job.request["ProcessingResources"]
    cluster = selected("ClusterConfig", resources.get("ClusterConfig", {}), job)
    return {
        "ProcessingResources": {**resources, **cluster},
        "ProcessingJobArn": job.arn,
        "ProcessingJobStatus": job.status,
        "FailureReason": job.reason or None,
        "ExitMessage": "exit code 1" if job.status == "Failed" and job.started is not None else None,
        "CreationTime": job.created,
        "ProcessingStartTime": job.started,
        "ProcessingEndTime": ended,
        "LastModifiedTime": job.modified,
    }


def _took_too_long(job: Job) -> bool:
    """Known to the simulator only: the API has no member for it."""
    return job.detail == "MaxRuntimeExceeded"


def processing_problems(request: Mapping[str, Any]) -> Iterator[str]:
    """What SageMaker says of a request that its model lets pass [M: the members' documentation]."""
    for position, each in enumerate(request.get("ProcessingInputs", [])):
        if ("S3Input" in each) == ("DatasetDefinition" in each):
            yield f"ProcessingInputs[{position}] must have exactly one of S3Input and DatasetDefinition"
    for position, each in enumerate(request.get("ProcessingOutputConfig", {}).get("Outputs", [])):
        if ("S3Output" in each) == ("FeatureStoreOutput" in each):
            yield f"Outputs[{position}] must have exactly one of S3Output and FeatureStoreOutput"
    yield from problems_of_selection(
        request["ProcessingResources"].get("ClusterConfig", {}), "ProcessingResources.ClusterConfig"
    )


def _cluster(request: Mapping[str, Any]) -> Mapping[str, Any]:
    cluster: Mapping[str, Any] = request.get("ProcessingResources", {}).get("ClusterConfig", {})
    return cluster


KIND = Kind(
    api=Api.PROCESSING_JOB,
    first=Step(Phase.QUEUE, 0, "InProgress"),
    paths=MappingProxyType(
        {
            Outcome.SUCCEED: (_PROCESSING, Step(Phase.RUN, 1, "Completed")),
            Outcome.PARTIAL: (_PROCESSING, Step(Phase.RUN, 1, "Completed")),
            Outcome.FAIL: _FAILED,
            **failures(_FAILED, SAGEMAKER),
            Outcome.CAPACITY: _NO_CAPACITY,
            Outcome.INTERRUPTED: _NO_CAPACITY,
            Outcome.PENDING: (),
            Outcome.STOP: (_PROCESSING, Step(Phase.RUN, 1, "Stopping"), Step(Phase.STOP, 1, "Stopped")),
            Outcome.TIMEOUT: (
                _PROCESSING,
                Step(Phase.RUN, 1, "Stopping"),
                Step(Phase.STOP, 1, "Stopped", "MaxRuntimeExceeded"),
            ),
        }
    ),
    stop=(Step(Phase.STOP, 0, "Stopping"), Step(Phase.STOP, 1, "Stopped")),
    started="Processing",
    final=FINAL,
    refusals=refusals("processing job"),
    logs=Logs(
        group="/aws/sagemaker/ProcessingJobs",
        begins="Processing",
        prefix=lambda job: f"{job.name}/",
        instances=lambda request: instances_of(_cluster(request)),
    ),
    event=processing_event,
    work=leave_files,
)

PROCESSING = Family(
    kind=KIND,
    noun="Processing",
    resource="processing-job",
    fields=processing_fields,
    problems=processing_problems,
    cluster=_cluster,
)
