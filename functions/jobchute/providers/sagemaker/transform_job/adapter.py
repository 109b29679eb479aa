"""What only batch transform jobs have, of SageMaker's kinds of job."""

from collections.abc import Mapping
from typing import Any

from jobchute.outcomes import Result
from jobchute.providers.adapter import Connections
from jobchute.providers.sagemaker.adapter import Kind, SageMakerJobs
from jobchute.providers.sagemaker.transform_job.spec import SPEC

PENDING_LIMIT = 0
"""A transform job never says that it waits: ListTransformJobs does not report start times."""


def _output(job: Mapping[str, Any]) -> str | None:
    output: str | None = job.get("TransformOutput", {}).get("S3OutputPath")
    return output


def _time_out(job: Mapping[str, Any]) -> None:  # noqa: ARG001 - the API has no time limit
    return None


def _facts(job: Mapping[str, Any]) -> Result:
    """Billed from its start to its end, on each instance (DescribeTransformJob, TransformStartTime)."""
    from jobchute.providers.sagemaker.instances import count_of, instances_of

    start, end = job.get("TransformStartTime"), job.get("TransformEndTime")
    resources = job.get("TransformResources", {})
    seconds = int((end - start).total_seconds()) if start and end else None
    return Result(
        queued_at=job.get("CreationTime"),
        started_at=start,
        ended_at=end,
        billable_seconds=None if seconds is None else seconds * (count_of(resources) or 1),
        instances=instances_of(resources) if start else None,
        output=_output(job),
    )


TRANSFORM = Kind(SPEC, PENDING_LIMIT, _output, _time_out, _facts)


def adapter_over(connections: Connections) -> SageMakerJobs:
    """The adapter of this API."""
    return TRANSFORM.adapter_over(connections)
