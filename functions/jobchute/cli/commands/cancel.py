"""jobchute cancel"""

from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from jobchute.cli.completion import complete_jobs
from jobchute.cli.errors import AnswerIsNoError, CannotAskError
from jobchute.cli.options import AsJson, OwnerName, Stack
from jobchute.cli.output import print_json, say
from jobchute.job import Job, State

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.following import Clock

Target = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        autocompletion=complete_jobs,
        help="A job: its id or at least 4 digits of it, its name, idempotency key or provider's id. Or a file: "
        "s3://BUCKET/KEY or requests/…, with ?version=… for one version or #N for one document.",
    ),
]
Timeout = Annotated[float, typer.Option(help="Seconds to wait for it to take effect.", min=0)]


def cancel(
    target: Target,
    timeout: Timeout = 60,
    stack: Stack = None,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Cancel a job, and wait until that has taken effect: the job is CANCELLING or CANCELLED.

    Or cancel a file: all of its jobs, and what of it has not been read yet.
    """
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.following import clock_for
    from jobchute.cli.sending import ask

    deployment = deployment_of(stack, owner)
    if _is_file(deployment, target):
        _cancel_file(deployment, target, clock_for(timeout), as_json)
        return
    job = deployment.own_job(target)
    if not job.state.is_final:
        ask(deployment, {"cancel": job.job_id}, owner=job.owner, name=_new_name())
        job = _when_it_took_effect(deployment, job.job_id, clock_for(timeout))
    _print(job, as_json)
    if job.state.is_final and job.state is not State.CANCELLED:
        raise AnswerIsNoError(f"the job has already ended {job.state}; nothing was cancelled")


def _is_file(deployment: "Deployment", target: str) -> bool:
    """Whether the target is a file, not one of its jobs, nor a job whose idempotency key looks like a file."""
    from jobchute.cli.job_lookup import can_be_a_key, jobs_called, names_a_document
    from jobchute.intake.cancel import file_target

    is_file = file_target(target, deployment.bucket) is not None and not names_a_document(target)
    return is_file and can_be_a_key(target) and not jobs_called(deployment, target)


def _when_it_took_effect(deployment: "Deployment", job_id: str, clock: "Clock") -> Job:
    start = clock.now()
    while True:
        job = deployment.ledger.get(job_id)
        is_stopping = job.state is State.CANCELLING or job.stop_cause is not None
        # A stop for the next attempt is not yet that of the cancellation.
        if job.state.is_final or (is_stopping and job.stop_cause is not State.QUEUED):
            return job
        if clock.timeout is not None and clock.now() - start >= clock.timeout:
            late = f"the job is still {job.state} {clock.timeout:g} seconds after the cancellation was sent"
            raise CannotAskError(f"{late}; check it with: jobchute jobs show {job_id}")
        clock.pause(clock.interval)


def _cancel_file(deployment: "Deployment", target: str, clock: "Clock", as_json: bool) -> None:
    """Request the cancellation of a file, and show the first answer. Large files are cancelled in steps."""
    from jobchute.aws.objects import Objects
    from jobchute.cli.sending import ask
    from jobchute.runtime import client

    source = ask(deployment, {"cancel": target}, owner=deployment.owner, name=_new_name())
    key = source.status_key
    objects = Objects(client("s3"), deployment.bucket)
    start = clock.now()
    while (answer := objects.document(key)) is None:
        if clock.timeout is not None and clock.now() - start >= clock.timeout:
            raise CannotAskError(f"there is no answer yet; look for it later: s3://{deployment.bucket}/{key}")
        clock.pause(clock.interval)
    if "errors" in answer:
        raise AnswerIsNoError(answer["errors"][0]["message"])
    if as_json:
        print_json(answer)
    else:
        counts = ", ".join(f"{count} {state}" for state, count in answer["jobs"].items())
        say(f"{answer['file']}: {counts or 'no jobs yet'}")
        say(answer["note"], err=True)


def _new_name() -> str:
    """A new name each time, so that the answer to an earlier cancellation is not taken for this one's."""
    return f"cancel-{uuid4().hex}"


def _print(job: Job, as_json: bool) -> None:
    if as_json:
        from jobchute.status.documents import status_of

        print_json(status_of(job))
    else:
        say(f"{job.job_id} {job.state}")
