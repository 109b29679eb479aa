"""jobchute jobs watch, jobchute jobs wait: follow jobs until all have ended."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from jobchute.cli.completion import complete_jobs
from jobchute.cli.errors import StoppedError
from jobchute.cli.list_options import FromSource, Since, WithLabel, label_of, moment_of, source_of
from jobchute.cli.options import AsJson, OwnerName, Stack
from jobchute.cli.output import counted, say

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from jobchute.cli.deployment import Deployment
    from jobchute.cli.following import Row
    from jobchute.cli.job_filters import Wanted
    from jobchute.cli.live_view import Show

Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TARGET",
        autocompletion=complete_jobs,
        help="A job (its id, name, key or provider's id), a request file with all of its jobs "
        "(s3://BUCKET/KEY, requests/… or a path here), or a label, NAME=VALUE.",
        show_default=False,
    ),
]
Timeout = Annotated[float | None, typer.Option(help="Seconds to wait.", min=0, show_default=False)]


class Choice(NamedTuple):
    """Which jobs, as they were named on the command line."""

    targets: list[str]
    label: str | None
    source: str | None
    since: str | None
    stack: str | None
    owner: str | None

    def command(self, verb: str) -> str:
        """The command line that means the same jobs."""
        named = zip(self._fields[1:], self[1:], strict=True)
        options = [f"--{name} {shlex.quote(str(value))}" for name, value in named if value is not None]
        return " ".join(["jobchute jobs", verb, *map(shlex.quote, self.targets), *options])


def watch(
    targets: Targets = None,
    label: WithLabel = None,
    source: FromSource = None,
    since: Since = None,
    timeout: Timeout = None,
    stack: Stack = None,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Show jobs until all have ended. The exit status is 0 only if every job SUCCEEDED.

    Jobs do not depend on it: after Ctrl-C, the same command takes up again.
    """
    from rich.console import Console

    from jobchute.cli.live_view import board

    choice = Choice(targets or [], label, source, since, stack, owner)
    _until_all_ended(choice, "watch", timeout, as_json, board(Console(stderr=as_json)))


def wait(
    targets: Targets = None,
    label: WithLabel = None,
    source: FromSource = None,
    since: Since = None,
    timeout: Timeout = None,
    stack: Stack = None,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Wait until jobs have ended, then print how. The exit status is 0 only if every job SUCCEEDED.

    Jobs do not depend on it: after Ctrl-C, the same command takes up again.
    """
    choice = Choice(targets or [], label, source, since, stack, owner)
    _until_all_ended(choice, "wait", timeout, as_json, _silence())


@contextmanager
def _silence() -> "Iterator[Show]":
    yield lambda _: None


def _until_all_ended(
    choice: Choice, verb: str, timeout: float | None, as_json: bool, view: "AbstractContextManager[Show]"
) -> None:
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.job_results import print_ends, refuse_unless_succeeded

    _refuse_nothing(choice)
    deployment = deployment_of(choice.stack, choice.owner)
    wanted = _wanted(deployment, choice)
    rows: list[Row] = []
    try:
        with view as show:
            for rows in _looks(deployment, choice.targets, wanted, timeout):
                show(rows)
    except KeyboardInterrupt as error:
        still_open = counted(sum(row.is_open for row in rows), "job")
        again = f"to take up again: {choice.command(verb)}"
        raise StoppedError(f"stopped; {still_open} did not end yet and will continue; {again}") from error
    print_ends(rows, as_json)
    refuse_unless_succeeded(rows, choice.command(verb))


def _refuse_nothing(choice: Choice) -> None:
    is_chosen = choice.label is not None or choice.source is not None
    if not choice.targets and not is_chosen:
        raise typer.BadParameter("name a job, a file or a label", param_hint="TARGET")
    if choice.since is not None and not is_chosen:
        raise typer.BadParameter("it needs --label or --source", param_hint="--since")


def _looks(
    deployment: "Deployment", targets: list[str], wanted: "Wanted | None", timeout: float | None
) -> "Iterator[list[Row]]":
    from functools import partial

    from jobchute.cli.following import clock_for
    from jobchute.cli.watching import gathered, watched

    gather = partial(gathered, deployment, targets, wanted)
    return watched(gather, deployment.ledger, clock_for(timeout), note=partial(say, err=True))


def _wanted(deployment: "Deployment", choice: Choice) -> "Wanted | None":
    """What the options ask for; None without any. Raises typer.BadParameter."""
    from jobchute.cli.job_filters import Wanted
    from jobchute.job import iso
    from jobchute.runtime import current

    if choice.label is None and choice.source is None:
        return None
    pair, first = label_of(choice.label), moment_of(choice.since, current().clock.now())
    uri, version = source_of(choice.source, deployment.bucket)
    return Wanted(label=pair, source=uri, version=version, since=None if first is None else iso(first))
