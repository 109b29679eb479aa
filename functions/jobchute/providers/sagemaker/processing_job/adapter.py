"""What only processing jobs have, of the two kinds of SageMaker's jobs."""

from collections.abc import Mapping
from typing import Any

from jobchute.providers.adapter import Connections
from jobchute.providers.sagemaker.adapter import Kind, SageMakerJobs
from jobchute.providers.sagemaker.processing_job.spec import SPEC

PENDING_LIMIT = 0
"""A processing job never says that it waits."""


def _output(job: Mapping[str, Any]) -> str | None:
    outputs = job.get("ProcessingOutputConfig", {}).get("Outputs", [])
    uris = [output["S3Output"]["S3Uri"] for output in outputs if "S3Output" in output]
    return ", ".join(uris) or None


def _was_timed_out(job: Mapping[str, Any]) -> bool:
    """A processing job has no secondary status: one that ran for its whole time limit was stopped by it."""
    limit = job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
    start, end = job.get("ProcessingStartTime"), job.get("ProcessingEndTime")
    return bool(limit and start and end and (end - start).total_seconds() >= limit)


PROCESSING = Kind(SPEC, "Processing", "processing_job", PENDING_LIMIT, _output, _was_timed_out)


def adapter_over(connections: Connections) -> SageMakerJobs:
    """The adapter of this API."""
    return PROCESSING.adapter_over(connections)
