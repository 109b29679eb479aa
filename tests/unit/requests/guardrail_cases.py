"""Requests within and beyond each guard rail."""

# ruff: noqa: E501 (tables with one case a line)

from typing import Any

from jobchute.job import Api
from tests.unit.providers.rule_requests import (
    ATHENA,
    GROUP,
    REDSHIFT,
    SERVERLESS,
    channel,
    prefer,
)

TUNING = Api.TUNING_JOB
IN_CONFIG, DEFINITION = "HyperParameterTuningJobConfig", "TrainingJobDefinition"
PARALLEL = f"{IN_CONFIG}/ResourceLimits/MaxParallelTrainingJobs"
CUSTOMIZATION = Api.CUSTOMIZATION_JOB
BRAKET, BEDROCK, FIREWORKS = Api.BRAKET_JOB, Api.BEDROCK_JOB, Api.FIREWORKS_JOB
TRAINING, PROCESSING = Api.TRAINING_JOB, Api.PROCESSING_JOB
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
WITHOUT_ROLES: dict[str, Any] = {"models": ("*",), "devices": ("*",), "outputs": ("s3://",)}
"""What jobs without a role may name."""
ANYTHING: dict[str, Any] = {"roles": ANY_ROLE, **WITHOUT_ROLES}
ROLES: dict[str, Any] = {"roles": ("arn:aws:iam::123456789012:role/Jobs",)}
TASK = Api.QUANTUM_TASK
INPUTS: dict[str, Any] = {**ANYTHING, "inputs": ("s3://bucket",)}
OUTPUTS: dict[str, Any] = {**ANYTHING, "outputs": ("s3://bucket",)}
TYPES: dict[str, Any] = {**ANYTHING, "instance_types": ("ml.m5.*",)}
COUNT: dict[str, Any] = {**ANYTHING, "most_instances": 2}
HOUR: dict[str, Any] = {**ANYTHING, "longest_run_seconds": 3600}
OWN_REGISTRY = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
FOREIGN = "999999999999.dkr.ecr.us-west-2.amazonaws.com/image:1"
IMAGES: dict[str, Any] = {**ANYTHING, "images": (f"{OWN_REGISTRY}/*",)}
MODELS: dict[str, Any] = {"roles": ANY_ROLE, "models": ("amazon.nova-*", "*sample-*")}
DESTINATIONS: dict[str, Any] = {**ANYTHING, "destinations": ("arn:aws:sagemaker:*/team",)}
SUBNETS: dict[str, Any] = {"roles": ANY_ROLE, "subnets": ("subnet-1",)}
GROUPS: dict[str, Any] = {"roles": ANY_ROLE, "security_groups": ("sg-1",)}
VOLUME: dict[str, Any] = {**ANYTHING, "sizes": {"max_volume_gb": 100}}


# (API, guard rails, changes to a request that they allow, where, what): refused there and nowhere else.
REFUSED: list[tuple[Api, dict[str, Any], dict[str, Any], str, str]] = [
    (TUNING, COUNT, {PARALLEL: 3}, "request.TrainingJobDefinition.ResourceConfig.InstanceCount", "TOO_MANY_INSTANCES"),
    (TUNING, COUNT, {PARALLEL: 2, f"{DEFINITION}/ResourceConfig": {"InstanceGroups": [GROUP, GROUP]}}, "request.TrainingJobDefinition.ResourceConfig.InstanceGroups", "TOO_MANY_INSTANCES"),
    (TUNING, SUBNETS, {}, "request.TrainingJobDefinition.VpcConfig", "VPC_REQUIRED"),
    (TUNING, SUBNETS, {"TrainingJobDefinitions": [{"VpcConfig": {"Subnets": ["subnet-1"]}}, {}]}, "request.TrainingJobDefinitions[1].VpcConfig", "VPC_REQUIRED"),
    (TUNING, SUBNETS, {"TrainingJobDefinitions": [{"VpcConfig": {"Subnets": ["subnet-2"]}}]}, "request.TrainingJobDefinitions[0].VpcConfig.Subnets[0]", "SUBNET_NOT_ALLOWED"),
    (TUNING, HOUR, {f"{IN_CONFIG}/ResourceLimits/MaxRuntimeInSeconds": 3601}, "request.HyperParameterTuningJobConfig.ResourceLimits.MaxRuntimeInSeconds", "RUN_TIME_TOO_LONG"),
    (Api.TRANSFORM_JOB, MODELS, {"ModelName": "other"}, "request.ModelName", "MODEL_NOT_ALLOWED"),
    (Api.TRANSFORM_JOB, {}, {}, "request.ModelName", "MODEL_NOT_ALLOWED"),
    (TASK, {**ANYTHING, "sizes": {"max_shots": 99}}, {}, "request.shots", "TOO_MANY_SHOTS"),
    (TASK, {"devices": ("*",)}, {}, "request.outputS3Bucket", "OUTPUT_NOT_ALLOWED"),
    (TASK, {"outputs": ("s3://bucket",)}, {}, "request.deviceArn", "DEVICE_NOT_ALLOWED"),
    (TASK, OUTPUTS, {"outputS3Bucket": "other"}, "request.outputS3Bucket", "OUTPUT_NOT_ALLOWED"),
    (TASK, OUTPUTS, {"outputS3KeyPrefix": "../other"}, "request.outputS3Bucket", "OUTPUT_NOT_ALLOWED"),
    (TASK, {**OUTPUTS, "outputs": ("s3://bucket/ou",)}, {}, "request.outputS3Bucket", "OUTPUT_NOT_ALLOWED"),
    (CUSTOMIZATION, ROLES, {"roleArn": OTHER}, "request.roleArn", "ROLE_NOT_ALLOWED"),
    (CUSTOMIZATION, INPUTS, {"trainingDataConfig/s3Uri": ELSEWHERE}, "request.trainingDataConfig.s3Uri", "INPUT_NOT_ALLOWED"),
    (CUSTOMIZATION, INPUTS, {"validationDataConfig": {"validators": [{"s3Uri": "s3://bucket/a"}, {"s3Uri": ELSEWHERE}]}}, "request.validationDataConfig.validators[1].s3Uri", "INPUT_NOT_ALLOWED"),
    (CUSTOMIZATION, INPUTS, {"trainingDataConfig": {"invocationLogsConfig": {"invocationLogSource": {"s3Uri": ELSEWHERE}}}}, "request.trainingDataConfig.invocationLogsConfig.invocationLogSource.s3Uri", "INPUT_NOT_ALLOWED"),
    (CUSTOMIZATION, OUTPUTS, {"outputDataConfig/s3Uri": ELSEWHERE}, "request.outputDataConfig.s3Uri", "OUTPUT_NOT_ALLOWED"),
    (CUSTOMIZATION, MODELS, {"baseModelIdentifier": "anthropic.claude-3-haiku-20240307-v1:0:200k"}, "request.baseModelIdentifier", "MODEL_NOT_ALLOWED"),
    (CUSTOMIZATION, MODELS, {"customizationConfig": {"distillationConfig": {"teacherModelConfig": {"teacherModelIdentifier": "meta.llama3"}}}}, "request.customizationConfig.distillationConfig.teacherModelConfig.teacherModelIdentifier", "MODEL_NOT_ALLOWED"),
    (CUSTOMIZATION, SUBNETS, {}, "request.vpcConfig", "VPC_REQUIRED"),
    (CUSTOMIZATION, SUBNETS, {"vpcConfig": {"subnetIds": ["subnet-1", "subnet-2"]}}, "request.vpcConfig.subnetIds[1]", "SUBNET_NOT_ALLOWED"),
    (CUSTOMIZATION, GROUPS, {"vpcConfig": {"securityGroupIds": ["sg-2"]}}, "request.vpcConfig.securityGroupIds[0]", "SECURITY_GROUP_NOT_ALLOWED"),
    (CUSTOMIZATION, HOUR, {}, "request", "RUN_TIME_TOO_LONG"),
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
    (TRAINING, {"roles": ANY_ROLE, "sizes": {"max_keep_alive_seconds": 0}}, {"ResourceConfig/KeepAlivePeriodInSeconds": 1}, f"{RESOURCES}.KeepAlivePeriodInSeconds", "KEEP_ALIVE_TOO_LONG"),
    (TRAINING, {"roles": ANY_ROLE, "remote_debug": False}, {"RemoteDebugConfig": {"EnableRemoteDebug": True}}, "request.RemoteDebugConfig.EnableRemoteDebug", "REMOTE_DEBUG_NOT_ALLOWED"),
    (TRAINING, TYPES, SERVERLESS, "request.ServerlessJobConfig", "SERVERLESS_NOT_ALLOWED"),
    (TRAINING, COUNT, SERVERLESS, "request.ServerlessJobConfig", "SERVERLESS_NOT_ALLOWED"),
    (TRAINING, {**COUNT, "instance_types": ("ml.*",)}, SERVERLESS, "request.ServerlessJobConfig", "SERVERLESS_NOT_ALLOWED"),
]  # fmt: skip


# The same limits at their edges, where nothing is refused.
ALLOWED: list[tuple[Api, dict[str, Any], dict[str, Any]]] = [
    *[(api, {**ROLES, **WITHOUT_ROLES}, {}) for api in Api],
    (TASK, {**ANYTHING, "sizes": {"max_shots": 100}}, {}),
    (TASK, {**OUTPUTS, "outputs": ("s3://bucket/out",)}, {"outputS3KeyPrefix": "out/"}),
    (TUNING, COUNT, {PARALLEL: 2}),
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
    *[(api, {**IMAGES, **DESTINATIONS, **MODELS, "remote_debug": False, "sizes": {"max_volume_gb": 100, "max_keep_alive_seconds": 0}}, {}) for api in Api],
    (TRAINING, IMAGES, {"DebugRuleConfigurations": [{**RULE, "RuleEvaluatorImage": f"{OWN_REGISTRY}/rules:1"}]}),
    (BEDROCK, MODELS, {"modelId": "amazon.nova-lite-v1:0"}),
    (TRAINING, DESTINATIONS, {"MlflowConfig": {"MlflowResourceArn": "arn:aws:sagemaker:us-west-2:123456789012:mlflow-app/team"}}),
    (TRAINING, {**SUBNETS, "security_groups": ("sg-1",)}, {"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}),
    (BRAKET, {**SUBNETS, **GROUPS}, {}),
    (FIREWORKS, {**SUBNETS, **GROUPS}, {}),
    (TRAINING, VOLUME, {"ResourceConfig/VolumeSizeInGB": 100}),
    (TRAINING, {"roles": ANY_ROLE, "sizes": {"max_keep_alive_seconds": 60}}, {"ResourceConfig/KeepAlivePeriodInSeconds": 60}),
    (TRAINING, {"roles": ANY_ROLE, "remote_debug": False}, {"RemoteDebugConfig": {"EnableRemoteDebug": False}}),
    (TRAINING, {"roles": ANY_ROLE}, {"RemoteDebugConfig": {"EnableRemoteDebug": True}}),
    (TRAINING, {"roles": ANY_ROLE}, SERVERLESS),
    (TRAINING, {**COUNT, "instance_types": ("ml.m5.*", "serverless")}, SERVERLESS),
    (TRAINING, {**TYPES, "instance_types": ("*",)}, SERVERLESS),
]  # fmt: skip
