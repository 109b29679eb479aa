"""The command lines that a person may need next for a job. Pure: the page shows them and runs none."""

import shlex
from collections.abc import Iterator
from typing import NamedTuple

from jobchute.attempts import is_ending
from jobchute.cli.columns import short_id
from jobchute.job import Job, State
from jobchute.outcomes import Cause
from jobchute.providers.log_streams import log_streams_of
from jobchute.providers.registry import SPECS


class Command(NamedTuple):
    """purpose: what it is for, in a few words. line: as it is typed in a shell."""

    purpose: str
    line: str


def commands_for(job: Job, *, stack: str | None = None) -> tuple[Command, ...]:
    """The most likely next step first. stack: the --stack option that the view was started with."""
    option = "" if stack is None else f" --stack {shlex.quote(stack)}"
    return tuple(
        Command(purpose, f"jobchute {line}{option}") for purpose, line in _lines(job, short_id(job.job_id))
    )


def _lines(job: Job, job_id: str) -> Iterator[tuple[str, str]]:
    if job.state is State.REJECTED:
        yield "See all problems of the document", f"jobs show {job_id}"
        return
    if not job.state.is_final:
        yield from _of_open_job(job, job_id)
        return
    if job.state is State.PARTIAL and _has_records(job):
        yield "Send the failed and missing records again", f"results {job_id} --retry-failed"
    if job.cause is Cause.INPUT:
        yield "Print its document, to correct and submit it", f"jobs request {job_id}"
    yield "Run it again, as a new job", f"retry {job_id}"
    if log_streams_of(job) is not None:
        yield "Read all of its logs", f"logs {job_id}"
    if job.provider_id is not None:
        yield "Download its results", f"results {job_id} --to results"
    if job.cause not in (Cause.INPUT, None):
        yield "Print its document, to change and submit it", f"jobs request {job_id}"


def _of_open_job(job: Job, job_id: str) -> Iterator[tuple[str, str]]:
    if log_streams_of(job) is not None:
        yield "Follow its logs until it ends", f"logs {job_id} --follow"
    if not is_ending(job):
        yield "Cancel it", f"cancel {job_id}"
    if job.pool is not None and job.waiting is not None:
        yield "Show what runs and waits in the pools", "queue"


def _has_records(job: Job) -> bool:
    return job.api is not None and SPECS[job.api].records is not None
