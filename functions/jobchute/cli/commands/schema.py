"""jobchute schema"""

from typing import Annotated

import typer

from jobchute.cli.output import print_json
from jobchute.job import Api

WhichApi = Annotated[
    Api | None,
    typer.Argument(
        metavar="API", help=f"One of {', '.join(Api)}. Default: all.", show_default=False, show_choices=False
    ),
]
Bare = Annotated[
    bool,
    typer.Option(
        "--bare", help="The schema for files below requests/<service>/<operation>/, which may hold a bare body."
    ),
]
AlwaysJson = Annotated[bool, typer.Option("--json", help="Print on one line.")]


def schema(api: WhichApi = None, bare: Bare = False, as_json: AlwaysJson = False) -> None:
    """Print the JSON Schema of request files, for completion and checking in an editor."""
    from jobchute.requests.schema import bare_schema, json_schema

    if bare and api is None:
        raise typer.BadParameter(f"--bare needs an API, one of {', '.join(Api)}")
    printed = bare_schema(api) if bare and api is not None else json_schema(api)
    print_json(printed, indent=None if as_json else 2)
