"""Rules about the storage of SageMaker's instances."""

from collections.abc import Iterable, Iterator

from jobchute.problems import Problem
from jobchute.validation.codes import Code
from jobchute.validation.rules import Fields, fields, items
from jobchute.validation.wording import listed, shown

# Families with instance store volumes, by EC2's DescribeInstanceTypes (InstanceStorageSupported); a test
# compares them with what moto has of its answers, for every instance type of SageMaker's model.
LOCAL_STORAGE = frozenset(
    (
        "g4dn",
        "g5",
        "g6",
        "g6e",
        "g7",
        "g7e",
        "p3dn",
        "p4d",
        "p4de",
        "p5",
        "p5e",
        "p5en",
        "p6-b200",
        "p6-b300",
        "p6e-gb200",
        "r5d",
        "trn1",
        "trn1n",
        "trn2",
    )
)


def has_local_storage(instance_type: str) -> bool:
    """Whether an instance type (`ml.g5.xlarge`) has disks of its own, so that SageMaker adds no volume."""
    _, _, rest = instance_type.partition(".")
    return rest.partition(".")[0] in LOCAL_STORAGE


def instances_key_needs_a_volume(request: Fields) -> Iterable[Problem]:
    """VolumeKmsKeyId is not for instance types with local storage alone.

    Source: model documentation of ResourceConfig$VolumeKmsKeyId ("You can't request a VolumeKmsKeyId when
    using an instance type with local storage") and of $VolumeSizeInGB; EC2's list of instance store volumes.
    """
    return _key_problems(fields(request.get("ResourceConfig")), "request.ResourceConfig")


def cluster_key_needs_a_volume(request: Fields) -> Iterable[Problem]:
    """VolumeKmsKeyId is not for instance types with local storage alone.

    Source: model documentation of ProcessingClusterConfig$VolumeKmsKeyId and $VolumeSizeInGB; EC2's list of
    instance store volumes.
    """
    config = fields(fields(request.get("ProcessingResources")).get("ClusterConfig"))
    return _key_problems(config, "request.ProcessingResources.ClusterConfig")


def transform_key_needs_a_volume(request: Fields) -> Iterable[Problem]:
    """VolumeKmsKeyId is not for instance types with local storage alone.

    Source: model documentation of TransformResources$VolumeKmsKeyId; EC2's list of instance store volumes.
    """
    return _key_problems(fields(request.get("TransformResources")), "request.TransformResources")


def _key_problems(resources: Fields, path: str) -> Iterator[Problem]:
    """Where some of the types have a volume, the key is for that: AWS's own SDK sends it then, too."""
    types = _instance_types(resources)
    if resources.get("VolumeKmsKeyId") and types and all(map(has_local_storage, types)):
        names = listed([shown(each) for each in types])
        message = (
            f"{names} has local storage, which is encrypted by hardware on the instance and takes no key. "
            "Remove VolumeKmsKeyId, or choose an instance type without local storage."
        )
        yield Problem(f"{path}.VolumeKmsKeyId", Code.EXCLUSIVE, message)


def _instance_types(resources: Fields) -> list[str]:
    """The instance types that the resources name, in any of the three ways."""
    lists = ("InstanceGroups", "InstancePreferences")
    named = [resources.get("InstanceType")]
    named += [item.get("InstanceType") for name in lists for _, item in items(resources.get(name))]
    return [each for each in named if isinstance(each, str)]
