"""Requests that keep or break each rule across fields: changes to the valid request of an API."""

# ruff: noqa: E501 (tables with one case a line)

import copy
from typing import Any

from jobchute.job import Api
from jobchute.validation.codes import Code
from tests.apis import REQUESTS, VALUES

BRAKET, BEDROCK, FIREWORKS = Api.BRAKET_JOB, Api.BEDROCK_JOB, Api.FIREWORKS_JOB
TRAINING, PROCESSING = Api.TRAINING_JOB, Api.PROCESSING_JOB

ROLE = "arn:aws:iam::123456789012:role/Jobs"
IMAGE = "123456789012.dkr.ecr.us-west-2.amazonaws.com/image:1"
PLAN = "arn:aws:sagemaker:us-west-2:123456789012:training-plan/plan"
MODEL = "arn:aws:sagemaker:us-west-2:aws:hub-content/SageMakerPublicHub/Model/llama/1.0.0"
DATASET = "arn:aws:sagemaker:us-west-2:aws:hub-content/SageMakerPublicHub/DataSet/data/1.0.0"
AUGMENTED = {"S3DataType": "AugmentedManifestFile", "S3Uri": "s3://bucket/train.manifest"}
S3 = {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/train"}
FILES = {
    "FileSystemId": "fs-0123456789a",
    "FileSystemAccessMode": "ro",
    "FileSystemType": "FSxLustre",
    "DirectoryPath": "/data",
}
GROUP = {"InstanceGroupName": "g", "InstanceType": "ml.m5.xlarge", "InstanceCount": 1}
ATHENA = {
    "Catalog": "AwsDataCatalog",
    "Database": "db",
    "QueryString": "select 1",
    "OutputS3Uri": "s3://bucket/athena",
    "OutputFormat": "PARQUET",
}
REDSHIFT = {
    "ClusterId": "cluster",
    "Database": "db",
    "DbUser": "user",
    "QueryString": "select 1",
    "ClusterRoleArn": ROLE,
    "OutputS3Uri": "s3://bucket/redshift",
    "OutputFormat": "PARQUET",
}
LOCAL = "/opt/ml/processing/in"
S3_INPUT = {"S3Uri": "s3://bucket/in", "S3DataType": "S3Prefix", "LocalPath": LOCAL}
S3_OUTPUT = {"S3Uri": "s3://bucket/out", "S3UploadMode": "EndOfJob"}

ALGORITHM = "request.AlgorithmSpecification"
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
WAIT = {"StoppingCondition/MaxWaitTimeInSeconds": 7200}
METRICS = {"AlgorithmSpecification/MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*)"}]}
ELSEWHERE = (
    "image",
    "python:3.11",
    "team/image:1",
    "docker.io/team/image:1",
    "ghcr.io/team/image@sha256:" + "0" * 64,
    "public.ecr.aws/bitnami/python:3.9",
    "registry.example.com:5000/team/image:1",
    "1234567890.dkr.ecr.us-east-1.amazonaws.com/image:1",
    "123456789012.dkr.ecr.region.amazonaws.com/image:1",
    "123456789012.dkr.ecr.us-east-1.example.com/image:1",
    "account.dkr.ecr.us-east-1.amazonaws.com/image:1",
)
PLACEHOLDERS = (
    "",
    "<your-image>",
    "{{image}}",
    "${IMAGE}",
    "IMAGE_URI",
    "YOUR_SAGEMAKER_CLARIFY_IMAGE_URI",
    "{{account}}.dkr.ecr.us-east-1.amazonaws.com/image:1",
    "123456789012.dkr.ecr.<region>.amazonaws.com/image:1",
    "<account>.dkr.ecr.us-east-1.amazonaws.com/image:1",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/<image>:1",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:<tag>",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/YOUR_IMAGE:1",
    "https://123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1 ",
    "...",
)
IN_ECR = (
    IMAGE,
    "123456789012.dkr.ecr.us-west-2.amazonaws.com/team_a/image.x-y",
    "123456789012.dkr.ecr.us-west-2.amazonaws.com/image@sha256:" + "0" * 64,
    "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/image:V1_a.b",
    "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/image:1",
    "123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov/image:1",
    "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu/image:1",
    "123456789012.dkr-ecr.us-west-2.on.aws/image:1",
)
BUILT_IN = (
    "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
    "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.0-1-cpu-py3",
    "433757028032.dkr.ecr.us-west-2.amazonaws.com/xgboost:latest",
    "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1",
    "664544806723.dkr.ecr.eu-central-1.amazonaws.com/kmeans",
)
FRAMEWORKS = (
    "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.3.0-gpu-py311-cu121-ubuntu20.04-sagemaker",
    "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
    "462105765813.dkr.ecr.us-east-1.amazonaws.com/sagemaker-rl-ray-container:ray-1.6.0-tf-cpu-py37",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/kmeans:1",
)
PRIVATE_REGISTRY: dict[str, Any] = {
    "AlgorithmSpecification/TrainingImage": "registry.example.com/team/train:1.0",
    "AlgorithmSpecification/TrainingImageConfig": {"TrainingRepositoryAccessMode": "Vpc"},
    "VpcConfig": {"Subnets": ["subnet-0"], "SecurityGroupIds": ["sg-0"]},
}

VALID: dict[Api, dict[str, Any]] = {
    **REQUESTS,
    BRAKET: {
        "algorithmSpecification": {"containerImage": {"uri": IMAGE}},
        "outputDataConfig": {"s3Path": "s3://bucket/out"},
        "roleArn": ROLE,
        "instanceConfig": {"instanceType": "ml.m5.large", "volumeSizeInGb": 30},
        "deviceConfig": {"device": "local:none/none"},
    },
    BEDROCK: {
        "roleArn": ROLE,
        "modelId": "amazon.nova-pro-v1:0",
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://bucket/in.jsonl"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://bucket/out/"}},
    },
    TRAINING: {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    },
    PROCESSING: {
        "AppSpecification": {"ImageUri": IMAGE},
        "RoleArn": ROLE,
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}
        },
    },
    FIREWORKS: {"nodePoolId": "pool", "shellExecutor": {"command": "python train.py"}},
}


REMOVED = object()


def changed(api: Api, changes: dict[str, Any]) -> dict[str, Any]:
    """The valid request of an API with other values at dotted paths."""
    request = copy.deepcopy(VALID[api])
    for path, value in changes.items():
        *parents, last = path.split("/")
        target = request
        for parent in parents:
            target = target.setdefault(parent, {})
        if value is REMOVED:
            del target[last]
        else:
            target[last] = copy.deepcopy(value)
    return request


def channel(name: str = "train", source: Any = None, **more: Any) -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": S3} if source is None else source, **more}


def training(**resources: Any) -> dict[str, Any]:
    return {"ResourceConfig": {"VolumeSizeInGB": 30, **resources}}


def cluster(**resources: Any) -> dict[str, Any]:
    return {"ProcessingResources": {"ClusterConfig": {"VolumeSizeInGB": 30, **resources}}}


def prefer(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"InstanceType": f"ml.{name}", **more} for name in names]


def item(source: dict[str, Any], name: str = "in", **more: Any) -> dict[str, Any]:
    return {"ProcessingInputs": [{"InputName": name, **source, **more}]}


def items(*sources: dict[str, Any]) -> dict[str, Any]:
    return {"ProcessingInputs": [{"InputName": f"in{i}", **source} for i, source in enumerate(sources)]}


def outputs(*values: dict[str, Any]) -> dict[str, Any]:
    return {"ProcessingOutputConfig": {"Outputs": list(values)}}


def tags(*keys: str) -> dict[str, Any]:
    return {"Tags": [{"Key": key, "Value": "v"} for key in keys]}


SERVERLESS: dict[str, Any] = {
    "AlgorithmSpecification": REMOVED,
    "ResourceConfig": REMOVED,
    "StoppingCondition": REMOVED,
    "ServerlessJobConfig": {"BaseModelArn": MODEL, "JobType": "FineTuning"},
}
EVALUATION = {"BaseModelArn": MODEL, "JobType": "Evaluation"}
RESOURCES = "request.ResourceConfig"
CLUSTER = "request.ProcessingResources.ClusterConfig"
CHANNELS = "request.InputDataConfig"
INPUT = "request.ProcessingInputs[0]"
OUTPUT = "request.ProcessingOutputConfig.Outputs"

# (API, rule, changes to the valid request, path and code of the one problem)
REFUSED: list[tuple[Api, str, dict[str, Any], str, Code]] = [
    (TRAINING, "job_on_instances_needs_its_parts", {"AlgorithmSpecification": REMOVED}, "request.AlgorithmSpecification", Code.MISSING),
    (TRAINING, "job_on_instances_needs_its_parts", {"ResourceConfig": REMOVED}, RESOURCES, Code.MISSING),
    (TRAINING, "job_on_instances_needs_its_parts", {"StoppingCondition": REMOVED}, "request.StoppingCondition", Code.MISSING),
    (TRAINING, "image_or_algorithm", {"AlgorithmSpecification/TrainingImage": REMOVED}, "request.AlgorithmSpecification", Code.NOT_ONE_OF),
    (TRAINING, "image_or_algorithm", {"AlgorithmSpecification/AlgorithmName": "mine"}, "request.AlgorithmSpecification.AlgorithmName", Code.EXCLUSIVE),
    (TRAINING, "image_or_algorithm", {**SERVERLESS, "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": IMAGE, "AlgorithmName": "mine"}}, "request.AlgorithmSpecification.AlgorithmName", Code.EXCLUSIVE),
    *((TRAINING, "training_image_can_be_read", {"AlgorithmSpecification/TrainingImage": image}, f"{ALGORITHM}.TrainingImage", Code.PATTERN) for image in PLACEHOLDERS),
    (TRAINING, "training_image_can_be_read", {**PRIVATE_REGISTRY, "AlgorithmSpecification/TrainingImage": "registry.example.com/<your-image>"}, f"{ALGORITHM}.TrainingImage", Code.PATTERN),
    *((TRAINING, "training_image_can_be_read", {"AlgorithmSpecification/TrainingImage": image}, f"{ALGORITHM}.TrainingImage", Code.REQUIRES) for image in ELSEWHERE),
    (TRAINING, "training_image_can_be_read", {**PRIVATE_REGISTRY, "AlgorithmSpecification/TrainingImageConfig": {"TrainingRepositoryAccessMode": "Platform"}}, f"{ALGORITHM}.TrainingImage", Code.REQUIRES),
    (TRAINING, "training_image_can_be_read", {name: value for name, value in PRIVATE_REGISTRY.items() if name != "VpcConfig"}, f"{ALGORITHM}.TrainingImage", Code.REQUIRES),
    *((TRAINING, "builtin_algorithm_has_its_own_metrics", {"AlgorithmSpecification/TrainingImage": image, **METRICS}, f"{ALGORITHM}.MetricDefinitions", Code.EXCLUSIVE) for image in BUILT_IN),
    (TRAINING, "evaluator_images_are_in_ecr", {"DebugRuleConfigurations": [{"RuleConfigurationName": "r", "RuleEvaluatorImage": "public.ecr.aws/a/b:1"}]}, "request.DebugRuleConfigurations[0].RuleEvaluatorImage", Code.PATTERN),
    (TRAINING, "evaluator_images_are_in_ecr", {"ProfilerRuleConfigurations": [{"RuleConfigurationName": "r", "RuleEvaluatorImage": "<image>"}]}, "request.ProfilerRuleConfigurations[0].RuleEvaluatorImage", Code.PATTERN),
    (TRAINING, "command_has_no_empty_strings", {"AlgorithmSpecification/ContainerArguments": ["--tag", ""]}, f"{ALGORITHM}.ContainerArguments[1]", Code.TOO_SHORT),
    (TRAINING, "command_has_no_empty_strings", {"AlgorithmSpecification/ContainerEntrypoint": [""]}, f"{ALGORITHM}.ContainerEntrypoint[0]", Code.TOO_SHORT),
    *((TRAINING, "instances_key_needs_a_volume", {"ResourceConfig/InstanceType": name, "ResourceConfig/VolumeKmsKeyId": KEY}, f"{RESOURCES}.VolumeKmsKeyId", Code.EXCLUSIVE) for name in ("ml.g5.2xlarge", "ml.g4dn.xlarge", "ml.p4d.24xlarge", "ml.trn1.2xlarge")),
    (TRAINING, "instances_key_needs_a_volume", training(InstanceGroups=[{**GROUP, "InstanceType": "ml.g6.xlarge"}], VolumeKmsKeyId=KEY), f"{RESOURCES}.VolumeKmsKeyId", Code.EXCLUSIVE),
    (TRAINING, "instances_key_needs_a_volume", training(InstancePreferences=prefer("g5.xlarge", "p5.48xlarge"), InstanceCount=1, VolumeKmsKeyId=KEY), f"{RESOURCES}.VolumeKmsKeyId", Code.EXCLUSIVE),
    (TRAINING, "spot_training_has_a_wait_time", {"EnableManagedSpotTraining": True}, "request.StoppingCondition.MaxWaitTimeInSeconds", Code.MISSING),
    (TRAINING, "spot_training_has_a_wait_time", {"EnableManagedSpotTraining": True, "StoppingCondition": {}, "RetryStrategy": {"MaximumRetryAttempts": 1}}, "request.StoppingCondition.MaxWaitTimeInSeconds", Code.MISSING),
    (TRAINING, "one_kind_of_capacity", {"ResourceConfig/InstanceCount": REMOVED}, f"{RESOURCES}.InstanceCount", Code.MISSING),
    (TRAINING, "one_kind_of_capacity", {"ResourceConfig/InstanceType": REMOVED}, f"{RESOURCES}.InstanceType", Code.MISSING),
    (TRAINING, "one_kind_of_capacity", training(InstanceGroups=[]), f"{RESOURCES}.InstanceType", Code.MISSING),
    (TRAINING, "one_kind_of_capacity", training(InstanceGroups=[GROUP], InstanceType="ml.m5.xlarge"), f"{RESOURCES}.InstanceType", Code.EXCLUSIVE),
    (TRAINING, "one_kind_of_capacity", training(InstanceGroups=[GROUP], InstanceCount=1), f"{RESOURCES}.InstanceCount", Code.EXCLUSIVE),
    (TRAINING, "preferences_exclude_other_capacity", training(InstancePreferences=prefer("m5.large"), InstanceCount=1, InstanceType="ml.m5.large"), f"{RESOURCES}.InstanceType", Code.EXCLUSIVE),
    (TRAINING, "preferences_exclude_other_capacity", training(InstancePreferences=prefer("m5.large"), InstanceCount=1, InstancePlacementConfig={}), f"{RESOURCES}.InstancePlacementConfig", Code.EXCLUSIVE),
    (TRAINING, "preferences_exclude_other_capacity", training(InstancePreferences=prefer("m5.large", InstanceCount=1), InstanceGroups=[GROUP]), f"{RESOURCES}.InstanceGroups", Code.EXCLUSIVE),
    (TRAINING, "preferences_exclude_other_capacity", {**training(InstancePreferences=prefer("m5.large"), InstanceCount=1), "EnableManagedSpotTraining": True, **WAIT}, "request.EnableManagedSpotTraining", Code.EXCLUSIVE),
    (TRAINING, "preferences_name_a_type_once", training(InstancePreferences=prefer("m5.large", "m5.xlarge", "m5.large"), InstanceCount=1), f"{RESOURCES}.InstancePreferences[2].InstanceType", Code.DUPLICATE),
    (TRAINING, "preferences_count_in_one_place", training(InstancePreferences=prefer("m5.large")), f"{RESOURCES}.InstanceCount", Code.MISSING),
    (TRAINING, "preferences_count_in_one_place", training(InstancePreferences=prefer("m5.large", InstanceCount=2), InstanceCount=1), f"{RESOURCES}.InstancePreferences[0].InstanceCount", Code.EXCLUSIVE),
    (TRAINING, "preferences_count_in_one_place", training(InstancePreferences=[*prefer("m5.large", InstanceCount=2), *prefer("m5.xlarge")]), f"{RESOURCES}.InstancePreferences[1].InstanceCount", Code.REQUIRES),
    (TRAINING, "training_plan_in_one_place", training(InstancePreferences=prefer("m5.large", TrainingPlanArns=[PLAN]), InstanceCount=1, TrainingPlanArn=PLAN), f"{RESOURCES}.InstancePreferences[0].TrainingPlanArns", Code.EXCLUSIVE),
    (TRAINING, "wait_time_belongs_to_spot_or_retries", {"StoppingCondition/MaxWaitTimeInSeconds": 3600}, "request.StoppingCondition.MaxWaitTimeInSeconds", Code.REQUIRES),
    (TRAINING, "wait_time_belongs_to_spot_or_retries", {"StoppingCondition/MaxWaitTimeInSeconds": 3600, "EnableManagedSpotTraining": False}, "request.StoppingCondition.MaxWaitTimeInSeconds", Code.REQUIRES),
    (TRAINING, "wait_time_covers_runtime", {"StoppingCondition/MaxWaitTimeInSeconds": 3599, "EnableManagedSpotTraining": True}, "request.StoppingCondition.MaxWaitTimeInSeconds", Code.TOO_SMALL),
    (TRAINING, "runtime_is_at_most_28_days", {"StoppingCondition/MaxRuntimeInSeconds": 2419201}, "request.StoppingCondition.MaxRuntimeInSeconds", Code.TOO_LARGE),
    (TRAINING, "channel_has_one_source", {"InputDataConfig": [channel(source={})]}, f"{CHANNELS}[0].DataSource", Code.NOT_ONE_OF),
    (TRAINING, "channel_has_one_source", {"InputDataConfig": [channel(), channel("b", {"S3DataSource": S3, "FileSystemDataSource": FILES})]}, f"{CHANNELS}[1].DataSource.FileSystemDataSource", Code.EXCLUSIVE),
    (TRAINING, "channel_has_one_source", {"InputDataConfig": [channel(source={"DatasetSource": {"DatasetArn": DATASET}, "FileSystemDataSource": FILES})]}, f"{CHANNELS}[0].DataSource.DatasetSource", Code.EXCLUSIVE),
    (TRAINING, "channel_names_differ", {"InputDataConfig": [channel(), channel("b"), channel()]}, f"{CHANNELS}[2].ChannelName", Code.DUPLICATE),
    (TRAINING, "channels_all_in_groups_or_none", {**training(InstanceGroups=[GROUP]), "InputDataConfig": [channel(source={"S3DataSource": {**S3, "InstanceGroupNames": ["g"]}}), channel("b")]}, f"{CHANNELS}[1].DataSource.S3DataSource.InstanceGroupNames", Code.REQUIRES),
    (TRAINING, "augmented_manifest_needs_pipe", {"InputDataConfig": [channel(source={"S3DataSource": AUGMENTED})]}, f"{CHANNELS}[0].DataSource.S3DataSource.S3DataType", Code.REQUIRES),
    (TRAINING, "augmented_manifest_needs_pipe", {"AlgorithmSpecification/TrainingInputMode": "Pipe", "InputDataConfig": [channel(source={"S3DataSource": AUGMENTED}, InputMode="FastFile")]}, f"{CHANNELS}[0].DataSource.S3DataSource.S3DataType", Code.REQUIRES),
    (TRAINING, "profiling_interval_is_listed", {"ProfilerConfig": {"ProfilingIntervalInMilliseconds": 300}}, "request.ProfilerConfig.ProfilingIntervalInMilliseconds", Code.NOT_ALLOWED_VALUE),
    (TRAINING, "debugger_names_differ", {"DebugRuleConfigurations": [{"RuleConfigurationName": "r", "RuleEvaluatorImage": IMAGE}] * 2}, "request.DebugRuleConfigurations[1].RuleConfigurationName", Code.DUPLICATE),
    (TRAINING, "debugger_names_differ", {"ProfilerRuleConfigurations": [{"RuleConfigurationName": "r", "RuleEvaluatorImage": IMAGE}] * 2}, "request.ProfilerRuleConfigurations[1].RuleConfigurationName", Code.DUPLICATE),
    (TRAINING, "debugger_names_differ", {"DebugHookConfig": {"S3OutputPath": "s3://b/d", "CollectionConfigurations": [{"CollectionName": "c"}] * 2}}, "request.DebugHookConfig.CollectionConfigurations[1].CollectionName", Code.DUPLICATE),
    (TRAINING, "evaluation_names_its_type", {**SERVERLESS, "ServerlessJobConfig": EVALUATION}, "request.ServerlessJobConfig.EvaluationType", Code.MISSING),
    (TRAINING, "sequence_length_is_in_range", {**SERVERLESS, "ServerlessJobConfig": {"BaseModelArn": MODEL, "JobType": "FineTuning", "SequenceLength": "0K"}}, "request.ServerlessJobConfig.SequenceLength", Code.TOO_SMALL),
    (TRAINING, "sequence_length_is_in_range", {**SERVERLESS, "ServerlessJobConfig": {"BaseModelArn": MODEL, "JobType": "FineTuning", "SequenceLength": "1025K"}}, "request.ServerlessJobConfig.SequenceLength", Code.TOO_LARGE),
    (TRAINING, "tag_keys_are_free_and_differ", tags("a", "b", "a"), "request.Tags[2].Key", Code.DUPLICATE),
    (TRAINING, "tag_keys_are_free_and_differ", tags("aws:team"), "request.Tags[0].Key", Code.RESERVED),
    (TRAINING, "tag_keys_are_free_and_differ", tags("a", "jobchute:job-id"), "request.Tags[1].Key", Code.RESERVED),
    *((PROCESSING, "processing_image_is_in_ecr", {"AppSpecification/ImageUri": image}, "request.AppSpecification.ImageUri", Code.PATTERN) for image in (*ELSEWHERE, *PLACEHOLDERS)),
    (PROCESSING, "command_has_no_empty_strings", {"AppSpecification/ContainerArguments": ["a", "", "b"]}, "request.AppSpecification.ContainerArguments[1]", Code.TOO_SHORT),
    (PROCESSING, "command_has_no_empty_strings", {"AppSpecification/ContainerEntrypoint": ["python3", ""]}, "request.AppSpecification.ContainerEntrypoint[1]", Code.TOO_SHORT),
    (PROCESSING, "cluster_key_needs_a_volume", cluster(InstanceType="ml.g4dn.xlarge", InstanceCount=1, VolumeKmsKeyId=KEY), f"{CLUSTER}.VolumeKmsKeyId", Code.EXCLUSIVE),
    (PROCESSING, "cluster_key_needs_a_volume", cluster(InstancePreferences=prefer("r5d.large", "g5.xlarge"), InstanceCount=1, VolumeKmsKeyId=KEY), f"{CLUSTER}.VolumeKmsKeyId", Code.EXCLUSIVE),
    (PROCESSING, "input_has_one_source", item({}), INPUT, Code.NOT_ONE_OF),
    (PROCESSING, "input_has_one_source", item({"S3Input": S3_INPUT, "DatasetDefinition": {"AthenaDatasetDefinition": ATHENA, "LocalPath": "/opt/ml/processing/b"}}), f"{INPUT}.DatasetDefinition", Code.EXCLUSIVE),
    (PROCESSING, "dataset_has_one_engine", item({"DatasetDefinition": {"LocalPath": LOCAL}}), f"{INPUT}.DatasetDefinition", Code.NOT_ONE_OF),
    (PROCESSING, "dataset_has_one_engine", item({"DatasetDefinition": {"LocalPath": LOCAL, "AthenaDatasetDefinition": ATHENA, "RedshiftDatasetDefinition": REDSHIFT}}), f"{INPUT}.DatasetDefinition.RedshiftDatasetDefinition", Code.EXCLUSIVE),
    (PROCESSING, "managed_input_needs_a_local_path", item({"S3Input": {"S3Uri": "s3://b/a", "S3DataType": "S3Prefix"}}), f"{INPUT}.S3Input.LocalPath", Code.MISSING),
    (PROCESSING, "managed_input_needs_a_local_path", item({"DatasetDefinition": {"AthenaDatasetDefinition": ATHENA}}, AppManaged=False), f"{INPUT}.DatasetDefinition.LocalPath", Code.MISSING),
    (PROCESSING, "s3_input_is_below_opt_ml_processing", item({"S3Input": {**S3_INPUT, "LocalPath": "/opt/ml/processing-in"}}), f"{INPUT}.S3Input.LocalPath", Code.PATTERN),
    (PROCESSING, "gzip_needs_pipe", item({"S3Input": {**S3_INPUT, "S3CompressionType": "Gzip"}}), f"{INPUT}.S3Input.S3CompressionType", Code.REQUIRES),
    (PROCESSING, "gzip_needs_pipe", item({"S3Input": {**S3_INPUT, "S3CompressionType": "Gzip", "S3InputMode": "File"}}), f"{INPUT}.S3Input.S3CompressionType", Code.REQUIRES),
    (PROCESSING, "input_names_and_paths_differ", {"ProcessingInputs": [{"InputName": "a", "S3Input": S3_INPUT}, {"InputName": "a", "S3Input": {**S3_INPUT, "LocalPath": f"{LOCAL}2"}}]}, "request.ProcessingInputs[1].InputName", Code.DUPLICATE),
    (PROCESSING, "input_names_and_paths_differ", items({"S3Input": S3_INPUT}, {"S3Input": {**S3_INPUT, "LocalPath": f"{LOCAL}/"}}), "request.ProcessingInputs[1].S3Input.LocalPath", Code.DUPLICATE),
    (PROCESSING, "output_has_one_destination", outputs({"OutputName": "o"}), f"{OUTPUT}[0]", Code.NOT_ONE_OF),
    (PROCESSING, "output_has_one_destination", outputs({"OutputName": "o", "AppManaged": True, "S3Output": S3_OUTPUT, "FeatureStoreOutput": {"FeatureGroupName": "g"}}), f"{OUTPUT}[0].FeatureStoreOutput", Code.EXCLUSIVE),
    (PROCESSING, "feature_store_output_is_app_managed", outputs({"OutputName": "o", "FeatureStoreOutput": {"FeatureGroupName": "g"}}), f"{OUTPUT}[0].FeatureStoreOutput", Code.REQUIRES),
    (PROCESSING, "output_names_differ", outputs(*[{"OutputName": "o", "S3Output": S3_OUTPUT}] * 2), f"{OUTPUT}[1].OutputName", Code.DUPLICATE),
    (PROCESSING, "type_or_preferences", cluster(), f"{CLUSTER}.InstanceType", Code.MISSING),
    (PROCESSING, "type_or_preferences", cluster(InstanceType="ml.m5.large", InstanceCount=1, InstancePreferences=prefer("m5.xlarge")), f"{CLUSTER}.InstanceType", Code.EXCLUSIVE),
    (PROCESSING, "preferences_name_a_type_once", cluster(InstanceCount=1, InstancePreferences=prefer("m5.xlarge", "m5.xlarge")), f"{CLUSTER}.InstancePreferences[1].InstanceType", Code.DUPLICATE),
    (PROCESSING, "preferences_count_in_one_place", cluster(InstancePreferences=prefer("m5.xlarge")), f"{CLUSTER}.InstanceCount", Code.MISSING),
    (PROCESSING, "tag_keys_are_free_and_differ", tags("AWS:team"), "request.Tags[0].Key", Code.RESERVED),
    (BEDROCK, "one_kind_of_location", {"inputDataConfig": {}}, "request.inputDataConfig", Code.NOT_ONE_OF),
    (BEDROCK, "one_kind_of_location", {"outputDataConfig": {}}, "request.outputDataConfig", Code.NOT_ONE_OF),
    (BEDROCK, "tag_keys_are_free_and_differ", {"tags": [{"key": "aws:a", "value": "v"}]}, "request.tags[0].key", Code.RESERVED),
    (BRAKET, "algorithm_is_named", {"algorithmSpecification": {}}, "request.algorithmSpecification", Code.NOT_ONE_OF),
    (BRAKET, "braket_image_is_filled_in", {"algorithmSpecification/containerImage": {"uri": "123456789012.dkr.ecr.us-west-2.amazonaws.com/<repository>:<tag>"}}, "request.algorithmSpecification.containerImage.uri", Code.PATTERN),
    (BRAKET, "braket_image_is_filled_in", {"algorithmSpecification/containerImage": {"uri": "123456789012.dkr.ecr.region.amazonaws.com/image:1"}}, "request.algorithmSpecification.containerImage.uri", Code.PATTERN),
    (BRAKET, "channel_names_differ", {"inputDataConfig": [{"channelName": "c", "dataSource": {"s3DataSource": {"s3Uri": "s3://b/a"}}}] * 2}, "request.inputDataConfig[1].channelName", Code.DUPLICATE),
    (BRAKET, "tag_keys_are_free", {"tags": {"aws:a": "v"}}, 'request.tags["aws:a"]', Code.RESERVED),
    (BRAKET, "tag_keys_are_free", {"tags": {"jobchute:x": "v"}}, 'request.tags["jobchute:x"]', Code.RESERVED),
    (BRAKET, "tags_keep_awss_limits", {"tags": {f"k{i}": "v" for i in range(51)}}, "request.tags", Code.TOO_MANY),
    (BRAKET, "tags_keep_awss_limits", {"tags": {"k" * 129: "v"}}, "request.tags." + "k" * 129, Code.TOO_LONG),
    (BRAKET, "tags_keep_awss_limits", {"tags": {"": "v"}}, 'request.tags[""]', Code.TOO_SHORT),
    (BRAKET, "tags_keep_awss_limits", {"tags": {"k": "v" * 257}}, "request.tags.k", Code.TOO_LONG),
    (FIREWORKS, "at_most_one_executor", {"notebookExecutor": {"notebookFilename": "n.ipynb"}}, "request.shellExecutor", Code.EXCLUSIVE),
    (FIREWORKS, "image_or_environment", {"imageRef": "i", "environmentId": "e"}, "request.environmentId", Code.EXCLUSIVE),
    *((FIREWORKS, "image_is_filled_in", {"imageRef": image}, "request.imageRef", Code.PATTERN) for image in PLACEHOLDERS if image),
    (FIREWORKS, "snapshot_needs_its_environment", {"snapshotId": "s"}, "request.snapshotId", Code.REQUIRES),
    (FIREWORKS, "annotation_keys_keep_kubernetes_syntax", {"annotations": {"-a": "v"}}, 'request.annotations["-a"]', Code.PATTERN),
    (FIREWORKS, "annotation_keys_keep_kubernetes_syntax", {"annotations": {"a" * 64: "v"}}, "request.annotations." + "a" * 64, Code.PATTERN),
    (FIREWORKS, "annotation_keys_keep_kubernetes_syntax", {"annotations": {"a b": "v"}}, 'request.annotations["a b"]', Code.PATTERN),
    (FIREWORKS, "annotation_keys_keep_kubernetes_syntax", {"annotations": {"": "v"}}, 'request.annotations[""]', Code.PATTERN),
    (FIREWORKS, "annotation_keys_keep_kubernetes_syntax", {"annotations": {"/a": "v"}}, 'request.annotations["/a"]', Code.PATTERN),
    (FIREWORKS, "annotation_keys_keep_kubernetes_syntax", {"annotations": {"a_b/c": "v"}}, 'request.annotations["a_b/c"]', Code.PATTERN),
    (FIREWORKS, "annotation_keys_keep_kubernetes_syntax", {"annotations": {"a/b/c": "v"}}, 'request.annotations["a/b/c"]', Code.PATTERN),
    (FIREWORKS, "annotation_keys_keep_kubernetes_syntax", {"annotations": {f"{'a.' * 126}aa/c": "v"}}, f'request.annotations["{"a." * 126}aa/c"]', Code.PATTERN),
    (FIREWORKS, "annotations_fit_in_256_kib", {"annotations": {"k": "ä" * (128 * 1024)}}, "request.annotations", Code.TOO_LONG),
    (FIREWORKS, "annotation_prefixes_are_free", {"annotations": {"fireworks.ai/a": "v"}}, 'request.annotations["fireworks.ai/a"]', Code.RESERVED),
    (FIREWORKS, "annotation_prefixes_are_free", {"annotations": {"Fireworks.AI/a": "v"}}, 'request.annotations["Fireworks.AI/a"]', Code.RESERVED),
    (FIREWORKS, "annotation_prefixes_are_free", {"annotations": {"jobchute/job-id": "v"}}, 'request.annotations["jobchute/job-id"]', Code.RESERVED),
    *((api, *case) for api, values in VALUES.items() for case in values.refused),
]  # fmt: skip

# (API, rule, changes to the valid request): at the edge of the rule, and accepted.
ACCEPTED: list[tuple[Api, str, dict[str, Any]]] = [
    (TRAINING, "job_on_instances_needs_its_parts", SERVERLESS),
    (TRAINING, "image_or_algorithm", {"AlgorithmSpecification": {"AlgorithmName": "mine", "TrainingInputMode": "File"}}),
    (TRAINING, "image_or_algorithm", {**SERVERLESS, "AlgorithmSpecification": {"TrainingInputMode": "File"}}),
    *((TRAINING, "training_image_can_be_read", {"AlgorithmSpecification/TrainingImage": image}) for image in IN_ECR),
    (TRAINING, "training_image_can_be_read", PRIVATE_REGISTRY),
    (TRAINING, "training_image_can_be_read", {**PRIVATE_REGISTRY, "AlgorithmSpecification/TrainingImage": "registry.example.com:5000/team/train@sha256:" + "0" * 64}),
    *((TRAINING, "builtin_algorithm_has_its_own_metrics", {"AlgorithmSpecification/TrainingImage": image, **METRICS}) for image in FRAMEWORKS),
    *((TRAINING, "builtin_algorithm_has_its_own_metrics", {"AlgorithmSpecification/TrainingImage": image}) for image in BUILT_IN),
    (TRAINING, "evaluator_images_are_in_ecr", {name: [{"RuleConfigurationName": "r", "RuleEvaluatorImage": "503895931360.dkr.ecr.us-east-1.amazonaws.com/sagemaker-debugger-rules:latest"}] for name in ("DebugRuleConfigurations", "ProfilerRuleConfigurations")}),
    (TRAINING, "command_has_no_empty_strings", {"AlgorithmSpecification/ContainerArguments": [" ", "-"], "AlgorithmSpecification/ContainerEntrypoint": ["sh"]}),
    (TRAINING, "instances_key_needs_a_volume", {"ResourceConfig/VolumeKmsKeyId": KEY}),
    (TRAINING, "instances_key_needs_a_volume", {"ResourceConfig/InstanceType": "ml.g5.2xlarge", "ResourceConfig/VolumeSizeInGB": 225}),
    (TRAINING, "instances_key_needs_a_volume", training(InstancePreferences=prefer("g5.xlarge", "m5.large"), InstanceCount=1, VolumeKmsKeyId=KEY)),
    (TRAINING, "instances_key_needs_a_volume", training(InstanceGroups=[GROUP, {**GROUP, "InstanceGroupName": "h", "InstanceType": "ml.p4d.24xlarge"}], VolumeKmsKeyId=KEY)),
    (TRAINING, "spot_training_has_a_wait_time", {"EnableManagedSpotTraining": True, **WAIT}),
    (TRAINING, "spot_training_has_a_wait_time", {"EnableManagedSpotTraining": False}),
    (TRAINING, "one_kind_of_capacity", training(InstanceGroups=[GROUP])),
    (TRAINING, "one_kind_of_capacity", {**SERVERLESS, "ResourceConfig": {}}),
    (TRAINING, "one_kind_of_capacity", training(InstanceType="ml.m5.large", InstanceCount=0, InstanceGroups=[])),
    (TRAINING, "preferences_exclude_other_capacity", {**training(InstancePreferences=prefer("m5.large"), InstanceCount=1, InstanceGroups=[]), "EnableManagedSpotTraining": False}),
    (TRAINING, "preferences_exclude_other_capacity", {"EnableManagedSpotTraining": True, **WAIT}),
    (TRAINING, "preferences_name_a_type_once", training(InstancePreferences=prefer("m5.large", "m5.xlarge"), InstanceCount=1)),
    (TRAINING, "preferences_count_in_one_place", training(InstancePreferences=prefer("m5.large", "m5.xlarge", InstanceCount=2))),
    (TRAINING, "training_plan_in_one_place", training(InstancePreferences=prefer("m5.large", TrainingPlanArns=[PLAN]), InstanceCount=1)),
    (TRAINING, "training_plan_in_one_place", training(InstancePreferences=prefer("m5.large"), InstanceCount=1, TrainingPlanArn=PLAN)),
    (TRAINING, "wait_time_belongs_to_spot_or_retries", {"StoppingCondition/MaxWaitTimeInSeconds": 3600, "EnableManagedSpotTraining": True}),
    (TRAINING, "wait_time_belongs_to_spot_or_retries", {"StoppingCondition/MaxWaitTimeInSeconds": 86400, "RetryStrategy": {"MaximumRetryAttempts": 2}}),
    (TRAINING, "wait_time_covers_runtime", {"StoppingCondition": {"MaxWaitTimeInSeconds": 1}, "EnableManagedSpotTraining": True}),
    (TRAINING, "runtime_is_at_most_28_days", {"StoppingCondition/MaxRuntimeInSeconds": 2419200}),
    (TRAINING, "channel_has_one_source", {"InputDataConfig": [channel(), channel("b", {"FileSystemDataSource": FILES}), channel("c", {"DatasetSource": {"DatasetArn": DATASET}})]}),
    (TRAINING, "channel_names_differ", {"InputDataConfig": [channel("Train"), channel("train")]}),
    (TRAINING, "channels_all_in_groups_or_none", {**training(InstanceGroups=[GROUP]), "InputDataConfig": [channel(source={"S3DataSource": {**S3, "InstanceGroupNames": ["g"]}}), channel("b", {"FileSystemDataSource": FILES})]}),
    (TRAINING, "augmented_manifest_needs_pipe", {"InputDataConfig": [channel(source={"S3DataSource": AUGMENTED}, InputMode="Pipe")]}),
    (TRAINING, "augmented_manifest_needs_pipe", {"AlgorithmSpecification/TrainingInputMode": "Pipe", "InputDataConfig": [channel(source={"S3DataSource": AUGMENTED}), channel("b", InputMode="File")]}),
    (TRAINING, "profiling_interval_is_listed", {"ProfilerConfig": {"ProfilingIntervalInMilliseconds": 60000}}),
    (TRAINING, "debugger_names_differ", {name: [{"RuleConfigurationName": "r", "RuleEvaluatorImage": IMAGE}] for name in ("DebugRuleConfigurations", "ProfilerRuleConfigurations")}),
    (TRAINING, "evaluation_names_its_type", {**SERVERLESS, "ServerlessJobConfig": {**EVALUATION, "EvaluationType": "LLMAJEvaluation"}}),
    (TRAINING, "sequence_length_is_in_range", {**SERVERLESS, "ServerlessJobConfig": {**SERVERLESS["ServerlessJobConfig"], "SequenceLength": "1024K"}}),
    (TRAINING, "sequence_length_is_in_range", {**SERVERLESS, "ServerlessJobConfig": {**SERVERLESS["ServerlessJobConfig"], "SequenceLength": "1K"}}),
    (TRAINING, "tag_keys_are_free_and_differ", tags("a", "A", "awsome", "jobchute", "jobchute:simulate")),
    *((PROCESSING, "processing_image_is_in_ecr", {"AppSpecification/ImageUri": image}) for image in IN_ECR),
    (PROCESSING, "command_has_no_empty_strings", {"AppSpecification/ContainerEntrypoint": ["python3"], "AppSpecification/ContainerArguments": ["''\"'\""]}),
    (PROCESSING, "cluster_key_needs_a_volume", cluster(InstanceType="ml.c5.xlarge", InstanceCount=1, VolumeKmsKeyId=KEY)),
    (PROCESSING, "cluster_key_needs_a_volume", cluster(InstancePreferences=prefer("r5d.large", "r5.large"), InstanceCount=1, VolumeKmsKeyId=KEY)),
    (PROCESSING, "input_has_one_source", items({"S3Input": S3_INPUT}, {"DatasetDefinition": {"AthenaDatasetDefinition": ATHENA, "LocalPath": "/opt/ml/processing/b"}})),
    (PROCESSING, "dataset_has_one_engine", item({"DatasetDefinition": {"LocalPath": "/data", "RedshiftDatasetDefinition": REDSHIFT}})),
    (PROCESSING, "managed_input_needs_a_local_path", item({"S3Input": {"S3Uri": "s3://b/a", "S3DataType": "S3Prefix"}}, AppManaged=True)),
    (PROCESSING, "s3_input_is_below_opt_ml_processing", item({"S3Input": {**S3_INPUT, "LocalPath": "/opt/ml/processing"}})),
    (PROCESSING, "s3_input_is_below_opt_ml_processing", item({"S3Input": {**S3_INPUT, "LocalPath": "/mnt"}}, AppManaged=True)),
    (PROCESSING, "gzip_needs_pipe", item({"S3Input": {**S3_INPUT, "S3CompressionType": "Gzip", "S3InputMode": "Pipe"}})),
    (PROCESSING, "gzip_needs_pipe", item({"S3Input": {**S3_INPUT, "S3CompressionType": "None", "S3InputMode": "File"}})),
    (PROCESSING, "input_names_and_paths_differ", items({"S3Input": S3_INPUT}, {"S3Input": {**S3_INPUT, "LocalPath": f"{LOCAL}2"}})),
    (PROCESSING, "output_has_one_destination", outputs()),
    (PROCESSING, "feature_store_output_is_app_managed", outputs({"OutputName": "o", "AppManaged": True, "FeatureStoreOutput": {"FeatureGroupName": "g"}})),
    (PROCESSING, "output_names_differ", outputs(*({"OutputName": f"o{i}", "S3Output": S3_OUTPUT} for i in range(2)))),
    (PROCESSING, "type_or_preferences", cluster(InstanceType="ml.m5.large")),
    (PROCESSING, "preferences_name_a_type_once", cluster(InstanceCount=1, InstancePreferences=prefer("m5.xlarge", "m5.large"))),
    (PROCESSING, "preferences_count_in_one_place", cluster(InstancePreferences=prefer("m5.xlarge", "m5.large", InstanceCount=1))),
    (PROCESSING, "tag_keys_are_free_and_differ", tags("jobchute:simulate", "laws:x")),
    (BEDROCK, "tag_keys_are_free_and_differ", {"tags": [{"key": "jobchute:simulate", "value": "v"}]}),
    (BEDROCK, "one_kind_of_location", {}),
    (BRAKET, "algorithm_is_named", {"algorithmSpecification": {"scriptModeConfig": {"entryPoint": "m", "s3Uri": "s3://b/a"}}}),
    (BRAKET, "braket_image_is_filled_in", {"algorithmSpecification/containerImage": {"uri": "292282985366.dkr.ecr.us-west-2.amazonaws.com/amazon-braket-base-jobs:latest"}}),
    (BRAKET, "channel_names_differ", {"inputDataConfig": [{"channelName": name, "dataSource": {"s3DataSource": {"s3Uri": "s3://b/a"}}} for name in "ab"]}),
    (BRAKET, "tag_keys_are_free", {"tags": {"jobchute:simulate": "v", "team": "growth"}}),
    (BRAKET, "tags_keep_awss_limits", {"tags": {f"{i:0128}": "v" * 256 for i in range(50)}}),
    (FIREWORKS, "at_most_one_executor", {"shellExecutor": REMOVED}),
    (FIREWORKS, "image_or_environment", {"imageRef": "i", "environmentId": "", "snapshotId": ""}),
    (FIREWORKS, "image_or_environment", {"imageRef": "", "environmentId": "e"}),
    *((FIREWORKS, "image_is_filled_in", {"imageRef": image}) for image in ("docker.io/team/train:1", "train", IMAGE)),
    (FIREWORKS, "snapshot_needs_its_environment", {"snapshotId": "s", "environmentId": "e"}),
    (FIREWORKS, "annotation_keys_keep_kubernetes_syntax", {"annotations": {f"{'a.' * 126}a/{'c' * 63}": "v", "A_b.c-1": "v", "Example.com/X": ""}}),
    (FIREWORKS, "annotations_fit_in_256_kib", {"annotations": {"k": "v" * (256 * 1024 - 1)}}),
    (FIREWORKS, "annotation_prefixes_are_free", {"annotations": {"jobchute/simulate": "v", "fireworks.ai": "v", "my.fireworks.ai/a": "v"}}),
    *((api, *case) for api, values in VALUES.items() for case in values.accepted),
]  # fmt: skip
