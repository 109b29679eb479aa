"""Retrying several jobs. A job that has a retry already is left out, so that running the command again sends
nothing twice: until its retry is in the ledger, the same document is sent again, which is the same job.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from jobchute.cli.chosen_jobs import Failure
from jobchute.cli.errors import ToolError
from jobchute.cli.output import say
from jobchute.cli.retry_dependencies import after_of_retry
from jobchute.cli.retry_documents import first_retry_id
from jobchute.cli.retry_sending import new_retry, send_retry
from jobchute.errors import UnknownJobError
from jobchute.job import Job, State
from jobchute.ledger.named_jobs import job_or_none

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.sending import Sent


class Retried(NamedTuple):
    """sent: the job that was retried, and its retry. known: jobs that had a retry, and its id."""

    sent: "list[tuple[Job, Sent]]"
    known: list[tuple[Job, str]]
    failures: list[Failure]


def to_retry(deployment: "Deployment", jobs: Sequence[Job]) -> Retried:
    """Which of the jobs need a retry: `sent` is empty yet. One read for 100 jobs."""
    failures = [Failure(job.job_id, why) for job in jobs if (why := why_not(job))]
    able = {first_retry_id(job): job for job in jobs if not why_not(job)}
    known = {retry.job_id for retry in deployment.ledger.get_many(able)}
    return Retried([], [(job, retry_id) for retry_id, job in able.items() if retry_id in known], failures)


def why_not(job: Job) -> str:
    """Why a job cannot be retried; empty if it can."""
    if job.state is State.REJECTED:
        return "it was rejected and never became a job; correct its file and submit it"
    if not job.state.is_final:
        return f"it is {job.state}; only a job that has ended can be retried; to end it: jobchute cancel"
    return ""


def retry_all(deployment: "Deployment", jobs: Iterable[Job]) -> Retried:
    """Send the retries, those of jobs that others wait for first. An error with one does not stop others."""
    found = Retried([], [], [])
    new: dict[str, Job] = {}
    for job in _in_order([*jobs]):
        try:
            document = new_retry(deployment, job)
            after = after_of_retry(
                job, lambda job_id: new.get(job_id) or job_or_none(deployment.ledger, job_id)
            )
            for note in after.notes:
                say(f"{job.job_id}: {note}", err=True)
            (sent,) = send_retry(
                deployment, job, document | ({"after": after.entries} if after.entries else {})
            )
        except (ToolError, UnknownJobError, ClientError, BotoCoreError) as error:
            found.failures.append(Failure(job.job_id, _words_of(error)))
            continue
        found.sent.append((job, sent))
        retry_id = str(sent.document.job_id)
        new[retry_id] = replace(
            job, job_id=retry_id, state=State.QUEUED, idempotency_key=document["idempotencyKey"]
        )
    return found


def _words_of(error: Exception) -> str:
    if isinstance(error, UnknownJobError):
        return "the ledger no longer has its request"
    return str(error)


def _in_order(jobs: list[Job]) -> list[Job]:
    """The jobs, each behind those that it waited for; the oldest first among the others."""
    by_id = {job.job_id: job for job in sorted(jobs, key=lambda job: job.created_at)}
    graph = {job.job_id: [str(e["job"]) for e in job.after if e["job"] in by_id] for job in by_id.values()}
    try:
        return [by_id[job_id] for job_id in TopologicalSorter(graph).static_order()]
    except CycleError:
        return [*by_id.values()]
