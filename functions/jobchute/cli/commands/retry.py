"""jobchute retry"""

from functools import partial
from typing import TYPE_CHECKING, Any

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, JobId, OwnerName, Stack, Timeout, Wait
from jobchute.cli.output import say
from jobchute.cli.sent_jobs import print_sent, wait_for

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.job import Job


def retry(
    job_id: JobId,
    wait: Wait = False,
    timeout: Timeout = None,
    stack: Stack = None,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Run an ended job again: the same request as a new job, which names the old one.

    With --wait the exit status is 0 only if it SUCCEEDED.
    """
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.retry_sending import new_retry, send_retry

    deployment = deployment_of(stack, owner)
    job = deployment.own_job(job_id)
    _refuse_if_it_cannot(job)
    sent = send_retry(deployment, job, new_retry(deployment, job) | _after(deployment, job))
    if wait:
        wait_for(deployment, sent, timeout, as_json)
    else:
        print_sent(sent, as_json)


def _refuse_if_it_cannot(job: "Job") -> None:
    from jobchute.job import State

    if job.state is State.REJECTED:
        raise AnswerIsNoError(
            f"{job.job_id} was rejected and never became a job; correct its file and submit it"
        )
    if not job.state.is_final:
        rule = "only a job that has ended can be retried; to end it: jobchute cancel"
        raise AnswerIsNoError(f"{job.job_id} is {job.state}; {rule}")


def _after(deployment: "Deployment", job: "Job") -> dict[str, Any]:
    """The member `after` of the document. Prints which entries could not be kept."""
    from jobchute.cli.retry_dependencies import after_of_retry
    from jobchute.ledger.named_jobs import job_or_none

    after = after_of_retry(job, partial(job_or_none, deployment.ledger))
    for note in after.notes:
        say(note, err=True)
    return {"after": after.entries} if after.entries else {}
