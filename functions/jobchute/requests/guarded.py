"""Where a request names what a deployment may limit: one table an API.

A path is members with dots between them; `[]` stands for every item of a list, as in `Outputs[].S3Uri`.
A test walks the request models and fails when a member of such a kind stands in no table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from jobchute.job import Api

DAY = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTime:
    """How long a job may run by its request.

    path: the member that says so, None where the API has none; unit: its seconds.
    default: seconds by the provider, or by Jobchute where the provider has no limit.
    """

    path: str | None
    default: int
    unit: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """The members of one API's request.

    inputs: where a job reads or looks for what is there; outputs: where it writes. Both where it does both.
    counts: numbers of instances, each for the whole job; groups: lists whose items' counts add up.
    tags, most_tags: the job's tags at its provider, and how many it takes; most_tags 0 where it counts none.
    """

    roles: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    instance_types: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    groups: Mapping[str, str] | None = None
    run_time: RunTime
    tags: str = ""
    most_tags: int = 0


GUARDED: Mapping[Api, Guarded] = {
    Api.BRAKET_JOB: Guarded(
        roles=("roleArn",),
        inputs=(
            "algorithmSpecification.scriptModeConfig.s3Uri",
            "inputDataConfig[].dataSource.s3DataSource.s3Uri",
            "checkpointConfig.s3Uri",
        ),
        outputs=("outputDataConfig.s3Path", "checkpointConfig.s3Uri"),
        instance_types=("instanceConfig.instanceType",),
        devices=("deviceConfig.device",),
        counts=("instanceConfig.instanceCount",),
        run_time=RunTime(path="stoppingCondition.maxRuntimeInSeconds", default=5 * DAY),
        tags="tags",
        most_tags=50,
    ),
    Api.BEDROCK_JOB: Guarded(
        roles=("roleArn",),
        inputs=("inputDataConfig.s3InputDataConfig.s3Uri",),
        outputs=("outputDataConfig.s3OutputDataConfig.s3Uri",),
        run_time=RunTime(path="timeoutDurationInHours", default=7 * DAY, unit=3600),
        tags="tags",
        most_tags=200,
    ),
    Api.TRAINING_JOB: Guarded(
        roles=("RoleArn",),
        inputs=("InputDataConfig[].DataSource.S3DataSource.S3Uri", "CheckpointConfig.S3Uri"),
        outputs=(
            "OutputDataConfig.S3OutputPath",
            "CheckpointConfig.S3Uri",
            "DebugHookConfig.S3OutputPath",
            "DebugRuleConfigurations[].S3OutputPath",
            "TensorBoardOutputConfig.S3OutputPath",
            "ProfilerConfig.S3OutputPath",
            "ProfilerRuleConfigurations[].S3OutputPath",
        ),
        instance_types=(
            "ResourceConfig.InstanceType",
            "ResourceConfig.InstanceGroups[].InstanceType",
            "ResourceConfig.InstancePreferences[].InstanceType",
            "DebugRuleConfigurations[].InstanceType",
            "ProfilerRuleConfigurations[].InstanceType",
        ),
        counts=("ResourceConfig.InstanceCount", "ResourceConfig.InstancePreferences[].InstanceCount"),
        groups={"ResourceConfig.InstanceGroups": "InstanceCount"},
        run_time=RunTime(path="StoppingCondition.MaxRuntimeInSeconds", default=DAY),
        tags="Tags",
        most_tags=50,
    ),
    Api.PROCESSING_JOB: Guarded(
        roles=("RoleArn", "ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.ClusterRoleArn"),
        inputs=("ProcessingInputs[].S3Input.S3Uri",),
        outputs=(
            "ProcessingOutputConfig.Outputs[].S3Output.S3Uri",
            "ProcessingInputs[].DatasetDefinition.AthenaDatasetDefinition.OutputS3Uri",
            "ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.OutputS3Uri",
        ),
        instance_types=(
            "ProcessingResources.ClusterConfig.InstanceType",
            "ProcessingResources.ClusterConfig.InstancePreferences[].InstanceType",
        ),
        counts=(
            "ProcessingResources.ClusterConfig.InstanceCount",
            "ProcessingResources.ClusterConfig.InstancePreferences[].InstanceCount",
        ),
        run_time=RunTime(path="StoppingCondition.MaxRuntimeInSeconds", default=DAY),
        tags="Tags",
        most_tags=50,
    ),
    Api.FIREWORKS_JOB: Guarded(
        roles=("role",),
        # One host a rank on CPU node pools; on GPU node pools a rank is a GPU.
        counts=("numRanks",),
        run_time=RunTime(path=None, default=7 * DAY),
    ),
}


def values_at(request: object, path: str) -> Iterator[tuple[str, object]]:
    """The values of a request at a path, each with its own path (`request.Outputs[1].S3Output.S3Uri`)."""
    return _values(request, _steps(path), "request")


def _values(value: object, steps: tuple[str, ...], at: str) -> Iterator[tuple[str, object]]:
    if not steps:
        yield at, value
    elif steps[0] == "[]":
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from _values(item, steps[1:], f"{at}[{index}]")
    elif isinstance(value, dict) and steps[0] in value:
        yield from _values(value[steps[0]], steps[1:], f"{at}.{steps[0]}")


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.replace("[]", ".[]").split("."))
