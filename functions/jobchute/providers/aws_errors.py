"""botocore's errors as ours: classified by code, and by HTTP status if the code is unknown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
)

from jobchute.errors import (
    AmbiguousError,
    NotFoundError,
    PermanentError,
    ProviderError,
    QuotaError,
    RefusedError,
    ThrottledError,
)
from jobchute.providers.http_errors import was_never_sent, words_of

THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "SlowDown",
    }
)
# Braket: DeviceOffline is 424 and passes; SageMaker's ResourceLimitExceeded is refined in its adapter.
QUOTA = frozenset({"ServiceQuotaExceededException", "ResourceLimitExceeded", "DeviceOfflineException"})
# Clocks and credentials that may be right at the next call; nothing was created.
NOT_AUTHENTICATED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "InvalidSignatureException",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
    }
)
UNCLEAR = frozenset({"RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete"})
NOT_FOUND = frozenset({"ResourceNotFoundException", "ResourceNotFound"})

# Raised before a request is signed, or by `URLLib3Session.send` where no connection came to stand: a host name
# that cannot be looked up, as in a region without the API, and a refused or timed-out connection.
NEVER_SENT = (
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

Refine = Callable[[ProviderError], ProviderError]


@contextmanager
def provider_errors(refine: Refine = lambda error: error) -> Iterator[None]:
    """Turn botocore's errors into the ProviderError tree; refine: what one adapter knows better."""
    try:
        yield
    except ClientError as error:
        raise refine(from_client_error(error)) from error
    except ParamValidationError as error:
        raise PermanentError(str(error), code="ParamValidationError") from error
    except BotoCoreError as error:
        # The cause of an error that botocore did not expect may quote a header.
        raise from_botocore_error(error) from (None if type(error) is HTTPClientError else error)


def from_botocore_error(error: BotoCoreError) -> ProviderError:
    """An error that proves that nothing was sent is a refusal for now; any other call may have taken effect.

    The client must make one attempt per call (runtime.PROVIDER_CONFIG): the last of several attempts says
    nothing about the others.
    """
    code, message = type(error).__name__, str(error)
    cause = error.kwargs.get("error")
    if type(error) is HTTPClientError and isinstance(cause, Exception):
        message = words_of(cause)
    if isinstance(error, NEVER_SENT) or was_never_sent(cause):
        return RefusedError(message, code=code)
    return AmbiguousError(message, code=code)


def from_client_error(error: ClientError) -> ProviderError:
    """Unknown codes follow the HTTP status: 5xx may have taken effect, 4xx is final."""
    code = error.response["Error"].get("Code", "")
    message = error.response["Error"].get("Message", "") or str(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in THROTTLED or status == 429:
        return ThrottledError(message, code=code)
    if code in QUOTA:
        return QuotaError(message, code=code)
    if code in NOT_FOUND:
        return NotFoundError(message, code=code)
    if code in NOT_AUTHENTICATED:
        return RefusedError(message, code=code)
    if code in UNCLEAR or status >= 500:
        return AmbiguousError(message, code=code)
    return PermanentError(message, code=code)
