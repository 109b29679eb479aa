"""Ledger stream → status documents, the ends of executions, notifications."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobchute import metrics, runtime
from jobchute.job import Job
from jobchute.rows import JOB, job_of

logger = Logger()

TOLD_OF = ("moves", "retold", "duplicates", "taskToken", "dependents")
"""Attributes of a row. A write that changes none of them (a lease, when to look again) is nobody's news."""


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
    if before is not None and all(image.get(name) == before.get(name) for name in TOLD_OF):
        return
    job, job_before = job_of(image), None if before is None else job_of(before)
    runtime.announcer().announce(job, job_before)
    if job_before is None or job_before.moves != job.moves:
        _count(job)


def _count(job: Job) -> None:
    """Under the time of the move. A record that is delivered again counts again."""
    moved_at = datetime.fromisoformat(job.updated_at).timestamp()
    by = [("state",)] if job.api is None else [("state",), ("state", "api")]
    told = metrics.embedded(moved_at, {metrics.MOVES: 1}, *by, state=job.state, api=job.api or "")
    logger.info("told", job_id=job.job_id, source=job.source.uri, **told)
