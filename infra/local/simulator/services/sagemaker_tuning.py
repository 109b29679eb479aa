"""SageMaker hyperparameter tuning jobs.

InProgress → Completed | Failed, Stopping → Stopped. They have no secondary status, but counters of their
training jobs. These are simulated as counters, names, outputs and log streams; none of them can be described.
A missing job is a ResourceNotFound; names are the same in large and small letters [M].
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from jobchute.job import Api

from ..events import Event, epoch_milliseconds
from ..failures import SAGEMAKER, failing
from ..jobs import Job, Kind, Logs, Phase, Step
from ..scenarios import Outcome
from ..settings import Settings
from ..storage import Storage, archive
from .sagemaker_family import FINAL, Family, instances_of, problems_of_selection, refusals

NONE_SUCCEEDED = (
    "No training job succeeded after 5 attempts. Please take a look at the list of training jobs to get "
    "failure reasons."
)
_TUNING = Step(Phase.QUEUE, 1, "InProgress", "Tuning")
_FAILED = failing((_TUNING, Step(Phase.RUN, 1, "Failed")), NONE_SUCCEEDED)
_TIMES = ("CreationTime", "LastModifiedTime", "HyperParameterTuningEndTime")
_DONE, _OUTPUT = "model.json", "output/model.tar.gz"


def tuning_event(job: Job, settings: Settings) -> Event:
    """`SageMaker HyperParameter Tuning Job State Change`: times are numbers of epoch milliseconds [D]."""
    fields = tuning_fields(job, settings)
    detail = {
        **{name: value for name, value in job.request.items() if name != "Tags"},
        **{name: value for name, value in fields.items() if name not in (*_TIMES, "BestTrainingJob")},
        **{name: epoch_milliseconds(fields[name]) for name in _TIMES if fields[name] is not None},
        "Tags": dict(job.tags),
    }
    detail = {name: value for name, value in detail.items() if value is not None}
    return Event("sagemaker", "SageMaker HyperParameter Tuning Job State Change", job.arn, detail, job.modified)


def tuning_fields(job: Job, _: Settings) -> dict[str, Any]:
    """What DescribeHyperParameterTuningJob says beyond the request; the list has the counters, too [M]."""
    limits = _limits(job.request)
    ran = None if job.ended is None else max(1, round(job.ended - job.created))
    if job.detail == "MaxRuntimeExceeded":
        ran = limits.get("MaxRuntimeInSeconds", ran)
    return {
        "HyperParameterTuningJobArn": job.arn,
        "HyperParameterTuningJobStatus": job.status,
        "Strategy": job.request["HyperParameterTuningJobConfig"]["Strategy"],
        "ResourceLimits": limits,
        "FailureReason": job.reason or None,
        "CreationTime": job.created,
        "HyperParameterTuningEndTime": job.ended,
        "LastModifiedTime": job.modified,
        **_counters(job),
        "BestTrainingJob": _best(job),
        "ConsumedResources": None if ran is None else {"RuntimeInSeconds": ran},
    }


def _counters(job: Job) -> dict[str, dict[str, int]]:
    """Before it tunes, all are 0 [I]; in between, as many run as may; a stopped job stops those [D]."""
    most, parallel = _number(job), _limits(job.request)["MaxParallelTrainingJobs"]
    running = min(parallel, most) if job.started is not None else 0
    counted = {"Completed": 0, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0, "Stopped": 0}
    objectives = {"Succeeded": 0, "Pending": running, "Failed": 0}
    if job.status == "Completed":
        counted, objectives = counted | {"Completed": most}, {"Succeeded": most, "Pending": 0, "Failed": 0}
    elif job.status == "Failed":
        counted, objectives = counted | {"NonRetryableError": 5}, {"Succeeded": 0, "Pending": 0, "Failed": 5}
    elif job.status == "Stopped":
        counted, objectives = counted | {"Stopped": running}, {"Succeeded": 0, "Pending": 0, "Failed": running}
    else:
        counted["InProgress"] = running
    return {"TrainingJobStatusCounters": counted, "ObjectiveStatusCounters": objectives}


def _best(job: Job) -> dict[str, Any] | None:
    """None until a training job has succeeded [M]."""
    if job.status != "Completed":
        return None
    definition, config = _definition(job.request), job.request["HyperParameterTuningJobConfig"]
    objective = definition.get("TuningObjective") or config.get("HyperParameterTuningJobObjective")
    name = _child(job, 1)
    best: dict[str, Any] = {
        "TrainingJobName": name,
        "TrainingJobArn": job.arn.replace(f"hyper-parameter-tuning-job/{job.name}", f"training-job/{name}"),
        "TrainingJobDefinitionName": definition.get("DefinitionName"),
        "CreationTime": job.created,
        "TrainingJobStatus": "Completed",
        "TunedHyperParameters": {},
        "ObjectiveStatus": "Succeeded",
    }
    if objective:
        value = round(zlib.crc32(json.dumps(job.request, sort_keys=True).encode()) / 2**32, 4)
        best["FinalHyperParameterTuningJobObjectiveMetric"] = {**objective, "Value": value}
    return best


def tuning_problems(request: Mapping[str, Any]) -> Iterator[str]:
    """What SageMaker says of a request that its model lets pass [M: the members' documentation]."""
    if ("TrainingJobDefinition" in request) == ("TrainingJobDefinitions" in request):
        yield "exactly one of TrainingJobDefinition and TrainingJobDefinitions is required"
        return
    for definition in _definitions(request):
        yield from problems_of_selection(definition.get("ResourceConfig", {}), "ResourceConfig")
    config = request["HyperParameterTuningJobConfig"]
    if config["Strategy"] == "Hyperband" and config.get("TrainingJobEarlyStoppingType") == "Auto":
        yield "TrainingJobEarlyStoppingType must be Off to use Hyperband"


def leave_models(job: Job, step: Step, storage: Storage) -> Step:
    """A model of each training job, below the folder of the first definition."""
    if step.status == "Completed":
        folder = _definition(job.request)["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        for number in range(1, min(_number(job), 20) + 1):
            packed = archive({_DONE: json.dumps({"simulated": number}).encode()})
            storage.write(f"{folder}/{_child(job, number)}/{_OUTPUT}", packed)
    return step


def _child(job: Job, number: int) -> str:
    """`NAME-NNN-` and eight hexadecimal digits [T]."""
    return f"{job.name}-{number:03}-{zlib.crc32(f'{job.arn}/{number}'.encode()):08x}"


def _number(job: Job) -> int:
    limits = _limits(job.request)
    most: int = limits.get("MaxNumberOfTrainingJobs", limits["MaxParallelTrainingJobs"])
    return most


def _limits(request: Mapping[str, Any]) -> Mapping[str, Any]:
    limits: Mapping[str, Any] = request["HyperParameterTuningJobConfig"]["ResourceLimits"]
    return limits


def _definitions(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    single = request.get("TrainingJobDefinition")
    return [single] if single else [*request.get("TrainingJobDefinitions", [])]


def _definition(request: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(iter(_definitions(request)), {})


def _cluster(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of the first definition."""
    definition = _definition(request)
    large: Mapping[str, Any] = definition.get("HyperParameterTuningResourceConfig", {})
    cluster: Mapping[str, Any] = definition.get("ResourceConfig") or next(
        iter(large.get("InstanceConfigs", [])), large
    )
    return cluster


KIND = Kind(
    api=Api.TUNING_JOB,
    first=Step(Phase.QUEUE, 0, "InProgress"),
    paths=MappingProxyType(
        {
            Outcome.SUCCEED: (_TUNING, Step(Phase.RUN, 1, "Completed")),
            Outcome.PARTIAL: (_TUNING, Step(Phase.RUN, 1, "Completed")),
            Outcome.FAIL: _FAILED,
            Outcome.INTERNAL: failing(_FAILED, SAGEMAKER[Outcome.INTERNAL]),
            Outcome.PENDING: (),
            Outcome.STOP: (_TUNING, Step(Phase.RUN, 1, "Stopping"), Step(Phase.STOP, 1, "Stopped")),
            Outcome.TIMEOUT: (
                _TUNING,
                Step(Phase.RUN, 1, "Stopping"),
                Step(Phase.STOP, 1, "Stopped", "MaxRuntimeExceeded"),
            ),
        }
    ),
    stop=(Step(Phase.STOP, 0, "Stopping"), Step(Phase.STOP, 1, "Stopped")),
    started="Tuning",
    final=FINAL,
    refusals=refusals("training job"),
    logs=Logs(
        group="/aws/sagemaker/TrainingJobs",
        begins="Tuning",
        prefix=lambda job: f"{_child(job, 1)}/",
        instances=lambda request: instances_of(_cluster(request)),
    ),
    event=tuning_event,
    work=leave_models,
)

TUNING = Family(
    kind=KIND,
    noun="HyperParameterTuning",
    resource="hyper-parameter-tuning-job",
    fields=tuning_fields,
    problems=tuning_problems,
    cluster=_cluster,
    not_found="ResourceNotFound",
    key=str.lower,
)
