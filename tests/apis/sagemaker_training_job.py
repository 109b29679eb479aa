"""SageMaker training jobs."""

from typing import Any

from jobchute.job import Api
from jobchute.providers.sagemaker.adapter import STATES
from tests.apis.values import CLUSTER, HOUR, IMAGE, ROLE, ApiValues, Natives, Tagging


def _secret(text: str) -> dict[str, Any]:
    return {
        "HyperParameters": {"token": f"{text}-hyper", "longer": f"{text}-" + "x" * 300},
        "Environment": {"API_TOKEN": f"{text}-env"},
        "AlgorithmSpecification": {"ContainerArguments": ["--key", f"{text}-argument"]},
    }


VALUES = ApiValues(
    api=Api.TRAINING_JOB,
    body={
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": {"MaxRuntimeInSeconds": 7200},
    },
    numbered=lambda number: {"OutputDataConfig": {"S3OutputPath": f"s3://out-put/{number}"}},
    free="HyperParameters.x",
    secret=_secret,
    guarded_members=35,
    natives=Natives(
        begin=("InProgress/Starting", "InProgress/Training"),
        good="Completed/Completed",
        bad="Failed/Failed",
        stopping="Stopping/Stopping",
        stopped="Stopped/Stopped",
        reason="AlgorithmError: see job logs",
    ),
    tagging=Tagging("Tags", keys=("Key", "Value")),
    time_limit=(
        {"StoppingCondition": {"MaxRuntimeInSeconds": 7200, "MaxPendingTimeInSeconds": 7201}},
        14401,
    ),
    provider_id="arn:aws:sagemaker:us-east-1:123456789012:training-job/{name}",
    states=STATES,
    states_of_others=frozenset({"DeleteFailed"}),
    status_enum=("sagemaker", "TrainingJobStatus"),
    logs="/aws/sagemaker/TrainingJobs:churn/",
    max_wait=25 * 24 * HOUR,
    names_are_unique=True,
)
