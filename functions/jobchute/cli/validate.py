"""jobchute validate"""

from typing import TYPE_CHECKING, Annotated

import typer

from jobchute.cli.options import AsJson, BareApi, Files
from jobchute.cli.output import Coloured, counted, print_json, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobchute.cli.checking import Checked
    from jobchute.requests.guardrails import GuardRails

RailsStack = Annotated[
    str | None,
    typer.Option(
        "--stack", help="Check against the guard rails of this deployed stack too.", show_default=False
    ),
]


def validate(files: Files, api: BareApi = None, stack: RailsStack = None, as_json: AsJson = False) -> None:
    """Check request files, without network, against everything their providers would refuse."""
    from jobchute.cli.checking import check
    from jobchute.cli.files import read_files

    rails = _rails(stack)
    valid = invalid = 0
    for file in read_files(files, api):
        for document in check(file, rails):
            print_json(document.as_json()) if as_json else print_checked(document)
            valid, invalid = (valid, invalid + 1) if document.mistakes else (valid + 1, invalid)
    if not as_json and valid + invalid > 1:
        say(f"{counted(valid, 'document')} valid, {invalid} invalid")
    if invalid:
        raise typer.Exit(1)


def print_checked(document: "Checked") -> None:
    """A line a document; one more, in the form of compilers, for each of its problems."""
    if not document.mistakes:
        what = " ".join(filter(None, (document.api or "cancellation", document.job_id)))
        say(f"{_place(document)}: ", Coloured("OK", typer.colors.GREEN), f" {what}")
        return
    for line in mistake_lines([document]):
        say(*line)


def mistake_lines(documents: "Iterable[Checked]") -> list[tuple[str | Coloured, ...]]:
    """What `say` prints of each mistake."""
    lines: list[tuple[str | Coloured, ...]] = []
    for document in documents:
        for mistake in document.mistakes:
            problem = mistake.problem
            place = f"{document.file.shown}:{mistake.line}:{mistake.column}"
            path = f"{problem.path}: " if problem.path else ""
            code = Coloured(problem.code, typer.colors.RED)
            lines.append((f"{place}: {path}", code, f": {problem.message}"))
    return lines


def _place(document: "Checked") -> str:
    is_alone = document.index == 0 and document.combination is None
    return document.file.shown if is_alone else document.shown


def _rails(stack: str | None) -> "GuardRails | None":
    if stack is None:
        return None
    from jobchute.cli.deployment import guard_rails_of

    return guard_rails_of(stack)
