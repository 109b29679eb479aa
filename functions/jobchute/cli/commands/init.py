"""jobchute init"""

from pathlib import Path
from typing import Annotated

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson
from jobchute.cli.output import print_json, say
from jobchute.job import Api

WhichApi = Annotated[
    Api | None,
    typer.Argument(metavar="API", help=f"One of {', '.join(Api)}.", show_default=False, show_choices=False),
]
NewFile = Annotated[
    Path | None,
    typer.Option(
        "--to",
        metavar="FILE",
        help="The file to write; it must not exist. Default: print it.",
        show_default=False,
        dir_okay=False,
    ),
]


def init(api: WhichApi = None, to: NewFile = None, as_json: AsJson = False) -> None:
    """Write a small request of an API with comments, to be filled in."""
    from jobchute.cli.first_requests import first_request

    if api is None:
        raise typer.BadParameter(f"name an API, one of {', '.join(Api)}")
    text = first_request(api)
    if to is None and not as_json:
        typer.echo(text, nl=False)
        return
    if to is not None:
        _write(to, text)
    if as_json:
        print_json({"api": api, "file": None if to is None else str(to), "text": text})
    else:
        say(f"{to}: fill it in, then: jobchute validate {to}")


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise AnswerIsNoError(f"{path} exists already; name another file") from error
