"""What tests of announcements share."""

import json
from typing import Any

from botocore.exceptions import ClientError

from tests.integration.handlers.world import World

KEY_TOO_LONG = ClientError(
    {"Error": {"Code": "KeyTooLongError"}, "ResponseMetadata": {"HTTPStatusCode": 400}},  # type: ignore[typeddict-item]
    "PutObject",
)


def put_aside(world: World) -> list[dict[str, Any]]:
    url = world.aws["sqs"].get_queue_url(QueueName="stream-failures")["QueueUrl"]
    messages = world.aws["sqs"].receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"])["putAside"] for message in messages]


def rows_made(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the stream's records that are about new jobs."""
    return [
        each
        for each in records
        if each["eventName"] == "INSERT" and each["dynamodb"]["Keys"]["sk"]["S"] == "JOB"
    ]
