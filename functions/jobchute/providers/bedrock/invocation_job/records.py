"""The records of Amazon Bedrock batch inference.

For each input file NAME.jsonl there is one NAME.jsonl.out, and for the job one manifest.json.out with counts.
The order of the lines is not the input's. A record that the job did not reach has no line.
Source: Amazon Bedrock User Guide, "Format and upload your batch inference data" and "View the results of a
batch inference job".
"""

from collections.abc import Mapping
from typing import Any

from jobchute.providers.bedrock.invocation_job.spec import MANIFEST
from jobchute.providers.records import Format

TRY_AGAIN = frozenset({408, 424, 429})
"""HTTP statuses below 500 that say nothing about the record: timeouts, failures of the model, throttling."""


def may_succeed(error: Mapping[str, Any]) -> bool:
    """`retryable` and `expired` are observed, not documented; without them, the status decides."""
    if error.get("retryable") is True or error.get("expired") is True:
        return True
    code = error.get("errorCode")
    return isinstance(code, int) and (code in TRY_AGAIN or code >= 500)


FORMAT = Format(
    input_suffix=".jsonl",
    output_suffix=".jsonl.out",
    manifest=MANIFEST,
    succeeded="successRecordCount",
    record_id="recordId",
    given="modelInput",
    output="modelOutput",
    error="error",
    may_succeed=may_succeed,
)
