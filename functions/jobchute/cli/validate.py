"""jobchute validate"""

from typing import TYPE_CHECKING, Annotated

import typer

from jobchute.cli.options import AsJson, BareApi, Files
from jobchute.cli.output import counted, print_json, safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobchute.cli.checking import Checked, Mistake
    from jobchute.requests.guardrails import GuardRails
    from jobchute.requests.place import Place

RailsStack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        help="Check against the guard rails, region and account of this deployed stack too.",
        show_default=False,
    ),
]


def validate(files: Files, api: BareApi = None, stack: RailsStack = None, as_json: AsJson = False) -> None:
    """Check request files, without network, against everything their providers would refuse."""
    from jobchute.cli.checking import check
    from jobchute.cli.files import read_files

    rails, place = _limits(stack)
    valid = invalid = 0
    for file in read_files(files, api):
        for document in check(file, rails, place=place):
            print_json(document.as_json()) if as_json else print_checked(document)
            valid, invalid = (valid, invalid + 1) if document.mistakes else (valid + 1, invalid)
    if not as_json and valid + invalid > 1:
        typer.echo(f"{counted(valid, 'document')} valid, {invalid} invalid")
    if invalid:
        raise typer.Exit(1)


def print_checked(document: "Checked") -> None:
    """A line a document; one more, in the form of compilers, for each of its problems."""
    for line in warning_lines(document):
        typer.echo(line)
    if not document.mistakes:
        says = typer.style("OK", fg=typer.colors.GREEN)
        what = " ".join(filter(None, (document.api or "cancellation", document.job_id)))
        typer.echo(f"{_place(document)}: {says} {what}")
        return
    for line in mistake_lines([document]):
        typer.echo(line)


def mistake_lines(documents: "Iterable[Checked]") -> list[str]:
    return [
        _line(document, mistake, typer.style(mistake.problem.code, fg=typer.colors.RED))
        for document in documents
        for mistake in document.mistakes
    ]


def warning_lines(document: "Checked") -> list[str]:
    """What may go wrong with a valid document; it is accepted nonetheless."""
    return [
        _line(document, warning, typer.style(f"warning {warning.problem.code}", fg=typer.colors.YELLOW))
        for warning in document.warnings
    ]


def _line(document: "Checked", mistake: "Mistake", code: str) -> str:
    problem = mistake.problem
    place = f"{document.file.shown}:{mistake.line}:{mistake.column}"
    path = f"{safe(problem.path)}: " if problem.path else ""
    return f"{place}: {path}{code}: {safe(problem.message)}"


def _place(document: "Checked") -> str:
    is_alone = document.index == 0 and document.combination is None
    return document.file.shown if is_alone else document.shown


def _limits(stack: str | None) -> "tuple[GuardRails | None, Place | None]":
    """What the stack allows, and where it is; nothing of it without a stack."""
    if stack is None:
        return None, None
    from jobchute.cli.deployment import guard_rails_of, place_of

    return guard_rails_of(stack), place_of(stack)
