"""The deployment's limits: what each refuses and where, and what it lets pass."""

# ruff: noqa: E501 (tables with one case a line)

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from infra.configuration import Configuration
from jobchute.job import Api
from jobchute.requests.document import Submission
from jobchute.requests.guardrails import MAX_PROBLEMS, GuardRails
from tests.paths import EXAMPLES
from tests.unit.providers.rule_cases import (
    ATHENA,
    GROUP,
    REDSHIFT,
    SERVERLESS,
    VALID,
    changed,
    channel,
    prefer,
)

BRAKET, BEDROCK, FIREWORKS = Api.BRAKET_JOB, Api.BEDROCK_JOB, Api.FIREWORKS_JOB
TRAINING, PROCESSING = Api.TRAINING_JOB, Api.PROCESSING_JOB

VALID_EXAMPLES = sorted((EXAMPLES / "valid").glob("*/*.json"))
OTHER = "arn:aws:iam::123456789012:role/Other"
ELSEWHERE = "s3://elsewhere/x"
ANY_ROLE = ("*",)
CLUSTER = "ProcessingResources/ClusterConfig"
INPUT = {"InputName": "i", "S3Input": {"S3Uri": ELSEWHERE, "S3DataType": "S3Prefix"}}
OUTPUT = {"OutputName": "o", "S3Output": {"S3Uri": ELSEWHERE, "S3UploadMode": "EndOfJob"}}
ATHENA_INPUT = {
    "InputName": "i",
    "DatasetDefinition": {"AthenaDatasetDefinition": {**ATHENA, "OutputS3Uri": ELSEWHERE}},
}
REDSHIFT_INPUT = {
    "InputName": "i",
    "DatasetDefinition": {
        "RedshiftDatasetDefinition": {**REDSHIFT, "ClusterRoleArn": OTHER, "OutputS3Uri": ELSEWHERE}
    },
}
RULE = {
    "RuleConfigurationName": "r",
    "RuleEvaluatorImage": "i",
    "InstanceType": "ml.p3.2xlarge",
    "S3OutputPath": ELSEWHERE,
}
RESOURCES = "request.ResourceConfig"

ROLES: dict[str, Any] = {"roles": ("arn:aws:iam::123456789012:role/Jobs",)}
INPUTS: dict[str, Any] = {"roles": ANY_ROLE, "inputs": ("s3://bucket",)}
OUTPUTS: dict[str, Any] = {"roles": ANY_ROLE, "outputs": ("s3://bucket",)}
TYPES: dict[str, Any] = {"roles": ANY_ROLE, "instance_types": ("ml.m5.*",)}
COUNT: dict[str, Any] = {"roles": ANY_ROLE, "most_instances": 2}
HOUR: dict[str, Any] = {"roles": ANY_ROLE, "longest_run_seconds": 3600}
OWN_REGISTRY = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
FOREIGN = "999999999999.dkr.ecr.us-west-2.amazonaws.com/image:1"
IMAGES: dict[str, Any] = {"roles": ANY_ROLE, "images": (f"{OWN_REGISTRY}/*",)}
MODELS: dict[str, Any] = {"roles": ANY_ROLE, "models": ("amazon.nova-*",)}
DESTINATIONS: dict[str, Any] = {"roles": ANY_ROLE, "destinations": ("arn:aws:sagemaker:*/team",)}
SUBNETS: dict[str, Any] = {"roles": ANY_ROLE, "subnets": ("subnet-1",)}
GROUPS: dict[str, Any] = {"roles": ANY_ROLE, "security_groups": ("sg-1",)}
VOLUME: dict[str, Any] = {"roles": ANY_ROLE, "max_volume_gb": 100}

# (API, guard rails, changes to a request that they allow, where, what): refused there and nowhere else.
REFUSED: list[tuple[Api, dict[str, Any], dict[str, Any], str, str]] = [
    (BRAKET, ROLES, {"roleArn": OTHER}, "request.roleArn", "ROLE_NOT_ALLOWED"),
    (BEDROCK, ROLES, {"roleArn": OTHER}, "request.roleArn", "ROLE_NOT_ALLOWED"),
    (TRAINING, ROLES, {"RoleArn": OTHER}, "request.RoleArn", "ROLE_NOT_ALLOWED"),
    (PROCESSING, ROLES, {"RoleArn": OTHER}, "request.RoleArn", "ROLE_NOT_ALLOWED"),
    (PROCESSING, ROLES, {"ProcessingInputs": [INPUT, REDSHIFT_INPUT]}, "request.ProcessingInputs[1].DatasetDefinition.RedshiftDatasetDefinition.ClusterRoleArn", "ROLE_NOT_ALLOWED"),
    (FIREWORKS, ROLES, {"role": OTHER}, "request.role", "ROLE_NOT_ALLOWED"),
    (BRAKET, INPUTS, {"algorithmSpecification/scriptModeConfig": {"s3Uri": ELSEWHERE}}, "request.algorithmSpecification.scriptModeConfig.s3Uri", "INPUT_NOT_ALLOWED"),
    (BRAKET, INPUTS, {"inputDataConfig": [{"dataSource": {"s3DataSource": {"s3Uri": ELSEWHERE}}}]}, "request.inputDataConfig[0].dataSource.s3DataSource.s3Uri", "INPUT_NOT_ALLOWED"),
    (BRAKET, INPUTS, {"checkpointConfig": {"s3Uri": ELSEWHERE}}, "request.checkpointConfig.s3Uri", "INPUT_NOT_ALLOWED"),
    (BEDROCK, INPUTS, {"inputDataConfig/s3InputDataConfig/s3Uri": ELSEWHERE}, "request.inputDataConfig.s3InputDataConfig.s3Uri", "INPUT_NOT_ALLOWED"),
    (TRAINING, INPUTS, {"InputDataConfig": [channel(), channel("b", {"S3DataSource": {"S3Uri": ELSEWHERE}})]}, "request.InputDataConfig[1].DataSource.S3DataSource.S3Uri", "INPUT_NOT_ALLOWED"),
    (TRAINING, INPUTS, {"CheckpointConfig": {"S3Uri": ELSEWHERE}}, "request.CheckpointConfig.S3Uri", "INPUT_NOT_ALLOWED"),
    (PROCESSING, INPUTS, {"ProcessingInputs": [INPUT]}, "request.ProcessingInputs[0].S3Input.S3Uri", "INPUT_NOT_ALLOWED"),
    (BRAKET, OUTPUTS, {"outputDataConfig/s3Path": ELSEWHERE}, "request.outputDataConfig.s3Path", "OUTPUT_NOT_ALLOWED"),
    (BRAKET, OUTPUTS, {"checkpointConfig": {"s3Uri": ELSEWHERE}}, "request.checkpointConfig.s3Uri", "OUTPUT_NOT_ALLOWED"),
    (BEDROCK, OUTPUTS, {"outputDataConfig/s3OutputDataConfig/s3Uri": ELSEWHERE}, "request.outputDataConfig.s3OutputDataConfig.s3Uri", "OUTPUT_NOT_ALLOWED"),
    (TRAINING, OUTPUTS, {"OutputDataConfig/S3OutputPath": ELSEWHERE}, "request.OutputDataConfig.S3OutputPath", "OUTPUT_NOT_ALLOWED"),
    (TRAINING, OUTPUTS, {"CheckpointConfig": {"S3Uri": ELSEWHERE}}, "request.CheckpointConfig.S3Uri", "OUTPUT_NOT_ALLOWED"),
    (TRAINING, OUTPUTS, {"DebugHookConfig": {"S3OutputPath": ELSEWHERE}}, "request.DebugHookConfig.S3OutputPath", "OUTPUT_NOT_ALLOWED"),
    (TRAINING, OUTPUTS, {"DebugRuleConfigurations": [RULE]}, "request.DebugRuleConfigurations[0].S3OutputPath", "OUTPUT_NOT_ALLOWED"),
    (TRAINING, OUTPUTS, {"TensorBoardOutputConfig": {"S3OutputPath": ELSEWHERE}}, "request.TensorBoardOutputConfig.S3OutputPath", "OUTPUT_NOT_ALLOWED"),
    (TRAINING, OUTPUTS, {"ProfilerConfig": {"S3OutputPath": ELSEWHERE}}, "request.ProfilerConfig.S3OutputPath", "OUTPUT_NOT_ALLOWED"),
    (TRAINING, OUTPUTS, {"ProfilerRuleConfigurations": [RULE]}, "request.ProfilerRuleConfigurations[0].S3OutputPath", "OUTPUT_NOT_ALLOWED"),
    (PROCESSING, OUTPUTS, {"ProcessingOutputConfig": {"Outputs": [OUTPUT]}}, "request.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri", "OUTPUT_NOT_ALLOWED"),
    (PROCESSING, OUTPUTS, {"ProcessingInputs": [ATHENA_INPUT]}, "request.ProcessingInputs[0].DatasetDefinition.AthenaDatasetDefinition.OutputS3Uri", "OUTPUT_NOT_ALLOWED"),
    (PROCESSING, OUTPUTS, {"ProcessingInputs": [REDSHIFT_INPUT]}, "request.ProcessingInputs[0].DatasetDefinition.RedshiftDatasetDefinition.OutputS3Uri", "OUTPUT_NOT_ALLOWED"),
    (BRAKET, TYPES, {"instanceConfig/instanceType": "ml.p3.2xlarge"}, "request.instanceConfig.instanceType", "INSTANCE_TYPE_NOT_ALLOWED"),
    (TRAINING, TYPES, {"ResourceConfig/InstanceType": "ml.p3.2xlarge"}, f"{RESOURCES}.InstanceType", "INSTANCE_TYPE_NOT_ALLOWED"),
    (TRAINING, TYPES, {"ResourceConfig/InstanceGroups": [GROUP, {**GROUP, "InstanceType": "ml.p3.2xlarge"}]}, f"{RESOURCES}.InstanceGroups[1].InstanceType", "INSTANCE_TYPE_NOT_ALLOWED"),
    (TRAINING, TYPES, {"ResourceConfig/InstancePreferences": prefer("m5.large", "p3.2xlarge")}, f"{RESOURCES}.InstancePreferences[1].InstanceType", "INSTANCE_TYPE_NOT_ALLOWED"),
    (TRAINING, TYPES, {"DebugRuleConfigurations": [RULE]}, "request.DebugRuleConfigurations[0].InstanceType", "INSTANCE_TYPE_NOT_ALLOWED"),
    (TRAINING, TYPES, {"ProfilerRuleConfigurations": [RULE]}, "request.ProfilerRuleConfigurations[0].InstanceType", "INSTANCE_TYPE_NOT_ALLOWED"),
    (PROCESSING, TYPES, {f"{CLUSTER}/InstanceType": "ml.p3.2xlarge"}, f"request.{CLUSTER}.InstanceType".replace("/", "."), "INSTANCE_TYPE_NOT_ALLOWED"),
    (PROCESSING, TYPES, {f"{CLUSTER}/InstancePreferences": prefer("p3.2xlarge")}, f"request.{CLUSTER}.InstancePreferences[0].InstanceType".replace("/", "."), "INSTANCE_TYPE_NOT_ALLOWED"),
    (BRAKET, {"roles": ANY_ROLE, "devices": ("local:*",)}, {"deviceConfig/device": "arn:aws:braket:::device/qpu/x/y"}, "request.deviceConfig.device", "DEVICE_NOT_ALLOWED"),
    (BRAKET, COUNT, {"instanceConfig/instanceCount": 3}, "request.instanceConfig.instanceCount", "TOO_MANY_INSTANCES"),
    (TRAINING, COUNT, {"ResourceConfig/InstanceCount": 3}, f"{RESOURCES}.InstanceCount", "TOO_MANY_INSTANCES"),
    (TRAINING, COUNT, {"ResourceConfig/InstanceGroups": [GROUP, GROUP, GROUP]}, f"{RESOURCES}.InstanceGroups", "TOO_MANY_INSTANCES"),
    (TRAINING, COUNT, {"ResourceConfig/InstancePreferences": prefer("a", InstanceCount=2) + prefer("b", InstanceCount=3)}, f"{RESOURCES}.InstancePreferences[1].InstanceCount", "TOO_MANY_INSTANCES"),
    (PROCESSING, COUNT, {f"{CLUSTER}/InstanceCount": 3}, f"request.{CLUSTER}.InstanceCount".replace("/", "."), "TOO_MANY_INSTANCES"),
    (PROCESSING, COUNT, {f"{CLUSTER}/InstancePreferences": prefer("a", InstanceCount=3)}, f"request.{CLUSTER}.InstancePreferences[0].InstanceCount".replace("/", "."), "TOO_MANY_INSTANCES"),
    (FIREWORKS, COUNT, {"numRanks": 3}, "request.numRanks", "TOO_MANY_INSTANCES"),
    (BRAKET, HOUR, {"stoppingCondition": {"maxRuntimeInSeconds": 3601}}, "request.stoppingCondition.maxRuntimeInSeconds", "RUN_TIME_TOO_LONG"),
    (BRAKET, {**HOUR, "longest_run_seconds": 5 * 86400 - 1}, {}, "request.stoppingCondition.maxRuntimeInSeconds", "RUN_TIME_TOO_LONG"),
    (BEDROCK, {**HOUR, "longest_run_seconds": 24 * 3600 - 1}, {"timeoutDurationInHours": 24}, "request.timeoutDurationInHours", "RUN_TIME_TOO_LONG"),
    (BEDROCK, {**HOUR, "longest_run_seconds": 168 * 3600 - 1}, {}, "request.timeoutDurationInHours", "RUN_TIME_TOO_LONG"),
    (TRAINING, HOUR, {"StoppingCondition/MaxRuntimeInSeconds": 3601}, "request.StoppingCondition.MaxRuntimeInSeconds", "RUN_TIME_TOO_LONG"),
    (TRAINING, {**HOUR, "longest_run_seconds": 86399}, {"StoppingCondition": {}}, "request.StoppingCondition.MaxRuntimeInSeconds", "RUN_TIME_TOO_LONG"),
    (PROCESSING, {**HOUR, "longest_run_seconds": 86399}, {}, "request.StoppingCondition.MaxRuntimeInSeconds", "RUN_TIME_TOO_LONG"),
    (PROCESSING, HOUR, {"StoppingCondition": {"MaxRuntimeInSeconds": 3601}}, "request.StoppingCondition.MaxRuntimeInSeconds", "RUN_TIME_TOO_LONG"),
    (FIREWORKS, {**HOUR, "longest_run_seconds": 7 * 86400 - 1}, {}, "request", "RUN_TIME_TOO_LONG"),
    (BEDROCK, {"roles": ANY_ROLE, "required_labels": ("team",)}, {}, "labels.team", "LABEL_REQUIRED"),
    (BRAKET, IMAGES, {"algorithmSpecification/containerImage": {"uri": FOREIGN}}, "request.algorithmSpecification.containerImage.uri", "IMAGE_NOT_ALLOWED"),
    (TRAINING, IMAGES, {"AlgorithmSpecification/TrainingImage": FOREIGN}, "request.AlgorithmSpecification.TrainingImage", "IMAGE_NOT_ALLOWED"),
    (TRAINING, IMAGES, {"AlgorithmSpecification": {"AlgorithmName": "mine"}}, "request.AlgorithmSpecification.AlgorithmName", "IMAGE_NOT_ALLOWED"),
    (TRAINING, IMAGES, {"DebugRuleConfigurations": [{**RULE, "RuleEvaluatorImage": FOREIGN}]}, "request.DebugRuleConfigurations[0].RuleEvaluatorImage", "IMAGE_NOT_ALLOWED"),
    (TRAINING, IMAGES, {"ProfilerRuleConfigurations": [{**RULE, "RuleEvaluatorImage": FOREIGN}]}, "request.ProfilerRuleConfigurations[0].RuleEvaluatorImage", "IMAGE_NOT_ALLOWED"),
    (PROCESSING, IMAGES, {"AppSpecification/ImageUri": FOREIGN}, "request.AppSpecification.ImageUri", "IMAGE_NOT_ALLOWED"),
    (FIREWORKS, IMAGES, {"imageRef": "docker.io/a/b"}, "request.imageRef", "IMAGE_NOT_ALLOWED"),
    (FIREWORKS, IMAGES, {"environmentId": "e"}, "request.environmentId", "IMAGE_NOT_ALLOWED"),
    (FIREWORKS, IMAGES, {"snapshotId": "s"}, "request.snapshotId", "IMAGE_NOT_ALLOWED"),
    (BEDROCK, MODELS, {"modelId": "anthropic.claude-x"}, "request.modelId", "MODEL_NOT_ALLOWED"),
    (TRAINING, MODELS, {"ServerlessJobConfig": {"BaseModelArn": "arn:x"}}, "request.ServerlessJobConfig.BaseModelArn", "MODEL_NOT_ALLOWED"),
    (TRAINING, MODELS, {"ServerlessJobConfig": {"EvaluatorArn": "arn:x"}}, "request.ServerlessJobConfig.EvaluatorArn", "MODEL_NOT_ALLOWED"),
    (TRAINING, MODELS, {"ModelPackageConfig": {"SourceModelPackageArn": "arn:x"}}, "request.ModelPackageConfig.SourceModelPackageArn", "MODEL_NOT_ALLOWED"),
    (TRAINING, MODELS, {"InputDataConfig": [channel(source={"S3DataSource": {"HubAccessConfig": {"HubContentArn": "arn:x"}}})]}, "request.InputDataConfig[0].DataSource.S3DataSource.HubAccessConfig.HubContentArn", "MODEL_NOT_ALLOWED"),
    (TRAINING, DESTINATIONS, {"MlflowConfig": {"MlflowResourceArn": "arn:x"}}, "request.MlflowConfig.MlflowResourceArn", "DESTINATION_NOT_ALLOWED"),
    (TRAINING, DESTINATIONS, {"ModelPackageConfig": {"ModelPackageGroupArn": "arn:x"}}, "request.ModelPackageConfig.ModelPackageGroupArn", "DESTINATION_NOT_ALLOWED"),
    (PROCESSING, DESTINATIONS, {"ProcessingOutputConfig": {"Outputs": [{"FeatureStoreOutput": {"FeatureGroupName": "g"}}]}}, "request.ProcessingOutputConfig.Outputs[0].FeatureStoreOutput.FeatureGroupName", "DESTINATION_NOT_ALLOWED"),
    (BEDROCK, SUBNETS, {"vpcConfig": {"subnetIds": ["subnet-1", "subnet-2"]}}, "request.vpcConfig.subnetIds[1]", "SUBNET_NOT_ALLOWED"),
    (TRAINING, SUBNETS, {"VpcConfig": {"Subnets": ["subnet-2", "subnet-1"]}}, "request.VpcConfig.Subnets[0]", "SUBNET_NOT_ALLOWED"),
    (PROCESSING, SUBNETS, {"NetworkConfig/VpcConfig": {"Subnets": ["subnet-2"]}}, "request.NetworkConfig.VpcConfig.Subnets[0]", "SUBNET_NOT_ALLOWED"),
    (BEDROCK, GROUPS, {"vpcConfig": {"securityGroupIds": ["sg-2"]}}, "request.vpcConfig.securityGroupIds[0]", "SECURITY_GROUP_NOT_ALLOWED"),
    (TRAINING, GROUPS, {"VpcConfig": {"SecurityGroupIds": ["sg-2"]}}, "request.VpcConfig.SecurityGroupIds[0]", "SECURITY_GROUP_NOT_ALLOWED"),
    (PROCESSING, GROUPS, {"NetworkConfig/VpcConfig": {"SecurityGroupIds": ["sg-2"]}}, "request.NetworkConfig.VpcConfig.SecurityGroupIds[0]", "SECURITY_GROUP_NOT_ALLOWED"),
    (BEDROCK, SUBNETS, {}, "request.vpcConfig", "VPC_REQUIRED"),
    (TRAINING, SUBNETS, {}, "request.VpcConfig", "VPC_REQUIRED"),
    (PROCESSING, SUBNETS, {"NetworkConfig": {"EnableNetworkIsolation": False}}, "request.NetworkConfig.VpcConfig", "VPC_REQUIRED"),
    (TRAINING, GROUPS, {}, "request.VpcConfig", "VPC_REQUIRED"),
    (BRAKET, VOLUME, {"instanceConfig/volumeSizeInGb": 101}, "request.instanceConfig.volumeSizeInGb", "VOLUME_TOO_LARGE"),
    (TRAINING, VOLUME, {"ResourceConfig/VolumeSizeInGB": 101}, f"{RESOURCES}.VolumeSizeInGB", "VOLUME_TOO_LARGE"),
    (TRAINING, VOLUME, {"DebugRuleConfigurations": [{**RULE, "VolumeSizeInGB": 101}]}, "request.DebugRuleConfigurations[0].VolumeSizeInGB", "VOLUME_TOO_LARGE"),
    (TRAINING, VOLUME, {"ProfilerRuleConfigurations": [{**RULE, "VolumeSizeInGB": 101}]}, "request.ProfilerRuleConfigurations[0].VolumeSizeInGB", "VOLUME_TOO_LARGE"),
    (PROCESSING, VOLUME, {f"{CLUSTER}/VolumeSizeInGB": 101}, f"request.{CLUSTER}.VolumeSizeInGB".replace("/", "."), "VOLUME_TOO_LARGE"),
    (TRAINING, {"roles": ANY_ROLE, "max_keep_alive_seconds": 0}, {"ResourceConfig/KeepAlivePeriodInSeconds": 1}, f"{RESOURCES}.KeepAlivePeriodInSeconds", "KEEP_ALIVE_TOO_LONG"),
    (TRAINING, {"roles": ANY_ROLE, "remote_debug": False}, {"RemoteDebugConfig": {"EnableRemoteDebug": True}}, "request.RemoteDebugConfig.EnableRemoteDebug", "REMOTE_DEBUG_NOT_ALLOWED"),
    (TRAINING, TYPES, SERVERLESS, "request.ServerlessJobConfig", "SERVERLESS_NOT_ALLOWED"),
    (TRAINING, COUNT, SERVERLESS, "request.ServerlessJobConfig", "SERVERLESS_NOT_ALLOWED"),
    (TRAINING, {**COUNT, "instance_types": ("ml.*",)}, SERVERLESS, "request.ServerlessJobConfig", "SERVERLESS_NOT_ALLOWED"),
]  # fmt: skip

# The same limits at their edges, where nothing is refused.
ALLOWED: list[tuple[Api, dict[str, Any], dict[str, Any]]] = [
    *[(api, ROLES, {}) for api in Api],
    *[(api, {**INPUTS, **OUTPUTS, **TYPES, **COUNT}, {}) for api in Api],
    (FIREWORKS, {}, {}),
    (BRAKET, {"roles": ANY_ROLE, "devices": ("local:*",)}, {}),
    (BRAKET, COUNT, {"instanceConfig/instanceCount": 2}),
    (TRAINING, COUNT, {"ResourceConfig/InstanceGroups": [GROUP, GROUP]}),
    (TRAINING, HOUR, {"StoppingCondition/MaxRuntimeInSeconds": 3600, "StoppingCondition/MaxWaitTimeInSeconds": 9999}),
    (TRAINING, {**HOUR, "longest_run_seconds": 86400}, {"StoppingCondition": {}}),
    (BRAKET, {**HOUR, "longest_run_seconds": 5 * 86400}, {}),
    (BEDROCK, {**HOUR, "longest_run_seconds": 24 * 3600}, {"timeoutDurationInHours": 24}),
    (BEDROCK, {**HOUR, "longest_run_seconds": 168 * 3600}, {}),
    (FIREWORKS, {**HOUR, "longest_run_seconds": 7 * 86400}, {}),
    *[(api, {**IMAGES, **MODELS, **DESTINATIONS, **VOLUME, "remote_debug": False, "max_keep_alive_seconds": 0}, {}) for api in Api],
    (TRAINING, IMAGES, {"DebugRuleConfigurations": [{**RULE, "RuleEvaluatorImage": f"{OWN_REGISTRY}/rules:1"}]}),
    (BEDROCK, MODELS, {"modelId": "amazon.nova-lite-v1:0"}),
    (TRAINING, DESTINATIONS, {"MlflowConfig": {"MlflowResourceArn": "arn:aws:sagemaker:us-west-2:123456789012:mlflow-app/team"}}),
    (TRAINING, {**SUBNETS, "security_groups": ("sg-1",)}, {"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}),
    (BRAKET, {**SUBNETS, **GROUPS}, {}),
    (FIREWORKS, {**SUBNETS, **GROUPS}, {}),
    (TRAINING, VOLUME, {"ResourceConfig/VolumeSizeInGB": 100}),
    (TRAINING, {"roles": ANY_ROLE, "max_keep_alive_seconds": 60}, {"ResourceConfig/KeepAlivePeriodInSeconds": 60}),
    (TRAINING, {"roles": ANY_ROLE, "remote_debug": False}, {"RemoteDebugConfig": {"EnableRemoteDebug": False}}),
    (TRAINING, {"roles": ANY_ROLE}, {"RemoteDebugConfig": {"EnableRemoteDebug": True}}),
    (TRAINING, {"roles": ANY_ROLE}, SERVERLESS),
    (TRAINING, {**COUNT, "instance_types": ("ml.m5.*", "serverless")}, SERVERLESS),
    (TRAINING, {**TYPES, "instance_types": ("*",)}, SERVERLESS),
]  # fmt: skip


def found(rails: GuardRails, api: Api, request: dict[str, Any], **labels: str) -> list[tuple[str, str]]:
    submission = Submission(api=api, request=request, labels=labels)
    return [(problem.path, problem.code) for problem in rails.problems_in(submission)]


@pytest.mark.parametrize(("api", "rails", "changes", "path", "code"), REFUSED)
def test_what_is_outside_the_guard_rails_is_refused_by_field(
    api: Api, rails: dict[str, Any], changes: dict[str, Any], path: str, code: str
) -> None:
    assert found(GuardRails(**rails), api, changed(api, changes)) == [(path, code)]


@pytest.mark.parametrize(("api", "rails", "changes"), ALLOWED)
def test_what_is_inside_passes(api: Api, rails: dict[str, Any], changes: dict[str, Any]) -> None:
    assert found(GuardRails(**rails), api, changed(api, changes)) == []


@pytest.mark.parametrize("api", [BRAKET, BEDROCK, TRAINING, PROCESSING])
def test_by_default_no_role_is_allowed_and_all_else_is(api: Api) -> None:
    assert [code for _, code in found(GuardRails(), api, VALID[api])] == ["ROLE_NOT_ALLOWED"]


@pytest.mark.parametrize("path", VALID_EXAMPLES, ids=lambda path: path.name[:20])
def test_real_requests_pass_where_only_the_role_is_allowed(path: Path) -> None:
    example = json.loads(path.read_text())
    assert found(GuardRails(roles=("arn:aws:iam::*:role/*",)), Api(example["api"]), example["request"]) == []


def test_a_checkpoint_must_be_allowed_by_both_lists() -> None:
    rails = GuardRails(roles=ANY_ROLE, inputs=("s3://bucket",), outputs=("s3://bucket",))
    request = changed(TRAINING, {"CheckpointConfig": {"S3Uri": ELSEWHERE}})
    at = "request.CheckpointConfig.S3Uri"
    assert found(rails, TRAINING, request) == [(at, "INPUT_NOT_ALLOWED"), (at, "OUTPUT_NOT_ALLOWED")]


@pytest.mark.parametrize(("labels", "is_there"), [({"team": "growth"}, True), ({"team": " "}, False), ({"Team": "g"}, False)])  # fmt: skip
def test_a_label_counts_if_it_has_a_value(labels: dict[str, str], is_there: bool) -> None:
    rails = GuardRails(roles=ANY_ROLE, required_labels=("team",))
    assert (found(rails, BEDROCK, VALID[BEDROCK], **labels) == []) is is_there


MESSAGES = [
    (ROLES, BRAKET, {"roleArn": OTHER}, f'This deployment does not allow the role "{OTHER}"; it allows "arn:aws:iam::123456789012:role/Jobs". To allow more, deploy with another context value jobchute:roles.'),
    ({}, BRAKET, {}, 'This deployment does not allow the role "arn:aws:iam::123456789012:role/Jobs"; it allows none. To allow more, deploy with another context value jobchute:roles.'),
    (INPUTS, BEDROCK, {"inputDataConfig/s3InputDataConfig/s3Uri": ELSEWHERE}, f'This deployment does not allow the input location "{ELSEWHERE}"; it allows "s3://bucket". A location is written s3://BUCKET/KEY, without `.` or `..` between slashes, and a folder ends in a slash: without it, it is the beginning of other names. To allow more, deploy with another context value jobchute:inputs.'),
    (OUTPUTS, BRAKET, {"outputDataConfig/s3Path": ELSEWHERE}, f'This deployment does not allow the output location "{ELSEWHERE}"; it allows "s3://bucket". A location is written s3://BUCKET/KEY, without `.` or `..` between slashes. To allow more, deploy with another context value jobchute:outputs.'),
    (TYPES, BRAKET, {"instanceConfig/instanceType": "ml.p3.2xlarge"}, 'This deployment does not allow the instance type "ml.p3.2xlarge"; it allows "ml.m5.*". To allow more, deploy with another context value jobchute:instance_types.'),
    ({"roles": ANY_ROLE, "devices": ("arn:*", "x")}, BRAKET, {}, 'This deployment does not allow the device "local:none/none"; it allows "arn:*", "x". To allow more, deploy with another context value jobchute:devices.'),
    (COUNT, BRAKET, {"instanceConfig/instanceCount": 3}, "This deployment allows at most 2 instances in a job, not 3. To allow more, deploy with another context value jobchute:most_instances."),
    (HOUR, PROCESSING, {"StoppingCondition": {"MaxRuntimeInSeconds": 3601}}, "The job may run for 3601 seconds; this deployment allows at most 3600. To allow more, deploy with another context value jobchute:longest_run_seconds."),
    (HOUR, PROCESSING, {}, "The job may run for 86400 seconds by its provider's default, since the request has no StoppingCondition.MaxRuntimeInSeconds; this deployment allows at most 3600. To allow more, deploy with another context value jobchute:longest_run_seconds."),
    (HOUR, FIREWORKS, {}, "The job may run for 604800 seconds, since its provider knows no limit and Jobchute's own counts; this deployment allows at most 3600. To allow more, deploy with another context value jobchute:longest_run_seconds."),
    (IMAGES, FIREWORKS, {"environmentId": "e"}, f'This deployment does not allow the image, algorithm or environment "e"; it allows "{OWN_REGISTRY}/*". To allow more, deploy with another context value jobchute:images.'),
    (SUBNETS, TRAINING, {}, "This deployment allows jobs in its subnets only; the request has no VpcConfig. To allow more, deploy with another context value jobchute:subnets."),
    (VOLUME, BRAKET, {"instanceConfig/volumeSizeInGb": 101}, "This deployment allows at most 100 GB of storage on an instance, not 101. To allow more, deploy with another context value jobchute:max_volume_gb."),
    ({"roles": ANY_ROLE, "max_keep_alive_seconds": 0}, TRAINING, {"ResourceConfig/KeepAlivePeriodInSeconds": 1}, "This deployment allows at most 0 seconds in a warm pool, not 1. To allow more, deploy with another context value jobchute:max_keep_alive_seconds."),
    (TYPES, TRAINING, SERVERLESS, "This deployment limits instances; of a serverless job, SageMaker chooses their type and number. To allow such jobs, deploy with serverless among the context value jobchute:instance_types."),
    ({"roles": ANY_ROLE, "remote_debug": False}, TRAINING, {"RemoteDebugConfig": {"EnableRemoteDebug": True}}, "This deployment does not allow remote debugging: it opens a shell in the container. To allow more, deploy with another context value jobchute:remote_debug."),
    ({"roles": ANY_ROLE, "required_labels": ("team",)}, BEDROCK, {}, "This deployment asks for the label team with a value. A body that stands alone has no labels: put it under `request`, with `api` and `labels` beside it. To allow more, deploy with another context value jobchute:required_labels."),
]  # fmt: skip


@pytest.mark.parametrize(("rails", "api", "changes", "message"), MESSAGES)
def test_a_message_says_what_is_allowed_and_how_to_change_it(
    rails: dict[str, Any], api: Api, changes: dict[str, Any], message: str
) -> None:
    submission = Submission(api=api, request=changed(api, changes))
    assert [problem.message for problem in GuardRails(**rails).problems_in(submission)] == [message]


def test_long_names_are_cut_late_and_long_lists_too() -> None:
    allowed = tuple(f"s3://bucket/{i:0150}" for i in range(13))
    request = changed(BEDROCK, {"inputDataConfig/s3InputDataConfig/s3Uri": f"s3://elsewhere/{'x' * 300}"})
    (problem,) = GuardRails(roles=ANY_ROLE, inputs=allowed).problems_in(
        Submission(api=BEDROCK, request=request)
    )
    assert f'"s3://elsewhere/{"x" * 185}…"' in problem.message
    assert f'"{allowed[11]}" and 1 more.' in problem.message


@pytest.mark.parametrize(
    "wrong",
    [
        {"inputs": ("bucket/team",)},
        {"inputs": ("s3://",)},
        {"inputs": ("s3://bucket/*",)},
        {"outputs": ("s3://bucket/te?m",)},
        {"outputs": ("s3://bucket//team",)},
        {"outputs": ("https://bucket/team",)},
        {"instance_types": ("ml.[mp]5.large",)},
        {"instance_types": ("",)},
        {"devices": ("arn:aws:braket:::device/qpu/?",)},
        {"devices": ("",)},
        {"most_instances": 0},
        {"longest_run_seconds": 0},
        {"required_labels": ("my label",)},
        {"regions": ()},
        {"images": ("",)},
        {"images": ("my image",)},
        {"models": ("amazon.nova-[a-z]",)},
        {"subnets": ("subnet-?",)},
        {"max_volume_gb": 0},
        {"max_keep_alive_seconds": -1},
        {"max_jobs_per_file": 0},
        {"remote_debug": "maybe"},
    ],
)
def test_guard_rails_of_another_meaning_than_written_are_refused(wrong: dict[str, Any]) -> None:
    """At synthesis; a deployed function gets what was accepted there."""
    with pytest.raises(ValidationError):
        Configuration(**wrong)


@pytest.mark.parametrize("rails", [{"most_instances": 1}, {"max_keep_alive_seconds": 0, "max_jobs_per_file": 1, "remote_debug": False}, {"longest_run_seconds": 1}, {"inputs": ("s3://abc",), "outputs": ("s3://abc/d/",)}])  # fmt: skip
def test_the_least_of_each_limit_can_be_said_and_does_not_change(rails: dict[str, Any]) -> None:
    made = GuardRails(**rails)
    assert GuardRails.of_json(made.to_json()) == made
    assert Configuration(**rails).guard_rails == made


def test_a_request_of_many_mistakes_is_told_some_of_them() -> None:
    channels = [channel(source={"S3DataSource": {"S3Uri": ELSEWHERE}})] * (MAX_PROBLEMS + 10)
    rails = GuardRails(roles=ANY_ROLE, inputs=("s3://bucket",))
    assert len(found(rails, TRAINING, changed(TRAINING, {"InputDataConfig": channels}))) == MAX_PROBLEMS


@pytest.mark.parametrize("api", list(Api))
@pytest.mark.parametrize("wrong", [None, 1, "x", [], {}, [[]], [None], [{}], True])
def test_any_value_in_any_place_is_borne(api: Api, wrong: Any) -> None:
    """Mistakes of shape are reported apart; here they must neither raise nor be called too long or too many."""
    rails = GuardRails(
        inputs=("s3://bucket",),
        most_instances=1,
        longest_run_seconds=7 * 86400,
        max_volume_gb=100,
        remote_debug=False,
    )
    keys = {*VALID[api], "StoppingCondition", "stoppingCondition", "InputDataConfig", "ProcessingInputs", "tags", "Tags", "numRanks", "timeoutDurationInHours"}  # fmt: skip
    for key in keys:
        problems = found(rails, api, {**VALID[api], key: wrong})
        assert {code for _, code in problems} <= {"ROLE_NOT_ALLOWED", "INPUT_NOT_ALLOWED"}


def test_a_number_too_long_to_be_written_is_too_large() -> None:
    rails = GuardRails(roles=ANY_ROLE, most_instances=1, longest_run_seconds=7 * 86400)
    assert [code for _, code in found(rails, FIREWORKS, {"numRanks": 10**5000})] == ["TOO_MANY_INSTANCES"]
    hours = {**VALID[BEDROCK], "timeoutDurationInHours": 10**5000}
    assert [code for _, code in found(rails, BEDROCK, hours)] == ["RUN_TIME_TOO_LONG"]


def test_a_run_time_of_the_wrong_type_is_no_default() -> None:
    assert found(GuardRails(**HOUR), TRAINING, changed(TRAINING, {"StoppingCondition/MaxRuntimeInSeconds": "x"})) == []  # fmt: skip


@pytest.mark.parametrize(
    ("jobs", "before", "is_allowed"), [(1, 99, True), (1, 100, False), (100, 0, True), (60, 41, False)]
)
def test_jobs_of_a_file_add_up_to_its_limit(jobs: int, before: int, is_allowed: bool) -> None:
    found = GuardRails(max_jobs_per_file=100).problems_of_number(jobs, before=before)
    assert (found == []) is is_allowed


def test_one_job_too_many_is_told_of_the_document_as_a_whole() -> None:
    assert [problem.path for problem in GuardRails().problems_of_number(1, before=10_000)] == [""]


def test_too_many_jobs_are_told_with_their_number_and_the_limit() -> None:
    (problem,) = GuardRails().problems_of_number(1000, before=9500)
    assert problem == (
        "matrix",
        "TOO_MANY_JOBS",
        "With this document, its file asks for 10,500 jobs; this deployment allows 10,000 in a file. Give the rest "
        "in another one. To allow more, deploy with another context value jobchute:max_jobs_per_file.",
    )
