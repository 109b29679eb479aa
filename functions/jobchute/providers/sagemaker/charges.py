"""The instances of SageMaker's jobs, in each of the ways that a request asks for them."""

from typing import Any

from jobchute.job import Document
from jobchute.providers.charges import Instances, number

TRAINING, PROCESSING, TRANSFORM = "sagemaker:training", "sagemaker:processing", "sagemaker:transform"


def alternatives(kind: str, cluster: Document) -> tuple[tuple[Instances, ...], ...]:
    """cluster: the request's ResourceConfig, ClusterConfig or TransformResources.

    InstanceGroups run together. Of InstancePreferences, SageMaker takes one. A volume is the same for all;
    instances with storage of their own have none, and cost no more than this.
    """
    volume = number(cluster, "VolumeSizeInGB")
    groups: list[dict[str, Any]] = cluster.get("InstanceGroups") or []
    if groups:
        return (tuple(_instances(kind, group, 1, volume) for group in groups),)
    count = number(cluster, "InstanceCount", 1)
    preferences: list[dict[str, Any]] = cluster.get("InstancePreferences") or []
    if preferences:
        return tuple((_instances(kind, each, count, volume),) for each in preferences)
    return ((_instances(kind, cluster, count, volume),),) if "InstanceType" in cluster else ()


def _instances(kind: str, members: Document, count: int, volume: int) -> Instances:
    return Instances(kind, str(members["InstanceType"]), number(members, "InstanceCount", count), volume)
