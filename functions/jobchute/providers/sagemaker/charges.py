"""The instances of SageMaker's jobs, in each of the ways that a request asks for them."""

from typing import Any

from jobchute.job import Document
from jobchute.providers.charges import Instances, number

TRAINING, PROCESSING, TRANSFORM = "sagemaker:training", "sagemaker:processing", "sagemaker:transform"


def alternatives(kind: str, cluster: Document) -> tuple[tuple[Instances, ...], ...]:
    """cluster: the request's ResourceConfig, ClusterConfig or TransformResources, or what stands for it.

    InstanceGroups run together. Of InstancePreferences and InstanceConfigs, SageMaker takes one. Instances with
    storage of their own have no volume, and cost no more than this.
    """
    volume = number(cluster, "VolumeSizeInGB")
    groups: list[dict[str, Any]] = cluster.get("InstanceGroups") or []
    if groups:
        return (tuple(_instances(kind, group, 1, volume) for group in groups),)
    count = number(cluster, "InstanceCount", 1)
    choices: list[dict[str, Any]] = cluster.get("InstancePreferences") or cluster.get("InstanceConfigs") or []
    if choices:
        return tuple((_instances(kind, each, count, volume),) for each in choices)
    return ((_instances(kind, cluster, count, volume),),) if "InstanceType" in cluster else ()


def _instances(kind: str, members: Document, count: int, volume: int) -> Instances:
    gigabytes = number(members, "VolumeSizeInGB", volume)
    return Instances(kind, str(members["InstanceType"]), number(members, "InstanceCount", count), gigabytes)
