"""Braket hybrid jobs."""

from jobchute.job import Api
from jobchute.providers.braket.hybrid_job.adapter import STATES
from tests.apis.values import HOUR, ApiValues, Natives, Tagging

VALUES = ApiValues(
    api=Api.BRAKET_JOB,
    body={
        "roleArn": "arn:aws:iam::123456789012:role/service-role/AmazonBraketJobsExecutionRole",
        "algorithmSpecification": {
            "scriptModeConfig": {"entryPoint": "a:b", "s3Uri": "s3://in-put/code.tar.gz"}
        },
        "instanceConfig": {"instanceType": "ml.m5.large", "volumeSizeInGb": 30},
        "deviceConfig": {"device": "arn:aws:braket:::device/quantum-simulator/amazon/sv1"},
        "stoppingCondition": {"maxRuntimeInSeconds": 7200},
    },
    numbered=lambda number: {"outputDataConfig": {"s3Path": f"s3://out-put/{number}"}},
    free="hyperParameters.x",
    secret=lambda text: {"hyperParameters": {"p": f"{text}-hyper"}},
    guarded_members=11,
    others=(
        "arn:aws:braket:::device/quantum-simulator/amazon/tn1",
        "arn:aws:braket:::device/quantum-simulator/amazon/dm1",
    ),
    natives=Natives(
        begin=("QUEUED", "RUNNING"),
        good="COMPLETED",
        bad="FAILED",
        stopping="CANCELLING",
        stopped="CANCELLED",
        reason="AlgorithmError: exit code 1",
    ),
    tagging=Tagging("tags"),
    time_limit=({"stoppingCondition": {"maxRuntimeInSeconds": 7200}}, 7200),
    provider_id="arn:aws:braket:us-east-1:123456789012:job/{number:012x}",
    states=STATES,
    status_enum=("braket", "JobPrimaryStatus"),
    logs="/aws/braket/jobs:churn/{last}",
    max_wait=6 * 24 * HOUR,
)
