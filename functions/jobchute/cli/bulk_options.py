"""The options by which `retry` and `cancel` choose several jobs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from jobchute.cli.completion import complete_jobs
from jobchute.cli.list_options import FromSource, WithLabel, label_of, moment_of, source_of
from jobchute.job import Api, State, iso
from jobchute.outcomes import Cause

if TYPE_CHECKING:
    from jobchute.cli.job_filters import Wanted

__all__ = ["ChooseApis", "ChooseCauses", "ChooseSince", "ChooseStates", "FromSource", "Ids", "WithLabel", "Yes"]

Ids = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ID",
        autocompletion=complete_jobs,
        help="Jobs: each by its id or at least 4 digits of it (jc-0123), its name, idempotency key, provider's "
        "id (an ARN), or one document of a file (requests/…#N). Or choose jobs with --state and other options.",
        show_default=False,
    ),
]
ChooseStates = Annotated[
    list[State] | None,
    typer.Option(
        "--state",
        metavar="STATE",
        help=f"Choose jobs in this state; repeat the option for several states. One of {', '.join(State)}.",
        case_sensitive=False,
        show_default=False,
    ),
]
ChooseCauses = Annotated[
    list[Cause] | None,
    typer.Option(
        "--cause",
        metavar="CAUSE",
        help="Choose jobs that ended for this cause; repeat the option for several causes. "
        f"One of {', '.join(Cause)}.",
        case_sensitive=False,
        show_default=False,
    ),
]
ChooseApis = Annotated[
    list[Api] | None,
    typer.Option(
        "--api",
        metavar="API",
        help=f"Choose jobs of this API; repeat the option for several APIs. One of {', '.join(Api)}.",
        case_sensitive=False,
        show_default=False,
    ),
]
ChooseSince = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Choose jobs that were created since a time (2026-11-27T04:00:00Z), or since so long ago (90s, "
        "15m, 2h, 1d).",
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before more than ten jobs.")]


def wanted_of(
    *,
    states: Sequence[State] | None,
    causes: Sequence[Cause] | None,
    apis: Sequence[Api] | None,
    label: str | None,
    source: str | None,
    since: str | None,
    bucket: str,
) -> "Wanted":
    """The conditions of the options. bucket: of the deployment. Raises typer.BadParameter."""
    from jobchute.cli.job_filters import Wanted
    from jobchute.runtime import current

    first = moment_of(since, current().clock.now())
    uri, version = source_of(source, bucket)
    return Wanted(
        states=frozenset(states or ()),
        causes=frozenset(causes or ()),
        apis=frozenset(apis or ()),
        label=label_of(label),
        source=uri,
        version=version,
        since=None if first is None else iso(first),
    )
