"""SageMaker processing jobs."""

from typing import Any

from jobchute.job import Api
from jobchute.providers.sagemaker.adapter import STATES
from tests.apis.values import CLUSTER, IMAGE, ROLE, ApiValues, Natives, Tagging


def _secret(text: str) -> dict[str, Any]:
    return {
        "Environment": {"API_TOKEN": f"{text}-env"},
        "AppSpecification": {"ContainerArguments": ["--key", f"{text}-argument"]},
    }


VALUES = ApiValues(
    api=Api.PROCESSING_JOB,
    body={
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": IMAGE},
        "ProcessingResources": {"ClusterConfig": CLUSTER},
        "StoppingCondition": {"MaxRuntimeInSeconds": 7200},
    },
    numbered=lambda number: {"Environment": {"NUMBER": str(number)}},
    free="Environment.x",
    secret=_secret,
    guarded_members=16,
    natives=Natives(
        begin=("InProgress",),
        good="Completed",
        bad="Failed",
        stopping="Stopping",
        stopped="Stopped",
        reason="AlgorithmError: see job logs",
    ),
    tagging=Tagging("Tags", keys=("Key", "Value")),
    time_limit=({"StoppingCondition": {"MaxRuntimeInSeconds": 7200}}, 7200),
    provider_id="arn:aws:sagemaker:us-east-1:123456789012:processing-job/{name}",
    states=STATES,
    states_of_others=frozenset({"Deleting", "DeleteFailed"}),
    status_enum=("sagemaker", "ProcessingJobStatus"),
    logs="/aws/sagemaker/ProcessingJobs:churn/",
    names_are_unique=True,
    tells_waiting=False,
)
