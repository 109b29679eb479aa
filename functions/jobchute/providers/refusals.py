"""The causes of ends that follow from a provider's refusals of create calls, by their codes. Pure."""

from jobchute.errors import (
    AmbiguousError,
    NotFoundError,
    PermanentError,
    ProviderError,
    QuotaError,
    ThrottledError,
)
from jobchute.outcomes import Cause

PERMISSION = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorizedException",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnauthorizedException",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
        "CredentialRetrievalError",
        "NoCredentialsError",
        "PartialCredentialsError",
        "HTTP 401",
        "HTTP 403",
    }
)
INPUT = frozenset(
    {
        "ConflictException",
        "DeviceRetiredException",
        "NameTaken",
        "ParamValidationError",
        "ResourceInUse",
        "ResourceNotFound",
        "ResourceNotFoundException",
        "SerializationException",
        "TooManyTagsException",
        "ValidationError",
        "ValidationException",
        "HTTP 400",
        "HTTP 404",
        "HTTP 413",
        "HTTP 422",
    }
)
NOT_DOCUMENTED = frozenset({"HTTP 402", "HTTP 412"})
"""Answers of Fireworks that may pass; what they mean is not documented."""
KINDS = {"quota": Cause.CAPACITY, "throttled": Cause.THROTTLED}
"""Kinds of refusals (jobchute.ledger.refusals) that determine the cause without a look at the code."""


def cause_of_refusal(error: ProviderError) -> Cause:
    """Why a provider did not create a job. UNKNOWN for a code that is in no list."""
    if error.cause is not None:
        return error.cause
    if by_code := _cause_of_code(error.code):
        return by_code
    match error:
        case QuotaError():
            return Cause.CAPACITY
        case ThrottledError():
            return Cause.THROTTLED
        case NotFoundError():
            return Cause.INPUT
        case AmbiguousError():
            return Cause.INTERNAL
        case PermanentError():
            return _cause_of_permanent(error)
        case _:
            return Cause.INTERNAL


def cause_of_wait(kind: str, code: str) -> Cause:
    """Why a job was not created until its time to wait was over. kind, code: of its last refusal."""
    return _cause_of_code(code) or KINDS.get(kind, Cause.INTERNAL)


def _cause_of_code(code: str) -> Cause | None:
    """Of a code that tells more than the kind of its error."""
    if code in PERMISSION:
        return Cause.PERMISSION
    return Cause.UNKNOWN if code in NOT_DOCUMENTED else None


def _cause_of_permanent(error: PermanentError) -> Cause:
    from jobchute.providers.failure_texts import PERMISSION_OF_ROLE, cause_among

    if error.code not in INPUT:
        return Cause.UNKNOWN
    return cause_among(PERMISSION_OF_ROLE, error.message) or Cause.INPUT
