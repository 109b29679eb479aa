"""The causes that providers' failure texts tell, where they give no code. Pure.

SageMaker begins a failure reason with the name of an error. Braket, whose hybrid jobs run on SageMaker, uses
the same names. A name decides, except `ClientError`, which stands for almost everything; there, and where there
is no name, known phrases decide. Any other text is UNKNOWN.

tests/data/failures.json has texts of every kind, those of public reports with their source.
"""

import re
from collections.abc import Sequence

from jobchute.outcomes import Cause

Phrases = Sequence[tuple[str, Cause]]
"""Regular expressions, case-insensitive, and what they tell. The first that is found decides."""

NAMES: Phrases = (
    (r"CapacityError|(?:EC2)?Insufficient(?:Instance)?Capacity\w*", Cause.CAPACITY),
    (r"Internal(?:Server|Service)(?:Error|Exception|Failure)|InternalError|Platform Error", Cause.INTERNAL),
    (r"AlgorithmError", Cause.CODE),
    (r"ThrottlingException|ThrottledException", Cause.THROTTLED),
    (r"AccessDenied(?:Exception)?", Cause.PERMISSION),
    (r"ValidationException", Cause.INPUT),
)
"""Names at the beginning of a text."""

PERMISSION_OF_ROLE: Phrases = (
    (r"assume (?:the )?(?:provided )?role|not authorized to perform", Cause.PERMISSION),
    (r"caller doesn't have access", Cause.PERMISSION),
)
"""What a validation error says where the job's role, or the caller's own, cannot be used."""
PERMISSION: Phrases = (
    *PERMISSION_OF_ROLE,
    (r"AccessDenied|access (?:was |is )?denied|\(403\)|\b403 forbidden|status code: 403", Cause.PERMISSION),
    (r"not authorized to|unauthorized|sts:AssumeRole", Cause.PERMISSION),
    (r"(?:not|n't) have (?:the )?(?:\w+ )?(?:permission|access)|insufficient permissions", Cause.PERMISSION),
)
INTERNAL: Phrases = (
    (r"unable to execute request to S3", Cause.INTERNAL),
    (r"internal ?(?:server ?|service ?)?(?:error|failure)|service unavailable", Cause.INTERNAL),
    (r"launched instance was unhealthy|pipe channel timed out", Cause.INTERNAL),
    (r"uncorrectable ECC error", Cause.INTERNAL),
    (r"CannotPullContainerError: context canceled", Cause.INTERNAL),
)
THROTTLED: Phrases = (
    (
        r"rate exceeded|too many requests|reduce your request rate|\bSlowDown\b|ThrottlingException",
        Cause.THROTTLED,
    ),
)
CAPACITY: Phrases = (
    (r"insufficient ?(?:instance ?)?capacity|unable to provision requested (?:ML )?compute", Cause.CAPACITY),
)
INTERRUPTED: Phrases = (
    (r"spot (?:task|instance|request)s? (?:was|were) (?:interrupted|reclaimed)", Cause.INTERRUPTED),
    (r"host EC2 \(instance [\w-]+\) terminated", Cause.INTERRUPTED),
)
SEE_LOGS: Phrases = ((r"see job logs for more information", Cause.CODE),)
"""The container failed and left no message."""
OF_CLIENT_ERRORS: Phrases = (*PERMISSION, *THROTTLED, *INTERNAL, *CAPACITY, *INTERRUPTED, *SEE_LOGS)
ELSEWHERE: Phrases = (
    *PERMISSION,
    *THROTTLED,
    *CAPACITY,
    *INTERRUPTED,
    *INTERNAL,
    (r"out of memory|more memory|insufficient disk space|no space left", Cause.INPUT),
    (r"predicted runtime .* exceeds", Cause.INPUT),
)
"""Phrases that decide in a text without a known name."""


def cause_of_failure_reason(reason: str) -> Cause:
    """The cause that a failure reason of SageMaker or Braket tells."""
    text = reason.strip()
    if re.match(r"ClientError\b", text):
        return cause_among(OF_CLIENT_ERRORS, text) or Cause.INPUT
    named = next((cause for name, cause in NAMES if re.match(rf"(?:{name})\b", text)), None)
    if named is Cause.CODE:
        return cause_among(((r"uncorrectable ECC error", Cause.INTERNAL),), text) or Cause.CODE
    return named or cause_among(ELSEWHERE, text) or Cause.UNKNOWN


def cause_among(phrases: Phrases, text: str) -> Cause | None:
    """What the first phrase tells that a text contains; None if it contains none of them."""
    return next((cause for phrase, cause in phrases if re.search(phrase, text, re.IGNORECASE)), None)
