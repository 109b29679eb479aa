"""Which errors the same call would meet again."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError, ReadTimeoutError

from jobchute.lifecycle.failures import code_of, is_permanent


def client_error(code: str, status: int = 400) -> ClientError:
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutObject")  # type: ignore[arg-type]


def shown(error: Exception) -> str:
    status = error.response["ResponseMetadata"]["HTTPStatusCode"] if isinstance(error, ClientError) else ""
    return f"{code_of(error)} {status}"


@pytest.mark.parametrize(
    "error",
    [
        client_error("KeyTooLongError"),
        client_error("ValidationException"),
        client_error("EntityTooLarge", 413),
        ParamValidationError(report="too long"),
        TypeError("a float"),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"),
        ExceptionGroup("all", [KeyError("state"), client_error("InvalidArgument")]),
    ],
    ids=repr,
)
def test_what_is_wrong_with_the_request_itself_stays(error: Exception) -> None:
    assert is_permanent(error)


@pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException"),
        client_error("ProvisionedThroughputExceededException"),
        client_error("SlowDown"),
        client_error("AccessDeniedException"),
        client_error("AccessDenied"),
        client_error("ResourceNotFoundException"),
        client_error("NoSuchBucket"),
        client_error("ExpiredToken"),
        client_error("KMS.DisabledException"),
        *(client_error("Unheard", status) for status in (401, 403, 404, 408, 409, 429, 500, 503)),
        EndpointConnectionError(endpoint_url="https://s3"),
        ReadTimeoutError(endpoint_url="https://s3"),
        TimeoutError(),
        ExceptionGroup("one of them", [KeyError("state"), TimeoutError()]),
    ],
    ids=shown,
)
def test_what_another_try_or_an_operator_may_cure_passes(error: Exception) -> None:
    assert not is_permanent(error)


def test_an_error_is_named_by_its_code_and_not_by_its_words() -> None:
    group = ExceptionGroup("both", [client_error("KeyTooLongError"), TypeError("secret")])
    assert code_of(group) == "KeyTooLongError, TypeError"
