"""The arguments and options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from jobchute.cli.completion import complete_jobs
from jobchute.job import Api

APIS = f"APIs: {', '.join(Api)}."
"""Below the help of a command with --api: their names are longer than the lines beside an option."""
Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE",
        help="Request files, folders with request files, or - for standard input.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object per line.")]
BareApi = Annotated[
    Api | None,
    typer.Option(
        "--api",
        metavar="API",
        help="The API of bodies without an envelope; a path with requests/<service>/<operation>/ gives it too.",
        show_default=False,
    ),
]
Stack = Annotated[
    str | None,
    typer.Option(
        help="The CloudFormation stack of the deployment. Default: JOBCHUTE_BUCKET, _QUEUE_URL, _TABLE and "
        "_STATE_MACHINE_ARN, or the stack that JOBCHUTE_STACK names, or Jobchute.",
        show_default=False,
    ),
]
EndedSince = Annotated[
    str,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Count jobs that ended since a time (2026-11-27T04:00:00Z), or since so long ago (90s, 15m, 2h, "
        "1d).",
    ),
]
OwnerName = Annotated[
    str | None,
    typer.Option(
        "--owner",
        metavar="NAME",
        help="The owner that you send as, in a deployment with owners. Default: JOBCHUTE_OWNER.",
        show_default=False,
    ),
]
JobId = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        autocompletion=complete_jobs,
        help="A job id or at least 4 digits of it (jc-0123), a job's name, idempotency key or provider's "
        "id (an ARN), or its file: s3://BUCKET/KEY, requests/… or a path here, with #N for one document.",
    ),
]
Wait = Annotated[bool, typer.Option("--wait", help="Show the jobs until all have ended.")]
Timeout = Annotated[
    float | None,
    typer.Option(help="With --wait: seconds to wait.", min=0, show_default=False),
]


def refuse_timeout_alone(timeout: float | None, *, is_waiting: bool) -> None:
    """Raises typer.BadParameter for a --timeout that would limit nothing."""
    if timeout is not None and not is_waiting:
        raise typer.BadParameter("it needs --wait", param_hint="--timeout")
