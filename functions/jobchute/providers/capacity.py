"""What a provider counts a job by, beside the API itself: its device, model, instance type or node pool."""

from collections.abc import Mapping

from jobchute.job import Api, Document
from jobchute.providers.members import values_at

MAX_CAPACITY_BYTES = 512
"""A pool's name is a key of the table, which holds 1,024 bytes (DynamoDB, sort keys)."""

CAPACITY: Mapping[Api, tuple[str, ...]] = {
    Api.BRAKET_JOB: ("deviceConfig.device",),
    Api.BEDROCK_JOB: ("modelId",),
    Api.TRAINING_JOB: (
        "ResourceConfig.InstanceType",
        "ResourceConfig.InstanceGroups[].InstanceType",
        "ResourceConfig.InstancePreferences[].InstanceType",
    ),
    Api.PROCESSING_JOB: (
        "ProcessingResources.ClusterConfig.InstanceType",
        "ProcessingResources.ClusterConfig.InstancePreferences[].InstanceType",
    ),
    Api.FIREWORKS_JOB: ("nodePoolId",),
}
"""Members of the request; the first that is there counts, and of a list its first item."""


def capacity_of(api: Api, request: Document) -> str:
    """Empty where the request names none. What is longer than MAX_CAPACITY_BYTES in UTF-8 is cut."""
    found = (value for path in CAPACITY[api] for _, value in values_at(request, path))
    return str(next(found, "")).encode()[:MAX_CAPACITY_BYTES].decode(errors="ignore")
