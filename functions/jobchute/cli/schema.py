"""jobchute schema"""

from typing import Annotated

import typer

from jobchute.cli.output import print_json
from jobchute.job import Api

WhichApi = Annotated[
    Api | None,
    typer.Argument(metavar="API", help=f"One of {', '.join(Api)}; without it, all.", show_default=False),
]
AlwaysJson = Annotated[bool, typer.Option("--json", help="On one line.")]


def schema(api: WhichApi = None, as_json: AlwaysJson = False) -> None:
    """Print the JSON Schema of request documents, for completion and checking in an editor."""
    from jobchute.requests.schema import json_schema

    print_json(json_schema(api), indent=None if as_json else 2)
