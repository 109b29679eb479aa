"""The causes that a failed customization job's message tells: Bedrock gives no code. Pure.

Source: Amazon Bedrock user guide, "Troubleshooting model customization issues".
"""

from jobchute.outcomes import Cause
from jobchute.providers.failure_texts import CAPACITY, INTERNAL, PERMISSION, THROTTLED, Phrases, cause_among

OWN: Phrases = (
    (r"S3 perms missing|could not validate \w+ permissions", Cause.PERMISSION),
    (r"unexpected error when processing the request", Cause.INTERNAL),
    (r"unable to parse|must conform to JSONL|not (?:a )?valid JSON", Cause.INPUT),
    (r"input size exceeded|exceeds (?:total )?limit|flagged this fine-tuning job", Cause.INPUT),
    (r"(?:is|are) (?:invalid|not valid|not supported)|invalid (?:training|validation) ", Cause.INPUT),
)


def cause_of_message(message: str) -> Cause:
    phrases = (*OWN, *PERMISSION, *THROTTLED, *CAPACITY, *INTERNAL)
    return cause_among(phrases, message) or Cause.UNKNOWN
