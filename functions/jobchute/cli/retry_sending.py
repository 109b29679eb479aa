"""Making, checking and sending the document of a retry."""

from functools import partial
from typing import TYPE_CHECKING, Any

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.output import say

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.document_checks import Checked
    from jobchute.cli.sending import Sent
    from jobchute.job import Job


def send_retry(deployment: "Deployment", job: "Job", document: dict[str, Any]) -> "list[Sent]":
    """Send the retry of a job for the job's owner. Raises AnswerIsNoError for a document that is not valid."""
    from jobchute.cli.sending import by_bucket, by_queue

    checked = checked_retry(job, document)
    if job.owner is None:
        return list(by_queue(deployment, [checked]))
    # From the queue it would belong to the caller, who may be an operator.
    return list(by_bucket(deployment, checked.file, [checked]))


def new_retry(deployment: "Deployment", job: "Job") -> dict[str, Any]:
    """The document of a job's next retry, without `after`. Raises UnknownJobError if its request is gone."""
    from jobchute.cli.job_plans import plan_of
    from jobchute.cli.retry_documents import retry_of
    from jobchute.ledger.named_jobs import job_or_none

    def is_used(job_id: str) -> bool:
        return job_or_none(deployment.ledger, job_id) is not None

    requests = deployment.ledger.requests
    return retry_of(job, requests.get(job.job_id), plan_of(requests, job), is_used)


def after_of(deployment: "Deployment", job: "Job") -> dict[str, Any]:
    """The member `after` of the document; empty without one. Prints which entries could not be kept."""
    from jobchute.cli.retry_dependencies import after_of_retry
    from jobchute.ledger.named_jobs import job_or_none

    after = after_of_retry(job, partial(job_or_none, deployment.ledger))
    for note in after.notes:
        say(note, err=True)
    return {"after": after.entries} if after.entries else {}


def checked_retry(job: "Job", document: dict[str, Any]) -> "Checked":
    """Checked against the current models: a request that was valid once need not be valid now."""
    from jobchute.cli.document_checks import check
    from jobchute.cli.problem_lines import mistake_lines
    from jobchute.cli.request_files import RequestFile
    from jobchute.job import canonical

    data = canonical(document).encode()
    shown = f"retry of {job.job_id}"
    file = RequestFile(shown=shown, name="retry.json", path="", data=data, owner=job.owner)
    (checked,) = check(file)
    if checked.mistakes:
        for line in mistake_lines([checked]):
            say(*line, err=True)
        raise AnswerIsNoError("nothing was sent")
    return checked
