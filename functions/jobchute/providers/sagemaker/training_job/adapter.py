"""What only training jobs have, of the two kinds of SageMaker's jobs."""

from collections.abc import Mapping
from typing import Any

from jobchute.outcomes import Cause, Result
from jobchute.providers.adapter import Connections
from jobchute.providers.sagemaker.adapter import Kind, SageMakerJobs
from jobchute.providers.sagemaker.training_job.spec import SPEC
from jobchute.providers.spec import DAY

# SecondaryStatus of a training job that its own limits stopped (DescribeTrainingJob).
TIMED_OUT = frozenset({"MaxRuntimeExceeded", "MaxWaitTimeExceeded"})
PENDING_LIMIT = 28 * DAY
"""The most of MaxPendingTimeInSeconds (StoppingCondition). A job of a training plan is Pending until the plan
begins, which does not count towards that member."""


def _output(job: Mapping[str, Any]) -> str | None:
    """Known before the end too: `{S3OutputPath}/{name}/output/model.tar.gz`."""
    return _model(job) or _output_folder(job)


def _model(job: Mapping[str, Any]) -> str | None:
    made: str | None = job.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    return made


def _output_folder(job: Mapping[str, Any]) -> str:
    return f"{job['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job['TrainingJobName']}/output/"


def _cause_of_time_out(job: Mapping[str, Any]) -> Cause | None:
    """A spot job whose wait was too long was interrupted at least once, or never got enough capacity."""
    if job.get("SecondaryStatus") != "MaxWaitTimeExceeded":
        return Cause.TIMED_OUT if job.get("SecondaryStatus") in TIMED_OUT else None
    transitions = job.get("SecondaryStatusTransitions", [])
    was_interrupted = any(each.get("Status") == "Interrupted" for each in transitions)
    return Cause.INTERRUPTED if was_interrupted else Cause.CAPACITY


def _facts(job: Mapping[str, Any]) -> Result:
    """Of a job that never started, start and billable time are not reported (DescribeTrainingJob)."""
    from jobchute.providers.sagemaker.instances import count_of, instances_of

    start, resources = job.get("TrainingStartTime"), job.get("ResourceConfig", {})
    seconds, tokens = job.get("BillableTimeInSeconds"), job.get("BillableTokenCount")
    metrics = job.get("FinalMetricDataList", [])
    return Result(
        queued_at=job.get("CreationTime"),
        started_at=start,
        ended_at=job.get("TrainingEndTime") or job.get("LastModifiedTime"),
        # "Multiply BillableTimeInSeconds by the number of instances" (DescribeTrainingJob).
        billable_seconds=None if seconds is None else seconds * (count_of(resources) or 1),
        instances=instances_of(resources) if start else None,
        tokens=None if tokens is None else {"billable": tokens},
        metrics={each["MetricName"]: each["Value"] for each in metrics if "Value" in each},
        model=_model(job),
        output=_output_folder(job),
    )


TRAINING = Kind(SPEC, PENDING_LIMIT, _output, _cause_of_time_out, _facts)


def adapter_over(connections: Connections) -> SageMakerJobs:
    """The adapter of this API."""
    return TRAINING.adapter_over(connections)
