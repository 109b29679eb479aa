"""SageMaker's two kinds of job: their states, their events, and what Describe says beyond the request.

Training: InProgress (secondary status Starting, Downloading, Training, Uploading) → Completed | Failed,
Stopping → Stopped; a run that took too long is Stopped with the secondary status MaxRuntimeExceeded [M].
Processing has no secondary status: a run that took too long is Stopped [I], recognizable by its length alone,
so its times are reported `MaxRuntimeInSeconds` apart although simulated time is short.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from .apis import Api
from .errors import ServiceError, SimulatorError
from .events import Event, epoch_milliseconds
from .jobs import Job, Kind, Phase, Step
from .scenarios import Outcome, Refusal
from .settings import Settings

FAILED = "AlgorithmError: See job logs for more information (simulated)"
TOO_LONG = "Training job runtime exceeded MaxRuntimeInSeconds provided"
DEFAULT_MAX_RUNTIME = 86400  # seconds, where the request gives none [M]

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
_FINAL = frozenset({"Completed", "Failed", "Stopped"})


def _refusals(use: str) -> Mapping[Refusal, Callable[[], SimulatorError]]:
    """The throttling is not modelled [T]; the quota's text is AWS's, with a limit that others' jobs use up
    [T].
    """
    quota = (
        f"The account-level service limit 'ml.m5.xlarge for {use} usage' is 4 Instances, "
        "with current utilization of 4 Instances and a request delta of 1 Instances. "
        "Please use AWS Service Quotas to request an increase for this quota."
    )
    return MappingProxyType(
        {
            Refusal.THROTTLE: partial(ServiceError, "ThrottlingException", "Rate exceeded"),
            Refusal.QUOTA: partial(ServiceError, "ResourceLimitExceeded", quota),
            Refusal.UNAVAILABLE: partial(
                ServiceError, "ServiceUnavailable", "Service is unavailable", status=503
            ),
        }
    )


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
        fields["TrainingTimeInSeconds"] = fields["BillableTimeInSeconds"] = max(
            1, round(job.ended - job.started)
        )
    return fields


def processing_fields(job: Job, _: Settings) -> dict[str, Any]:
    """What DescribeProcessingJob says beyond the request."""
    ended = job.ended if job.started is not None else None
    if job.started is not None and ended is not None and _took_too_long(job):
        limit = job.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME)
        ended = job.started + limit
    return {
        "ProcessingJobArn": job.arn,
        "ProcessingJobStatus": job.status,
        "FailureReason": job.reason or None,
        "ExitMessage": "exit code 1" if job.status == "Failed" else None,
        "CreationTime": job.created,
        "ProcessingStartTime": job.started,
        "ProcessingEndTime": ended,
        "LastModifiedTime": job.modified,
    }


_TRAINING_TIMES = ("CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime")
_PROCESSING_TIMES = ("CreationTime", "ProcessingStartTime", "ProcessingEndTime", "LastModifiedTime")

TRAINING = Kind(
    api=Api.TRAINING_JOB,
    first=Step(Phase.QUEUE, 0, "InProgress", "Starting", "Starting the training job"),
    paths=MappingProxyType(
        {
            Outcome.SUCCEED: _TO_TRAINING + _TRAINED,
            Outcome.PARTIAL: _TO_TRAINING + _TRAINED,
            Outcome.FAIL: (
                *_TO_TRAINING,
                Step(Phase.RUN, 0.9, "Failed", "Failed", "Training job failed", FAILED),
            ),
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
    final=_FINAL,
    refusals=_refusals("training job"),
    event=training_event,
    announces_details=True,
)

_PROCESSING = Step(Phase.QUEUE, 1, "InProgress", "Processing")

PROCESSING = Kind(
    api=Api.PROCESSING_JOB,
    first=Step(Phase.QUEUE, 0, "InProgress"),
    paths=MappingProxyType(
        {
            Outcome.SUCCEED: (_PROCESSING, Step(Phase.RUN, 1, "Completed")),
            Outcome.PARTIAL: (_PROCESSING, Step(Phase.RUN, 1, "Completed")),
            Outcome.FAIL: (_PROCESSING, Step(Phase.RUN, 1, "Failed", reason=FAILED)),
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
    final=_FINAL,
    refusals=_refusals("processing job"),
    event=processing_event,
)


def _took_too_long(job: Job) -> bool:
    """Known to the simulator only: the API has no member for it."""
    return job.detail == "MaxRuntimeExceeded"


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
