"""Ledger stream → status documents, the ends of executions, notifications."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobchute import runtime
from jobchute.rows import JOB, job_of

logger = Logger(service="announce")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:  # noqa: ARG001
    """A stream is read in order: the first record that fails is where the next delivery begins."""
    for record in event["Records"]:
        try:
            _announce(record["dynamodb"])
        except Exception:
            number = record["dynamodb"]["SequenceNumber"]
            logger.exception("record not announced, it comes back", sequence_number=number)
            return {"batchItemFailures": [{"itemIdentifier": number}]}
    return {"batchItemFailures": []}


def _announce(change: dict[str, Any]) -> None:
    image = change.get("NewImage")
    if image is None or change["Keys"]["sk"]["S"] != JOB:
        return
    before = change.get("OldImage")
    runtime.announcer().announce(job_of(image), None if before is None else job_of(before))
