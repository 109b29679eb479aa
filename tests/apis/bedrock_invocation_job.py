"""Bedrock batch inference."""

from typing import Any

from jobchute.job import Api
from jobchute.providers.bedrock.invocation_job.adapter import STATES
from tests.apis.values import HOUR, ROLE, ApiValues, Natives, Tagging


def _numbered(number: int) -> dict[str, Any]:
    return {"outputDataConfig": {"s3OutputDataConfig": {"s3Uri": f"s3://out-put/{number}/"}}}


VALUES = ApiValues(
    api=Api.BEDROCK_JOB,
    body={
        "roleArn": ROLE,
        "modelId": "amazon.nova-lite-v1:0",
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://in-put/records.jsonl"}},
        "timeoutDurationInHours": 24,
    },
    numbered=_numbered,
    free="inputDataConfig.s3InputDataConfig.s3Uri",
    guarded_members=7,
    others=("amazon.nova-micro-v1:0", "amazon.nova-pro-v1:0"),
    natives=Natives(
        begin=("Submitted", "Validating", "Scheduled", "InProgress"),
        good="Completed",
        bad="Failed",
        stopping="Stopping",
        stopped="Stopped",
        reason="too few records",
    ),
    tagging=Tagging("tags", keys=("key", "value")),
    time_limit=({"timeoutDurationInHours": 48}, 48 * HOUR),
    provider_id="arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/{number:012x}",
    states=STATES,
    status_enum=("bedrock", "ModelInvocationJobStatus"),
    names_are_unique=True,
    limits_waiting=True,
    has_partial_success=True,
)
