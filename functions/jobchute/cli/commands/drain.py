"""jobchute drain"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, Stack
from jobchute.cli.output import counted, print_json, say

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.draining import Drained, Intake
    from jobchute.job import Job

HandOver = Annotated[
    Path | None,
    typer.Option(
        "--hand-over",
        metavar="FILE",
        help="Leave jobs running at their providers and list them in FILE, as JSON Lines.",
        show_default=False,
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Process requests again after a drain.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Timeout = Annotated[float, typer.Option(help="Seconds to wait.", min=0)]
Settle = Annotated[
    float | None,
    typer.Option(
        help="Seconds in which running calls may accept requests. Default: the timeout of that function.",
        min=0,
        show_default=False,
    ),
]


def drain(
    hand_over: HandOver = None,
    resume: Resume = False,
    yes: Yes = False,
    timeout: Timeout = 3600,
    settle: Settle = None,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Empty a deployment, so that `cdk destroy` does not hang: stop the intake, cancel all open jobs, and wait
    until their executions have ended.

    With --hand-over jobs that run at their providers are left running and listed. Requests stay in their
    queues. Exit status 0: drained. 1: something is still open; run it again.
    """
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.draining import Drain, Intake, RunningExecutions, open_jobs
    from jobchute.cli.following import clock_for
    from jobchute.cli.stack import validate_function_of
    from jobchute.runtime import client, current

    deployment = deployment_of(stack)
    intake = Intake(client("lambda"), validate_function_of(stack))
    if resume:
        _resume(intake, as_json)
        return
    if not yes:
        _ask(intake, [*open_jobs(deployment.ledger)], hand_over)
    with _listing(deployment, hand_over) as listed:
        drained = Drain(
            ledger=_ledger(deployment, stack),
            intake=intake,
            executions=RunningExecutions(client("stepfunctions"), deployment.state_machine_arn),
            clock=clock_for(timeout, interval=2),
            settle=intake.timeout() if settle is None else settle,
            hand_over=listed,
            now=current().clock.now,
        ).run()
    _tell(drained, intake, as_json)


def _ledger(deployment: "Deployment", stack: str | None) -> Any:
    """For writing: an ended job is kept as long as the functions would keep it."""
    from jobchute.cli.stack import retention_of
    from jobchute.ledger.jobs import Ledger
    from jobchute.runtime import client

    return Ledger(client("dynamodb"), deployment.table, retention_of(stack))


def _resume(intake: "Intake", as_json: bool) -> None:
    intake.resume()
    queues = intake.queues()
    if as_json:
        print_json({"resumed": queues})
    else:
        say(f"requests are processed again from {', '.join(queues)}")


def _ask(intake: "Intake", jobs: "list[Job]", hand_over: Path | None) -> None:
    """Say what will happen. Raises typer.Abort unless the answer is yes."""
    states = ", ".join(f"{count} {state}" for state, count in Counter(job.state for job in jobs).items())
    say(
        f"Requests will stay in {', '.join(intake.queues())} until you run `jobchute drain --resume`.", err=True
    )
    say(f"Open: {counted(len(jobs), 'job')}{f' ({states})' if states else ''}.", err=True)
    what = "Cancel all of them"
    if hand_over is not None:
        what = f"Cancel the jobs that no provider has, and list the others in {hand_over}"
    typer.confirm(f"{what}?", abort=True, err=True)


@contextmanager
def _listing(deployment: "Deployment", file: Path | None) -> "Iterator[Callable[[Job], None] | None]":
    """Writes each job that is handed over to a file, before its execution is stopped."""
    if file is None:
        yield None
        return
    with file.open("w") as lines:

        def write(job: "Job") -> None:
            lines.write(f"{json.dumps(_handed_over(deployment, job), ensure_ascii=False)}\n")
            lines.flush()

        yield write


def _handed_over(deployment: "Deployment", job: "Job") -> dict[str, Any]:
    return {
        "jobId": job.job_id,
        "api": job.api,
        "name": job.name,
        "providerId": job.provider_id,
        "state": job.state,
        "output": job.output,
        "logs": job.logs,
        "labels": dict(job.labels),
        "status": f"s3://{deployment.bucket}/{job.source.status_key}",
    }


def _tell(drained: "Drained", intake: "Intake", as_json: bool) -> None:
    states = Counter(str(job.state) for job in drained.open)
    if as_json:
        print_json(
            {
                "drained": drained.is_empty,
                "stopped": intake.queues(),
                "cancelled": drained.cancelled,
                "handedOver": drained.handed_over,
                "executionsStopped": drained.stopped,
                "executionsRunning": drained.running,
                "open": dict(states),
            }
        )
    else:
        done = f"cancelled {drained.cancelled}, handed over {drained.handed_over}"
        say(f"{done}, stopped {counted(drained.stopped, 'execution')}")
    if not drained.is_empty:
        left = ", ".join(f"{count} {state}" for state, count in states.items()) or "no jobs"
        raise AnswerIsNoError(
            f"not drained: {left} open, {counted(drained.running, 'execution')} running; run it again. "
            "See: jobchute jobs list"
        )
    if not as_json:
        typer.echo("drained; to process requests again: jobchute drain --resume")
