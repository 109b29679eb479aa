"""What only processing jobs have, of the two kinds of SageMaker's jobs."""

from collections.abc import Mapping
from typing import Any

from jobchute.outcomes import Cause, Result
from jobchute.providers.adapter import Connections
from jobchute.providers.sagemaker.adapter import Kind, SageMakerJobs
from jobchute.providers.sagemaker.processing_job.spec import SPEC

PENDING_LIMIT = 0
"""A processing job never says that it waits."""


def _output(job: Mapping[str, Any]) -> str | None:
    return ", ".join(_outputs(job)) or None


def _outputs(job: Mapping[str, Any]) -> list[str]:
    outputs = job.get("ProcessingOutputConfig", {}).get("Outputs", [])
    return [output["S3Output"]["S3Uri"] for output in outputs if "S3Output" in output]


def _cause_of_time_out(job: Mapping[str, Any]) -> Cause | None:
    """A processing job has no secondary status: one that ran for its whole time limit was stopped by it."""
    limit = job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
    start, end = job.get("ProcessingStartTime"), job.get("ProcessingEndTime")
    is_over = limit and start and end and (end - start).total_seconds() >= limit
    return Cause.TIMED_OUT if is_over else None


def _facts(job: Mapping[str, Any]) -> Result:
    """How long it is billed is not reported."""
    from jobchute.providers.sagemaker.instances import instances_of

    start, outputs = job.get("ProcessingStartTime"), _outputs(job)
    cluster = job.get("ProcessingResources", {}).get("ClusterConfig", {})
    return Result(
        queued_at=job.get("CreationTime"),
        started_at=start,
        ended_at=job.get("ProcessingEndTime") or job.get("LastModifiedTime"),
        instances=instances_of(cluster) if start else None,
        output=outputs[0] if len(outputs) == 1 else None,
        exit_message=job.get("ExitMessage"),
    )


PROCESSING = Kind(SPEC, PENDING_LIMIT, _output, _cause_of_time_out, _facts)


def adapter_over(connections: Connections) -> SageMakerJobs:
    """The adapter of this API."""
    return PROCESSING.adapter_over(connections)
