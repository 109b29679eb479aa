"""botocore's errors as ours: told apart by code, and by HTTP status where the code is unknown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from jobchute.errors import (
    AmbiguousError,
    NotFoundError,
    PermanentError,
    ProviderError,
    QuotaError,
    RefusedError,
    ThrottledError,
)

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
# Clocks and credentials that the next call may have right; nothing was created.
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

Refine = Callable[[ProviderError], ProviderError]


@contextmanager
def provider_errors(refine: Refine = lambda error: error) -> Iterator[None]:
    """Turn botocore's errors into the ProviderError tree; refine: one adapter's better knowledge."""
    try:
        yield
    except ClientError as error:
        raise refine(from_client_error(error)) from error
    except ParamValidationError as error:
        raise PermanentError(str(error), code="ParamValidationError") from error
    except BotoCoreError as error:
        raise AmbiguousError(str(error), code=type(error).__name__) from error


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
