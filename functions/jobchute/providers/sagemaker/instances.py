"""The instances that a SageMaker job used, by its description. Pure."""

from collections.abc import Mapping
from typing import Any

Described = Mapping[str, Any]


def count_of(resources: Described) -> int | None:
    """How many. resources: ResourceConfig of a training job, or ClusterConfig of a processing job."""
    groups = resources.get("InstanceGroups") or []
    count: int | None = resources.get("SelectedInstanceCount") or resources.get("InstanceCount")
    return count or sum(group.get("InstanceCount", 0) for group in groups) or None


def instances_of(resources: Described) -> dict[str, Any] | None:
    """Type and count; None for instances of several types. Of preferred instances, those that were selected."""
    groups = resources.get("InstanceGroups") or []
    types = {group.get("InstanceType") for group in groups}
    selected = resources.get("SelectedInstanceType") or resources.get("InstanceType")
    kind = selected or (types.pop() if len(types) == 1 else None)
    return {"type": kind, "count": count_of(resources) or 1} if kind else None
