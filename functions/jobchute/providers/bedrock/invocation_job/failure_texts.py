"""The causes that a failed batch inference job's message tells: Bedrock gives no code. Pure."""

from jobchute.outcomes import Cause
from jobchute.providers.failure_texts import CAPACITY, INTERNAL, PERMISSION, THROTTLED, Phrases, cause_among

INPUT: Phrases = (
    # "contains less records (1) than the required minimum of: 100", and quotas alike.
    (r"(?:less|fewer|more) records .*than", Cause.INPUT),
    (r"(?:size|number of records|records) .*exceeds?", Cause.INPUT),
    (r"not (?:a )?valid json|invalid json|malformed|jsonl", Cause.INPUT),
    (r"(?:duplicate|missing|invalid) record ?id", Cause.INPUT),
    (r"(?:is|are) (?:invalid|not valid|not supported)", Cause.INPUT),
    (r"no (?:such key|files|objects|records)|does not exist|not found", Cause.INPUT),
)


def cause_of_message(message: str) -> Cause:
    phrases = (*PERMISSION, *THROTTLED, *CAPACITY, *INTERNAL, *INPUT)
    return cause_among(phrases, message) or Cause.UNKNOWN
