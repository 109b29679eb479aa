"""Where a request names what a deployment may limit: one table an API.

A path is members with dots between them; `[]` stands for every item of a list, as in `Outputs[].S3Uri`.
A test walks the request models and fails for a member that is neither here nor listed, with its reason, as
not limited in docs/guard-rails.md.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from jobchute.job import Api

DAY = 24 * 3600


class RunTime(NamedTuple):
    """How long a job may run by its request.

    path: the member that says so, None where the API has none; unit: its seconds.
    default: seconds by the provider, or by Jobchute where the provider has no limit.
    """

    path: str | None
    default: int
    unit: int = 1


class Guarded(NamedTuple):
    """The members of one API's request.

    inputs: where a job reads or looks for what is there; outputs: where it writes. Both where it does both.
    counts: numbers of instances, each for the whole job; groups: lists whose items' counts add up.
    images: what runs: container images, and what stands for one. models: what is trained, evaluated or asked.
    destinations: where a job writes that is not S3. vpc: the VPC of the job; subnets and security_groups in it.
    volumes: gigabytes of one instance's storage. keep_alive: seconds that instances wait for the next job.
    remote_debug: whether the container may be entered. serverless: what leaves instances to SageMaker.
    tags, most_tags: the job's tags at its provider, and how many it takes; most_tags 0 where it counts none.
    """

    roles: tuple[str, ...]
    run_time: RunTime
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    instance_types: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    groups: Mapping[str, str] | None = None
    images: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    vpc: str = ""
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    keep_alive: tuple[str, ...] = ()
    remote_debug: str = ""
    serverless: str = ""
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
        images=("algorithmSpecification.containerImage.uri",),
        volumes=("instanceConfig.volumeSizeInGb",),
        run_time=RunTime(path="stoppingCondition.maxRuntimeInSeconds", default=5 * DAY),
        tags="tags",
        most_tags=50,
    ),
    Api.BEDROCK_JOB: Guarded(
        roles=("roleArn",),
        inputs=("inputDataConfig.s3InputDataConfig.s3Uri",),
        outputs=("outputDataConfig.s3OutputDataConfig.s3Uri",),
        models=("modelId",),
        vpc="vpcConfig",
        subnets=("vpcConfig.subnetIds[]",),
        security_groups=("vpcConfig.securityGroupIds[]",),
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
        images=(
            "AlgorithmSpecification.TrainingImage",
            "AlgorithmSpecification.AlgorithmName",
            "DebugRuleConfigurations[].RuleEvaluatorImage",
            "ProfilerRuleConfigurations[].RuleEvaluatorImage",
        ),
        models=(
            "InputDataConfig[].DataSource.S3DataSource.HubAccessConfig.HubContentArn",
            "ServerlessJobConfig.BaseModelArn",
            "ServerlessJobConfig.EvaluatorArn",
            "ModelPackageConfig.SourceModelPackageArn",
        ),
        destinations=("MlflowConfig.MlflowResourceArn", "ModelPackageConfig.ModelPackageGroupArn"),
        vpc="VpcConfig",
        subnets=("VpcConfig.Subnets[]",),
        security_groups=("VpcConfig.SecurityGroupIds[]",),
        volumes=(
            "ResourceConfig.VolumeSizeInGB",
            "DebugRuleConfigurations[].VolumeSizeInGB",
            "ProfilerRuleConfigurations[].VolumeSizeInGB",
        ),
        keep_alive=("ResourceConfig.KeepAlivePeriodInSeconds",),
        remote_debug="RemoteDebugConfig.EnableRemoteDebug",
        serverless="ServerlessJobConfig",
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
        images=("AppSpecification.ImageUri",),
        destinations=("ProcessingOutputConfig.Outputs[].FeatureStoreOutput.FeatureGroupName",),
        vpc="NetworkConfig.VpcConfig",
        subnets=("NetworkConfig.VpcConfig.Subnets[]",),
        security_groups=("NetworkConfig.VpcConfig.SecurityGroupIds[]",),
        volumes=("ProcessingResources.ClusterConfig.VolumeSizeInGB",),
        run_time=RunTime(path="StoppingCondition.MaxRuntimeInSeconds", default=DAY),
        tags="Tags",
        most_tags=50,
    ),
    Api.FIREWORKS_JOB: Guarded(
        roles=("role",),
        # One host a rank on CPU node pools; on GPU node pools a rank is a GPU.
        counts=("numRanks",),
        images=("imageRef", "environmentId", "snapshotId"),
        run_time=RunTime(path=None, default=7 * DAY),
    ),
}


def values_at(value: object, path: str, at: str = "request") -> list[tuple[str, object]]:
    """What is at a path below `value`, which is at `at`, each with its path (`request.Outputs[1].S3Uri`)."""
    if not path:
        return [(at, value)]
    names, below = _parts(path)
    for name in names:
        if not isinstance(value, dict) or name not in value:
            return []
        value = value[name]
    here = f"{at}.{'.'.join(names)}"
    if below is None:
        return [(here, value)]
    listed = value if isinstance(value, list) else ()
    return [found for index, item in enumerate(listed) for found in values_at(item, below, f"{here}[{index}]")]


@cache
def _parts(path: str) -> tuple[tuple[str, ...], str | None]:
    """The names up to the first list, and the path below its items (empty for the items themselves)."""
    names, is_list, below = path.partition("[]")
    return tuple(names.split(".")), below.removeprefix(".") if is_list else None
