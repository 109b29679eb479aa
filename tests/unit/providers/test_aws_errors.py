"""botocore's errors as ours: told apart by code, and by HTTP status where the code says nothing."""

import socket
import ssl
import traceback
from typing import Any

import botocore.session
import pytest
import urllib3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
    SSLError,
)
from urllib3.connection import HTTPConnection

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


URL = "https://braket.eu-central-1.amazonaws.com"
LOOKED_UP = urllib3.exceptions.NameResolutionError("x", HTTPConnection("x"), socket.gaierror())
REFUSED = urllib3.exceptions.NewConnectionError(HTTPConnection("x"), "connection refused")
CERTIFICATE = urllib3.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed"))
# A proxy's connection that breaks while the answer is read is a ProxyError, too (urllib3 2.8).
RESET = urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError())


def through_proxy(error: Exception) -> ProxyConnectionError:
    return ProxyConnectionError(proxy_url="http://p", error=urllib3.exceptions.ProxyError("p", error))


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url=URL, error=LOOKED_UP),
        EndpointConnectionError(endpoint_url=URL, error=REFUSED),
        ConnectTimeoutError(endpoint_url=URL),
        SSLError(endpoint_url=URL, error=CERTIFICATE),
        through_proxy(REFUSED),
        through_proxy(urllib3.exceptions.ConnectTimeoutError("slow")),
        HTTPClientError(error=urllib3.exceptions.LocationParseError("braket..amazonaws.com")),
        NoCredentialsError(),
        PartialCredentialsError(provider="env", cred_var="x"),
        CredentialRetrievalError(provider="x", error_msg="x"),
        NoRegionError(),
    ],
    ids=repr,
)
def test_what_was_never_sent_is_refused_for_now(error: BotoCoreError) -> None:
    with pytest.raises(RefusedError) as caught, provider_errors():
        raise error
    assert caught.value.code == type(error).__name__


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url=URL),
        ConnectionClosedError(endpoint_url=URL, error=RESET),
        SSLError(endpoint_url=URL, error=urllib3.exceptions.SSLError(ssl.SSLEOFError("EOF"))),
        through_proxy(ConnectionResetError()),
        through_proxy(OSError("Tunnel connection failed")),
        ResponseStreamingError(error="cut short"),
        HTTPClientError(error=OSError("unknown")),
    ],
    ids=repr,
)
def test_what_may_have_arrived_leaves_it_open(error: BotoCoreError) -> None:
    with pytest.raises(AmbiguousError) as caught, provider_errors():
        raise error
    assert caught.value.code == type(error).__name__


def test_an_invalid_header_is_in_no_message_and_no_traceback() -> None:
    """As http.client tells it where a session token has a line feed: `Invalid header value b'…'`."""
    session = botocore.session.Session()
    session.set_credentials("key", "secret", "FwoGZXIvYXdz-session\n")
    client: Any = session.create_client("braket", "us-east-1", endpoint_url="http://127.0.0.1:1")
    with pytest.raises(ProviderError) as caught, provider_errors():
        client.get_job(jobArn="arn:aws:braket:us-east-1:123456789012:job/x")
    told = "".join(traceback.format_exception(caught.value))
    assert "ValueError" in told
    assert "FwoGZXIvYXdz" not in told


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
