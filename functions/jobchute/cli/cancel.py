"""jobchute cancel"""

from typing import TYPE_CHECKING, Annotated

import typer

from jobchute.cli.errors import AnswerIsNoError, CannotAskError
from jobchute.cli.options import AsJson, JobId, Stack
from jobchute.cli.output import print_json
from jobchute.job import Job, State

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.following import Clock

Timeout = Annotated[float, typer.Option(help="Wait so many seconds for it to take effect.", min=0)]


def cancel(job_id: JobId, timeout: Timeout = 60, stack: Stack = None, as_json: AsJson = False) -> None:
    """Cancel a job, and wait until that has taken effect: the job is CANCELLING or CANCELLED."""
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.following import Clock
    from jobchute.cli.sending import send

    deployment = deployment_of(stack)
    job = deployment.job(job_id)
    if not job.state.is_final:
        send(deployment, {"cancel": job.job_id})
        job = _when_it_took_effect(deployment, job.job_id, Clock(timeout=timeout))
    _print(job, as_json)
    if job.state.is_final and job.state is not State.CANCELLED:
        raise AnswerIsNoError(f"the job had ended {job.state}; nothing was cancelled")


def _when_it_took_effect(deployment: "Deployment", job_id: str, clock: "Clock") -> Job:
    start = clock.now()
    while True:
        job = deployment.ledger.get(job_id)
        if job.state.is_final or job.state is State.CANCELLING or job.stop_cause is not None:
            return job
        if clock.timeout is not None and clock.now() - start >= clock.timeout:
            late = f"{clock.timeout:g} seconds after the cancellation was sent the job is still {job.state}"
            raise CannotAskError(f"{late}; look again: jobchute jobs show {job_id}")
        clock.pause(clock.interval)


def _print(job: Job, as_json: bool) -> None:
    if as_json:
        from jobchute.status import status_of

        print_json(status_of(job))
    else:
        typer.echo(f"{job.job_id} {job.state}")
