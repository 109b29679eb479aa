"""Valid requests, and the parts that the cases of the rules change in them."""

import copy
from typing import Any

from jobchute.job import Api
from tests.apis import VALUES
from tests.apis.values import REMOVED

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
    **{api: values.body_of(1) for api, values in VALUES.items()},
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


def changed(api: Api, changes: dict[str, Any]) -> dict[str, Any]:
    """The valid request of an API with other values at paths such as `Tags/0/Key`."""
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
