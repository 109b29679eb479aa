"""botocore's errors as ours: told apart by code, and by HTTP status where the code says nothing."""

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from jobchute.errors import (
    AmbiguousError,
    NameTakenError,
    NotFoundError,
    PermanentError,
    ProviderError,
    QuotaError,
    RefusedError,
    ThrottledError,
)
from jobchute.providers.aws_errors import from_client_error, provider_errors

# Code, HTTP status, class: provider notes, A.4.
TABLE = [
    ("ThrottlingException", 429, ThrottledError),
    ("ThrottlingException", 400, ThrottledError),  # SageMaker's, not modelled
    ("Throttling", 400, ThrottledError),
    ("TooManyRequestsException", 429, ThrottledError),
    ("RequestLimitExceeded", 503, ThrottledError),
    ("SomethingNew", 429, ThrottledError),
    ("ServiceQuotaExceededException", 402, QuotaError),  # Braket
    ("ServiceQuotaExceededException", 400, QuotaError),  # Bedrock
    ("ResourceLimitExceeded", 400, QuotaError),  # SageMaker, refined by its adapter
    ("DeviceOfflineException", 424, QuotaError),
    ("DeviceRetiredException", 410, PermanentError),
    ("ResourceNotFoundException", 404, NotFoundError),
    ("ResourceNotFound", 400, NotFoundError),
    ("ValidationException", 400, PermanentError),
    ("AccessDeniedException", 403, PermanentError),
    ("AccessDeniedException", 400, PermanentError),
    ("ConflictException", 409, PermanentError),  # looked up by the lifecycle
    ("ConflictException", 400, PermanentError),
    ("InternalServiceException", 500, AmbiguousError),
    ("InternalServerException", 500, AmbiguousError),
    ("ServiceUnavailable", 503, AmbiguousError),
    ("", 502, AmbiguousError),
    ("ExpiredTokenException", 403, RefusedError),
    ("InvalidSignatureException", 403, RefusedError),
    ("UnrecognizedClientException", 400, RefusedError),
    ("RequestTimeoutException", 400, AmbiguousError),
    ("SomethingNew", 418, PermanentError),
]


def client_error(code: str, status: int, message: str = "the provider's words") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "CreateJob",
    )


@pytest.mark.parametrize(("code", "status", "expected"), TABLE)
def test_each_code_has_its_class(code: str, status: int, expected: type[ProviderError]) -> None:
    error = from_client_error(client_error(code, status))
    assert type(error) is expected
    assert (error.code, error.message) == (code, "the provider's words")


def test_an_error_without_words_says_something_still() -> None:
    error = from_client_error(ClientError({"Error": {}}, "CreateJob"))
    assert "CreateJob" in error.message


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url="https://x"),
        ConnectTimeoutError(endpoint_url="https://x"),
        EndpointConnectionError(endpoint_url="https://x"),
        NoCredentialsError(),
    ],
)
def test_what_broke_on_the_way_leaves_it_open(error: BotoCoreError) -> None:
    with pytest.raises(AmbiguousError) as caught, provider_errors():
        raise error
    assert caught.value.code == type(error).__name__
    assert caught.value.__cause__ is error


def test_what_botocore_itself_refuses_is_permanent() -> None:
    with pytest.raises(PermanentError, match="Missing required parameter"), provider_errors():
        raise ParamValidationError(report="Missing required parameter")


def test_an_adapter_may_know_better() -> None:
    def refine(error: ProviderError) -> ProviderError:
        return NameTakenError(error.message, code=error.code)

    with pytest.raises(NameTakenError), provider_errors(refine):
        raise client_error("ResourceInUse", 400)


def test_an_error_of_our_own_passes() -> None:
    with pytest.raises(ZeroDivisionError), provider_errors():
        raise ZeroDivisionError
