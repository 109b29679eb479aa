"""Ledger stream → status documents, the ends of executions, notifications."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobchute import metrics, runtime
from jobchute.job import Job
from jobchute.ledger.items import JOB, job_of

logger = Logger()

ANNOUNCED = (
    "moves",
    "retold",
    "duplicates",
    "lateTokens",
    "dependents",
    "timesRefused",
    "awaits",
    "waitsFor",
    "waiting",
)
"""Attributes of a row. A write that changes none of them (a lease, a due time) is not announced."""


SPARE_SECONDS = 20
"""A batch stops with so much of the function's time left: one record may write MAX_DUPLICATES documents."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """A stream is read in order: the first record that fails is where the next delivery begins.

    A record that would fail again, or has failed for long, is put aside, and those behind it go on.
    """
    for place, record in enumerate(event["Records"]):
        change = record["dynamodb"]
        if place and context.get_remaining_time_in_millis() < SPARE_SECONDS * 1000:
            return _again_from(change)
        try:
            _announce_or_put_aside(change)
        except Exception:
            logger.exception("record not announced", sequence_number=change["SequenceNumber"])
            return _again_from(change)
    return {"batchItemFailures": []}


def _again_from(change: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    return {"batchItemFailures": [{"itemIdentifier": change["SequenceNumber"]}]}


def _announce_or_put_aside(change: dict[str, Any]) -> None:
    """Raises what another try may cure."""
    image = change.get("NewImage")
    if image is None or change["Keys"]["sk"]["S"] != JOB:
        return
    aside = runtime.current().announcer.aside
    gives_up = partial(aside.gives_up, change)
    try:
        errors = _announce(image, change.get("OldImage"), gives_up)
    except Exception as error:
        if not gives_up(error):
            raise
        errors = [error]
    if errors:
        aside.put(change, errors)
        what = ExceptionGroup("steps of the announcement that failed", errors)
        logger.error("record put aside", job_id=change["Keys"]["pk"]["S"], exc_info=what)


def _announce(
    image: dict[str, Any], before: dict[str, Any] | None, gives_up: Callable[[Exception], bool]
) -> list[Exception]:
    """Returns the errors of what could not be told and is not to be tried again."""
    if before is not None and all(image.get(name) == before.get(name) for name in ANNOUNCED):
        return []
    job, job_before = job_of(image), None if before is None else job_of(before)
    errors = runtime.current().announcer.announce(job, job_before, gives_up=gives_up)
    if job_before is None or job_before.moves != job.moves:
        _count(job)
    return errors


def _count(job: Job) -> None:
    """Under the time of the move. A record that is delivered again counts again."""
    moved_at = datetime.fromisoformat(job.updated_at).timestamp()
    by = [("state",)] if job.api is None else [("state",), ("state", "api")]
    told = metrics.embedded(moved_at, {metrics.MOVES: 1}, *by, state=job.state, api=job.api or "")
    logger.info("move announced", job_id=job.job_id, source=job.source.uri, **told)
