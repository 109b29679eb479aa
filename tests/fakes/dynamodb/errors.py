# ruff: noqa: N818 - the names are DynamoDB's
"""DynamoDB's errors as its client raises them."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError


class NotFakedError(Exception):
    """The call is valid in DynamoDB, but this fake does not support it; the product does not use it."""


class RefusalError(Exception):
    """What the service answers beside ValidationException. members: of the answer, beside the error."""

    def __init__(self, code: str, message: str, **members: Any) -> None:
        super().__init__(message)
        self.code = code
        self.members = members


class Exceptions:
    """As client.exceptions has them."""

    class ConditionalCheckFailedException(ClientError):
        pass

    class TransactionCanceledException(ClientError):
        pass

    class ResourceNotFoundException(ClientError):
        pass

    class IdempotentParameterMismatchException(ClientError):
        pass


def refused(operation: str, error: Exception) -> ClientError:
    code, members = "ValidationException", {}
    if isinstance(error, RefusalError):
        code, members = error.code, error.members
    response: dict[str, Any] = {
        "Error": {"Code": code, "Message": str(error)},
        "ResponseMetadata": {"HTTPStatusCode": 400},
        **members,
    }
    kind: type[ClientError] = getattr(Exceptions, code, ClientError)
    return kind(response, operation)  # type: ignore[arg-type]


def cancelled(reasons: Sequence[Mapping[str, Any]]) -> RefusalError:
    codes = ", ".join(reason["Code"] for reason in reasons)
    text = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return RefusalError("TransactionCanceledException", text, CancellationReasons=list(reasons))
