"""What only hyperparameter tuning jobs have, of SageMaker's kinds of job."""

from collections.abc import Mapping
from typing import Any

from jobchute.outcomes import Cause, Result
from jobchute.providers.adapter import Connections
from jobchute.providers.sagemaker.adapter import Kind, SageMakerJobs
from jobchute.providers.sagemaker.tuning_job.spec import SPEC
from jobchute.providers.spec import DAY

PENDING_LIMIT = 28 * DAY
"""The most of MaxPendingTimeInSeconds (StoppingCondition), for which its first training jobs may wait."""


def _is_waiting(job: Mapping[str, Any]) -> bool:
    """No training job was started yet."""
    return not any(job.get("TrainingJobStatusCounters", {"unknown": 1}).values())


def _output(job: Mapping[str, Any]) -> str | None:
    """The model of the best training job; until there is one, the folder of all of them."""
    return _best_model(job) or _folder(job)


def _folder(job: Mapping[str, Any]) -> str | None:
    """Of the definition of the best training job; of the first one, until there is a best."""
    definitions = job.get("TrainingJobDefinitions") or [job.get("TrainingJobDefinition", {})]
    best = job.get("BestTrainingJob", {}).get("TrainingJobDefinitionName")
    chosen = [each for each in definitions if each.get("DefinitionName") == best] or definitions
    folder: str | None = chosen[0].get("OutputDataConfig", {}).get("S3OutputPath")
    return folder


def _best_model(job: Mapping[str, Any]) -> str | None:
    best, folder = job.get("BestTrainingJob", {}).get("TrainingJobName"), _folder(job)
    return f"{folder.rstrip('/')}/{best}/output/model.tar.gz" if best and folder else None


def _time_out(job: Mapping[str, Any]) -> Cause | None:
    """A job that ran for its whole MaxRuntimeInSeconds was stopped by it."""
    limit = job.get("HyperParameterTuningJobConfig", {}).get("ResourceLimits", {}).get("MaxRuntimeInSeconds")
    ran = job.get("ConsumedResources", {}).get("RuntimeInSeconds")
    return Cause.TIMED_OUT if limit and ran and ran >= limit else None


def _facts(job: Mapping[str, Any]) -> Result:
    """What its training jobs are billed is not reported, nor when the first of them started."""
    metric = job.get("BestTrainingJob", {}).get("FinalHyperParameterTuningJobObjectiveMetric")
    return Result(
        queued_at=job.get("CreationTime"),
        ended_at=job.get("HyperParameterTuningEndTime") or job.get("LastModifiedTime"),
        metrics={metric["MetricName"]: metric["Value"]} if metric else None,
        model=_best_model(job),
        output=_folder(job),
    )


TUNING = Kind(SPEC, PENDING_LIMIT, _output, _time_out, _facts, _is_waiting)


def adapter_over(connections: Connections) -> SageMakerJobs:
    """The adapter of this API."""
    return TUNING.adapter_over(connections)
