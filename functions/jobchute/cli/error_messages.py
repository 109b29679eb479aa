"""The tool's messages for errors of the ledger, boto3 and AWS."""

import errno
import re

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 (botocore's own)
    HTTPClientError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)
from botocore.parsers import ResponseParserError

from jobchute.cli.errors import AnswerIsNoError, CannotAskError, ToolError
from jobchute.errors import EnvironmentVariablesError, UnknownJobError

LOCAL = 'for the embedded AWS: eval "$(jobchute local env)"'
NO_URL = "Invalid endpoint: "
"""The beginning of a botocore ValueError that has no class of its own (botocore.endpoint.EndpointCreator)."""
TOO_SHORT = re.compile(r"(jc|rj)-[0-9a-f]{0,3}")
MISSING = frozenset({"ResourceNotFoundException", "NoSuchBucket", "AWS.SimpleQueueService.NonExistentQueue"})


def tool_error(error: Exception) -> ToolError | None:
    """The error in the user's terms; None for an error that only a bug can explain."""
    match error:
        case UnknownJobError():
            return AnswerIsNoError(_unknown(str(error)))
        case NoCredentialsError():
            return CannotAskError(f"no AWS credentials: run `aws configure`, or set AWS_PROFILE; {LOCAL}")
        case NoRegionError():
            return CannotAskError(f"no AWS region: set AWS_DEFAULT_REGION or AWS_REGION; {LOCAL}")
        case InvalidRegionError():
            return CannotAskError(f"{error} Correct AWS_DEFAULT_REGION or AWS_REGION")
        case ProfileNotFound():
            return CannotAskError(f"{error}: correct AWS_PROFILE, or run `aws configure --profile NAME`")
        case ConnectionError() | HTTPClientError():
            return CannotAskError(f"{error}; check the network and AWS_ENDPOINT_URL; {LOCAL}")
        case ResponseParserError():
            return CannotAskError(
                f"the answer does not come from AWS; check the network and AWS_ENDPOINT_URL; {LOCAL}"
            )
        case BotoCoreError():
            return CannotAskError(str(error))
        case ClientError():
            return CannotAskError(_refusal(error))
        case EnvironmentVariablesError():
            return CannotAskError(f"{error}; correct or unset it; {LOCAL}")
        case UnicodeEncodeError():
            return CannotAskError(f"an argument or environment variable is not UTF-8 text: {error.object!r}")
        case OSError() if error.errno != errno.EPIPE:  # the reader of the pipe has gone
            return CannotAskError(": ".join(filter(None, (error.filename, error.strerror or str(error)))))
        case ValueError() if str(error).startswith(NO_URL):
            return CannotAskError(f"{error}; AWS_ENDPOINT_URL must begin with http:// or https://; {LOCAL}")
        case _:
            return None


def _unknown(target: str) -> str:
    if TOO_SHORT.fullmatch(target):
        return f"{target!r} is too short to find a job: give at least 4 digits after the hyphen"
    known = "id (or beginning of one), name, idempotency key, provider id or file"
    return f"no job has the {known} {target!r}; see: jobchute jobs list"


def _refusal(error: ClientError) -> str:
    answer = error.response["Error"]
    code, message = answer.get("Code", ""), answer.get("Message", "")
    hint = ""
    if code in MISSING:
        variables = "JOBCHUTE_BUCKET, JOBCHUTE_QUEUE_URL and JOBCHUTE_TABLE"
        hint = f"; check the region, {variables}, or unset them and give --stack"
    return f"AWS refused {error.operation_name}: {code}: {message}{hint}"
