"""Which errors are permanent, and which pass. Pure."""

from botocore.exceptions import ClientError, ParamValidationError

from jobchute.providers.aws_errors import NOT_AUTHENTICATED, QUOTA, THROTTLED, UNCLEAR

PASSING = (
    THROTTLED
    | QUOTA
    | NOT_AUTHENTICATED
    | UNCLEAR
    | {
        "ExecutionLimitExceeded",
        "InternalException",
        "InternalFailure",
        "LimitExceededException",
        "OperationAborted",
        "ProvisionedThroughputExceededException",
        "ServiceUnavailable",
        "TransactionCanceledException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Codes of client errors that the next call may not return."""

OF_THE_DEPLOYMENT = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "NoSuchBucket",
        "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
        "ResourceNotFoundException",
        "StateMachineDoesNotExist",
    }
)
"""Missing permissions and resources: an operator restores them, and no single job is at fault."""

# HTTP statuses of the same two kinds, for codes that are in neither list.
PASSING_STATUSES = frozenset({401, 403, 404, 408, 409, 429})

# What Python raises for data that a function cannot handle.
OF_THE_DATA = (TypeError, ValueError, LookupError, AttributeError, RecursionError)


def is_permanent(error: Exception) -> bool:
    """Whether the same call would fail with this error again, each time that it is made.

    That is true of client errors that are about the request itself (a key, an event or an item that is too
    large), and of data that the code cannot handle. Throttling, server errors, lost connections, permissions
    and missing resources pass. A group is permanent where each error in it is.
    """
    match error:
        case ExceptionGroup():
            return all(map(is_permanent, error.exceptions))
        case ClientError():
            return _is_about_the_request(error)
        case ParamValidationError():
            return True
        case _:
            return isinstance(error, OF_THE_DATA)


def code_of(error: Exception) -> str:
    """AWS's error code, or the name of the class; no message, which may hold a sender's words."""
    match error:
        case ExceptionGroup():
            return ", ".join(dict.fromkeys(map(code_of, error.exceptions)))
        case ClientError():
            return error.response["Error"].get("Code") or type(error).__name__
        case _:
            return type(error).__name__


def _is_about_the_request(error: ClientError) -> bool:
    code = error.response["Error"].get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    # A key of KMS that is disabled or throttled: `KMS.DisabledException`, `KmsThrottled`, …
    if code in PASSING | OF_THE_DEPLOYMENT or code.lower().startswith("kms"):
        return False
    return 400 <= status < 500 and status not in PASSING_STATUSES
