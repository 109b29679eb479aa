"""What only training jobs have, of the two kinds of SageMaker's jobs."""

from collections.abc import Mapping
from typing import Any

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
    made: str | None = job.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    return made or f"{job['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job['TrainingJobName']}/output/"


def _was_timed_out(job: Mapping[str, Any]) -> bool:
    return job.get("SecondaryStatus") in TIMED_OUT


TRAINING = Kind(SPEC, "Training", "training_job", PENDING_LIMIT, _output, _was_timed_out)


def adapter_over(connections: Connections) -> SageMakerJobs:
    """The adapter of this API."""
    return TRAINING.adapter_over(connections)
