"""The jobs of a command that takes several: named by their ids, or chosen by conditions."""

import sys
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import typer

from jobchute.cli.errors import AnswerIsNoError, CannotAskError
from jobchute.cli.job_filters import Wanted, all_found
from jobchute.cli.job_lookup import own_jobs
from jobchute.cli.job_sources import api_of
from jobchute.cli.output import counted, print_json, say
from jobchute.errors import UnknownJobError
from jobchute.job import Job, State

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment

MAX_UNASKED = 10
"""Jobs that are retried or cancelled without a question."""


class Failure(NamedTuple):
    """What was asked for and could not be done. target: an id, or what stands for one."""

    target: str
    message: str


class Chosen(NamedTuple):
    """jobs: each once. failures: targets that name no job."""

    jobs: list[Job]
    failures: list[Failure]


def jobs_chosen(
    deployment: "Deployment", targets: Sequence[str], wanted: Wanted, usual_states: Collection[State]
) -> Chosen:
    """The jobs that are named, as far as they meet the conditions. If none is named: all that meet them, in one
    of the usual states unless other states are wanted.

    Raises typer.BadParameter if nothing is named and there is no condition.
    """
    if targets:
        return _named(deployment, targets, wanted)
    if wanted.is_all:
        raise typer.BadParameter(
            "name jobs, or choose them with --state, --cause, --api, --label, --source or --since"
        )
    if not wanted.states:
        wanted = replace(wanted, states=frozenset(usual_states))
    return Chosen([*own_jobs(deployment, all_found(deployment.ledger, wanted))], [])


def _named(deployment: "Deployment", targets: Sequence[str], wanted: Wanted) -> Chosen:
    jobs: dict[str, Job] = {}
    failures = []
    for target in dict.fromkeys(targets):
        try:
            job = deployment.own_job(target)
        except UnknownJobError:
            failures.append(Failure(target, "there is no such job"))
        except AnswerIsNoError as error:
            failures.append(Failure(target, str(error)))
        else:
            if wanted.fits(job):
                jobs[job.job_id] = job
    return Chosen([*jobs.values()], failures)


def ask_before(verb: str, jobs: Sequence[Job], *, is_confirmed: bool) -> None:
    """Ask before more than MAX_UNASKED jobs. Raises typer.Abort for no, and CannotAskError without a terminal.

    verb: `Retry`, `Cancel`.
    """
    if is_confirmed or len(jobs) <= MAX_UNASKED:
        return
    groups = Counter((job.state, api_of(job)) for job in jobs)
    for (state, api), number in sorted(groups.items(), key=lambda item: -item[1]):
        say(f"{number:>7} {state:<10} {api or ''}", err=True)
    if not sys.stdin.isatty():
        raise CannotAskError(f"{counted(len(jobs), 'job')} would be affected; add --yes to go on")
    typer.confirm(f"{verb} {counted(len(jobs), 'job')}?", abort=True, err=True)


def say_failures(failures: Sequence[Failure], *, as_json: bool) -> None:
    for failure in failures:
        if as_json:
            print_json({"target": failure.target, "error": failure.message})
        else:
            say(f"{failure.target}: {failure.message}", err=True)


def refuse_if(failures: Sequence[Failure], total: int, what: str) -> None:
    """Raises AnswerIsNoError if there is a failure. total: what was asked for. what: `retried`, `cancelled`."""
    if failures:
        verb = "was" if len(failures) == 1 else "were"
        raise AnswerIsNoError(f"{len(failures)} of {counted(total, 'job')} {verb} not {what}")
