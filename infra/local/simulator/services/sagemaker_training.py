"""SageMaker training jobs.

InProgress (secondary status Starting, Downloading, Training, Uploading) → Completed | Failed, Stopping →
Stopped; a run that took too long is Stopped with the secondary status MaxRuntimeExceeded [M].
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from jobchute.job import Api

from ..events import Event, epoch_milliseconds
from ..failures import SAGEMAKER, failing, failures
from ..jobs import Job, Kind, Logs, Phase, Step
from ..metrics import final_metrics
from ..scenarios import Outcome
from ..settings import Settings
from .outputs import leave_model
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

TOO_LONG = "Training job runtime exceeded MaxRuntimeInSeconds provided"

_TO_TRAINING = (
    Step(Phase.QUEUE, 1, "InProgress", "Downloading", "Downloading input data"),
    Step(Phase.RUN, 0.1, "InProgress", "Training", "Training image download completed. Training in progress."),
)
_TRAINED = (
    Step(Phase.RUN, 0.8, "InProgress", "Uploading", "Uploading generated training model"),
    Step(Phase.RUN, 0.1, "Completed", "Completed", "Training job completed"),
)
_STOPPING = Step(Phase.STOP, 0, "Stopping", "Stopping", "Stopping the training job")
_STOPPED = Step(Phase.STOP, 1, "Stopped", "Stopped", "Training job stopped")
_FAILED = (*_TO_TRAINING, Step(Phase.RUN, 0.9, "Failed", "Failed", "Training job failed", FAILED))
# The messages of capacity are SageMaker's [M: SecondaryStatusTransition].
_NO_CAPACITY = (
    Step(
        Phase.QUEUE,
        0.5,
        "InProgress",
        "Starting",
        "Insufficient capacity error from EC2 while launching instances, retrying!",
    ),
    Step(Phase.RUN, 1, "Failed", "Failed", "Training job failed", FAILED),
)
_PENDING = (Step(Phase.QUEUE, 0.5, "InProgress", "Pending", "Waiting for capacity"),)
_WAITED = "Training job wait time exceeded MaxWaitTimeInSeconds provided"
_INTERRUPTED = (
    *_TO_TRAINING,
    Step(Phase.RUN, 0.3, "InProgress", "Interrupted", "Spot instances were interrupted"),
    Step(Phase.RUN, 0.1, "InProgress", "Starting", "Starting the training job"),
    Step(Phase.RUN, 0.4, "Stopping", "Stopping", _WAITED),
    Step(Phase.STOP, 1, "Stopped", "MaxWaitTimeExceeded", _WAITED),
)
SPOT_SHARE = 0.35
"""Of its training time, so much of a spot job is billed."""
_TRAINING_TIMES = ("CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime")


def training_event(job: Job, settings: Settings) -> Event:
    """`SageMaker Training Job State Change`: times are strings of epoch milliseconds, tags a map [D]."""
    times = training_fields(job, settings)
    detail = {
        **{name: value for name, value in job.request.items() if name != "Tags"},
        "TrainingJobArn": job.arn,
        "TrainingJobStatus": job.status,
        "SecondaryStatus": job.detail,
        **({"FailureReason": job.reason} if job.reason else {}),
        **{name: str(epoch_milliseconds(times[name])) for name in _TRAINING_TIMES if times[name] is not None},
        "SecondaryStatusTransitions": [_in_milliseconds(each) for each in _transitions(job)],
        "Tags": dict(job.tags),
    }
    return Event("sagemaker", "SageMaker Training Job State Change", job.arn, detail, job.modified)


def training_fields(job: Job, _: Settings) -> dict[str, Any]:
    """What DescribeTrainingJob says beyond the request."""
    fields = {
        "TrainingJobArn": job.arn,
        "TrainingJobStatus": job.status,
        "SecondaryStatus": job.detail,
        "FailureReason": job.reason or None,
        "StoppingCondition": job.request.get("StoppingCondition", {"MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME}),
        "ModelArtifacts": {"S3ModelArtifacts": _artifacts(job)},
        "CreationTime": job.created,
        "TrainingStartTime": job.started,
        "TrainingEndTime": job.ended if job.started is not None else None,
        "LastModifiedTime": job.modified,
        "SecondaryStatusTransitions": _transitions(job),
    }
    if job.started is not None and job.ended is not None:
        seconds = max(1, round(job.ended - job.started))
        is_spot = job.request.get("EnableManagedSpotTraining")
        fields["TrainingTimeInSeconds"] = seconds
        fields["BillableTimeInSeconds"] = max(1, round(seconds * SPOT_SHARE)) if is_spot else seconds
        fields["FinalMetricDataList"] = final_metrics(job)
    return fields | selected("ResourceConfig", job.request.get("ResourceConfig", {}), job)


def training_problems(request: Mapping[str, Any]) -> Iterator[str]:
    """What SageMaker says of a request that its model lets pass [M: the members' documentation]."""
    if "ServerlessJobConfig" not in request:
        for member in ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition"):
            if member not in request:
                yield f"{member} is required for a job without ServerlessJobConfig"
    algorithm = request.get("AlgorithmSpecification")
    if algorithm is not None and ("TrainingImage" in algorithm) == ("AlgorithmName" in algorithm):
        yield "AlgorithmSpecification must have exactly one of TrainingImage and AlgorithmName"
    yield from problems_of_selection(request.get("ResourceConfig", {}), "ResourceConfig")


def _artifacts(job: Job) -> str:
    """`{S3OutputPath}/{name}/output/model.tar.gz`, without the archive where the compression is NONE [M]."""
    output = job.request["OutputDataConfig"]
    last = "model/" if output.get("CompressionType") == "NONE" else "model.tar.gz"
    return f"{output['S3OutputPath'].rstrip('/')}/{job.name}/output/{last}"


def _transitions(job: Job) -> list[dict[str, Any]]:
    following = [moment.at for moment in job.history[1:]]
    ends = [*following, job.ended]
    return [
        {
            "Status": moment.detail,
            "StartTime": moment.at,
            **({} if end is None else {"EndTime": end}),
            "StatusMessage": moment.message,
        }
        for moment, end in zip(job.history, ends, strict=True)
    ]


def _in_milliseconds(transition: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: epoch_milliseconds(value) if name.endswith("Time") else value
        for name, value in transition.items()
    }


def _cluster(request: Mapping[str, Any]) -> Mapping[str, Any]:
    cluster: Mapping[str, Any] = request.get("ResourceConfig", {})
    return cluster


KIND = Kind(
    api=Api.TRAINING_JOB,
    first=Step(Phase.QUEUE, 0, "InProgress", "Starting", "Starting the training job"),
    paths=MappingProxyType(
        {
            Outcome.SUCCEED: _TO_TRAINING + _TRAINED,
            Outcome.PARTIAL: _TO_TRAINING + _TRAINED,
            Outcome.FAIL: _FAILED,
            **failures(_FAILED, SAGEMAKER),
            Outcome.CAPACITY: failing(_NO_CAPACITY, SAGEMAKER[Outcome.CAPACITY]),
            Outcome.INTERRUPTED: _INTERRUPTED,
            Outcome.PENDING: _PENDING,
            Outcome.STOP: (*_TO_TRAINING, Step(Phase.RUN, 0.9, "Stopping", "Stopping"), _STOPPED),
            Outcome.TIMEOUT: (
                *_TO_TRAINING,
                Step(Phase.RUN, 0.9, "Stopping", "Stopping", TOO_LONG),
                Step(Phase.STOP, 1, "Stopped", "MaxRuntimeExceeded", TOO_LONG),
            ),
        }
    ),
    stop=(_STOPPING, _STOPPED),
    started="Downloading",
    final=FINAL,
    refusals=refusals("training job"),
    logs=Logs(
        group="/aws/sagemaker/TrainingJobs",
        begins="Training",
        prefix=lambda job: f"{job.name}/",
        instances=lambda request: instances_of(_cluster(request)),
    ),
    event=training_event,
    work=leave_model,
    announces_details=True,
)

TRAINING = Family(
    kind=KIND,
    noun="Training",
    resource="training-job",
    fields=training_fields,
    problems=training_problems,
    cluster=_cluster,
)
