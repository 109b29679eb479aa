"""Ledger stream → status documents, the ends of executions, notifications."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobchute import metrics, runtime
from jobchute.job import Job
from jobchute.lifecycle.announce import Change, Unreadable

logger = Logger()

SPARE_SECONDS = 20
"""A batch stops with so much of the function's time left: one row may have MAX_DUPLICATES documents."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """A stream is read in order: the first record that fails is where the next delivery begins.

    A record that would fail again, or has failed for long, is put aside, and those behind it go on.
    """
    batch = runtime.current().announcer.batch(event["Records"])
    for number, group in enumerate(batch.groups()):
        if number and context.get_remaining_time_in_millis() < SPARE_SECONDS * 1000:
            return _again_from(group[0])
        done = batch.tell(group)
        _count_moves(group[:done])
        if done < len(group):
            return _again_from(group[done])
    return {"batchItemFailures": []}


def _again_from(change: Change | Unreadable) -> dict[str, list[dict[str, str]]]:
    return {"batchItemFailures": [{"itemIdentifier": change.record["SequenceNumber"]}]}


def _count_moves(changes: Iterable[Change | Unreadable]) -> None:
    for change in changes:
        if isinstance(change, Change) and change.is_move:
            _count(change.job)


def _count(job: Job) -> None:
    """Under the time of the move. A record that is delivered again counts again."""
    moved_at = datetime.fromisoformat(job.updated_at).timestamp()
    by = [("state",)] if job.api is None else [("state",), ("state", "api")]
    told = metrics.embedded(moved_at, {metrics.MOVES: 1}, *by, state=job.state, api=job.api or "")
    logger.info("move announced", job_id=job.job_id, source=job.source.uri, **told)
    if job.cause is not None:
        by_cause = metrics.embedded(moved_at, {metrics.UNSUCCESSFUL: 1}, ("cause",), cause=job.cause)
        logger.info("unsuccessful end counted", job_id=job.job_id, **by_cause)
