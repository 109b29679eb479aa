"""The options that choose jobs."""

from collections.abc import Sequence
from typing import Annotated

import typer

from jobchute.job import Api, State
from jobchute.outcomes import Cause

InStates = Annotated[
    list[State] | None,
    typer.Option(
        "--state",
        metavar="STATE",
        help=f"Only jobs in this state; repeat the option for several states. One of {', '.join(State)}.",
        case_sensitive=False,
        show_default=False,
    ),
]
WithCause = Annotated[
    list[Cause] | None,
    typer.Option(
        "--cause",
        metavar="CAUSE",
        help="Only jobs that ended for this cause; repeat the option for several causes. "
        f"One of {', '.join(Cause)}.",
        case_sensitive=False,
        show_default=False,
    ),
]
OfApis = Annotated[
    list[Api] | None,
    typer.Option(
        "--api",
        metavar="API",
        help="Only jobs of this API; repeat the option for several APIs.",
        case_sensitive=False,
        show_default=False,
    ),
]
WithLabel = Annotated[
    str | None,
    typer.Option("--label", metavar="NAME=VALUE", help="Jobs with this label.", show_default=False),
]
FromSource = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="SOURCE",
        help="Jobs of a file, s3://BUCKET/KEY or requests/…, with ?version=… for one version; "
        "or of a message, sqs://ID.",
        show_default=False,
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Only jobs that were created since a time (2026-11-27T04:00:00Z), or since so long ago (90s, 15m, "
        "2h, 1d).",
        show_default=False,
    ),
]
Limit = Annotated[
    int | None, typer.Option(help="The number of jobs to list. Default: 50.", min=1, show_default=False)
]
All = Annotated[bool, typer.Option("--all", help="List all jobs that match.")]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="NAME,…",
        help="The columns to show, the most important one first: id, state, age, api, name, elapsed, source, "
        "cause, reason, pool, provider-id, labels, cost, key, owner, created, updated.",
        show_default=False,
    ),
]


def label_of(text: str | None) -> tuple[str, str] | None:
    """Raises typer.BadParameter."""
    if text is None:
        return None
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise typer.BadParameter("write it as NAME=VALUE", param_hint="--label")
    return name, value


def source_of(text: str | None, bucket: str) -> tuple[str | None, str | None]:
    """The URI of a source, and the version if one is named. Raises typer.BadParameter."""
    from jobchute.intake.cancel import file_target
    from jobchute.status.sources import MESSAGE

    if text is None or text.startswith(MESSAGE):
        return text, None
    target = file_target(text, bucket)
    if target is None:
        raise typer.BadParameter("write it as s3://BUCKET/KEY, requests/… or sqs://ID", param_hint="--source")
    return target.uri, target.version


def moment_of(text: str | None, now: float) -> float | None:
    """Epoch seconds of --since. Raises typer.BadParameter."""
    from jobchute.cli.since import moment_of as moment

    if text is None:
        return None
    try:
        return moment(text, now)
    except (ValueError, OverflowError) as error:
        rule = "write a time as 2026-11-27T04:00:00Z, or how long ago as 90s, 15m, 2h or 1d"
        raise typer.BadParameter(rule, param_hint="--since") from error


def column_names(text: str | None) -> Sequence[str] | None:
    """The names in --columns, each once. Raises typer.BadParameter."""
    from jobchute.cli.job_columns import COLUMNS

    if text is None:
        return None
    names = [*dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip())]
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or not names:
        wrong = f"there is no column {', '.join(unknown)}" if unknown else "name at least one column"
        raise typer.BadParameter(f"{wrong}; the columns are {', '.join(COLUMNS)}", param_hint="--columns")
    return names
