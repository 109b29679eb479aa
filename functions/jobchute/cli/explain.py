"""What to tell of an error that came from below: from the ledger, from boto3, from AWS."""

import re

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError, NoRegionError

from jobchute.cli.errors import AnswerIsNoError, CannotAskError, ToolError
from jobchute.errors import UnknownJobError

LOCAL = 'for the embedded AWS: eval "$(jobchute local env)"'
BEGINNING = re.compile(r"(jc|rj)-[0-9a-f]{8,63}")
"""Of a job's id, as tables on a terminal show it."""
MISSING = frozenset({"ResourceNotFoundException", "NoSuchBucket", "AWS.SimpleQueueService.NonExistentQueue"})


def tool_error(error: Exception) -> ToolError | None:
    """The error in the user's terms; None for one that only a bug can explain."""
    match error:
        case UnknownJobError():
            return AnswerIsNoError(_unknown(str(error)))
        case NoCredentialsError():
            return CannotAskError(f"no AWS credentials: run `aws configure`, or set AWS_PROFILE; {LOCAL}")
        case NoRegionError():
            return CannotAskError(f"no AWS region: set AWS_DEFAULT_REGION or AWS_REGION; {LOCAL}")
        case HTTPClientError():
            return CannotAskError(f"{error}; check the network and AWS_ENDPOINT_URL; {LOCAL}")
        case BotoCoreError():
            return CannotAskError(str(error))
        case ClientError():
            return CannotAskError(_refusal(error))
        case _:
            return None


def _unknown(target: str) -> str:
    answer = f"no job has the id or idempotency key {target!r}"
    if BEGINNING.fullmatch(target):
        return (
            f"{answer}; it may be the beginning of an id, and a whole one is needed: jobchute jobs list --json"
        )
    return f"{answer}; see: jobchute jobs list"


def _refusal(error: ClientError) -> str:
    answer = error.response["Error"]
    code, message = answer.get("Code", ""), answer.get("Message", "")
    hint = ""
    if code in MISSING:
        hint = "; check JOBCHUTE_BUCKET, JOBCHUTE_QUEUE_URL and JOBCHUTE_TABLE, or unset them and give --stack"
    return f"AWS refused {error.operation_name}: {code}: {message}{hint}"
