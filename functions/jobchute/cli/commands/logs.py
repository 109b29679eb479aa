"""jobchute logs"""

from typing import TYPE_CHECKING, Annotated

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.list_options import moment_of
from jobchute.cli.options import AsJson, JobId, OwnerName, Stack
from jobchute.cli.output import say
from jobchute.job import Job, State

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.log_following import Follower

Follow = Annotated[
    bool,
    typer.Option(
        "--follow",
        "-f",
        help="Print lines as they come, until the job has ended. Exit status 0 if it SUCCEEDED.",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Print lines since a time (2026-11-27T04:00:00Z), or since so long ago (90s, 15m, 2h, 1d).",
        show_default=False,
    ),
]
Attempt = Annotated[
    int | None,
    typer.Option(help="The attempt whose lines are printed; the newest by default.", min=1, show_default=False),
]
Settle = Annotated[
    float, typer.Option(help="With --follow: seconds to wait for late lines after the end.", min=0)
]


def logs(
    job_id: JobId,
    follow: Follow = False,
    since: Since = None,
    attempt: Attempt = None,
    settle: Settle = 90,
    stack: Stack = None,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Print the log lines of a job: all of its instances, in order of time.

    They are read from CloudWatch Logs with your own permissions (logs:FilterLogEvents).
    """
    from jobchute.cli.deployment import deployment_of
    from jobchute.runtime import current

    first = moment_of(since, current().clock.now())
    deployment = deployment_of(stack, owner)
    job = deployment.job(job_id)
    _refuse_if_it_has_none(job, attempt or job.attempt)
    follower = _follower(deployment, job, first, settle)
    if attempt is not None and attempt < job.attempt:
        _print_ended(follower, job, attempt, as_json)
    elif follow:
        _follow(follower, job, as_json)
    else:
        _print_written(follower, job, as_json)


def _print_written(follower: "Follower", job: Job, as_json: bool) -> None:
    from jobchute.cli.log_lines import print_lines
    from jobchute.providers.log_streams import log_streams_of

    streams = log_streams_of(job)
    if streams is None:
        raise _never_submitted(job)
    if not print_lines(follower.written(job, streams), as_json):
        say(f"{job.job_id} is {job.state}; it has written no lines", err=True)


def _print_ended(follower: "Follower", job: Job, attempt: int, as_json: bool) -> None:
    """The lines of an attempt that another one has followed: no more will come."""
    from jobchute.attempts import in_attempt
    from jobchute.cli.log_lines import print_lines
    from jobchute.providers.log_streams import log_streams_of

    streams = log_streams_of(in_attempt(job, attempt))
    if streams is None:
        raise AnswerIsNoError(f"attempt {attempt} of {job.job_id} was never created; it has no logs")
    if not print_lines(follower.written(job, streams), as_json):
        say(f"attempt {attempt} of {job.job_id} has written no lines", err=True)


def _follow(follower: "Follower", job: Job, as_json: bool) -> None:
    from jobchute.cli.log_lines import print_lines
    from jobchute.providers.log_streams import log_streams_of

    print_lines(follower.follow(job, lambda text: say(text, err=True)), as_json)
    job = follower.look()
    if log_streams_of(job) is None:
        raise _never_submitted(job)
    if job.state is not State.SUCCEEDED:
        raise AnswerIsNoError(": ".join(filter(None, (f"{job.job_id} is {job.state}", job.reason))))


def _refuse_if_it_has_none(job: Job, attempt: int) -> None:
    from jobchute.cli.missing_logs import why_never

    if attempt > job.attempt:
        from jobchute.cli.output import counted

        raise AnswerIsNoError(f"{job.job_id} has {counted(job.attempt, 'attempt')}, and no attempt {attempt}")
    if why := why_never(job):
        raise AnswerIsNoError(why)


def _never_submitted(job: Job) -> AnswerIsNoError:
    from jobchute.cli.missing_logs import why_not_submitted

    return AnswerIsNoError(why_not_submitted(job))


def _follower(deployment: "Deployment", job: Job, since: float | None, settle: float) -> "Follower":
    from functools import partial

    from jobchute.aws.log_events import LogEvents
    from jobchute.cli.log_following import Follower
    from jobchute.runtime import client, current

    logs_client = client("logs")
    return Follower(
        look=partial(deployment.ledger.get, job.job_id),
        events=lambda streams: LogEvents(logs_client, streams.group, streams.prefix),
        clock=current().clock,
        since=since,
        settle=settle,
    )
