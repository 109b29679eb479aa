"""jobchute validate"""

from typing import TYPE_CHECKING, Annotated

import typer

from jobchute.cli.errors import CannotAskError
from jobchute.cli.options import AsJson, BareApi, Files, OwnerName
from jobchute.cli.output import Coloured, counted, print_json, say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from jobchute.cli.checking import Checked, Mistake
    from jobchute.requests.guardrails import GuardRails
    from jobchute.requests.place import StackOutputs

RailsStack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        help="Check against the guard rails, region and account of this deployed stack too.",
        show_default=False,
    ),
]


def validate(
    files: Files,
    api: BareApi = None,
    stack: RailsStack = None,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Check request files, without network, against everything their providers would refuse."""
    from jobchute.cli.checking import check
    from jobchute.cli.circles import IN_CIRCLE, circle_among, waits
    from jobchute.cli.files import read_files
    from jobchute.cli.owner import owner_of

    owner = owner_of(owner)
    rails, place = _limits(stack, owner)
    valid = invalid = 0
    waiting: list[Checked] = []
    for file in read_files(files, api, owner):
        for document in check(file, rails, place=place):
            waiting += [document] if waits(document) else []
            print_json(document.as_json()) if as_json else print_checked(document)
            valid, invalid = (valid, invalid + 1) if document.mistakes else (valid + 1, invalid)
    if not as_json and valid + invalid > 1:
        say(f"{counted(valid, 'document')} valid, {invalid} invalid")
    circle = circle_among(waiting)
    if circle is not None:
        print_json({"circle": circle, "valid": False}) if as_json else say(f"{IN_CIRCLE}: {circle}")
    if invalid or circle is not None:
        raise typer.Exit(1)


def print_checked(document: "Checked") -> None:
    """A line a document; one more, in the form of compilers, for each of its problems."""
    for line in warning_lines(document):
        say(*line)
    if not document.mistakes:
        what = " ".join(filter(None, (document.api or "cancellation", document.job_id)))
        say(f"{document.title}: ", Coloured("OK", typer.colors.GREEN), f" {what}")
        return
    for line in mistake_lines([document]):
        say(*line)


Line = tuple[str | Coloured, ...]
"""What `say` prints in one line."""


def mistake_lines(documents: "Iterable[Checked]") -> list[Line]:
    return [
        _line(document, mistake, Coloured(mistake.problem.code, typer.colors.RED))
        for document in documents
        for mistake in document.mistakes
    ]


def warning_lines(document: "Checked") -> list[Line]:
    """What may go wrong with a valid document; it is accepted nonetheless."""
    return [
        _line(document, warning, Coloured(f"warning {warning.problem.code}", typer.colors.YELLOW))
        for warning in document.warnings
    ]


def _line(document: "Checked", mistake: "Mistake", code: Coloured) -> Line:
    problem = mistake.problem
    place = f"{document.file.shown}:{mistake.line}:{mistake.column}"
    path = f"{problem.path}: " if problem.path else ""
    return f"{place}: {path}", code, f": {problem.message}"


def _limits(stack: str | None, owner: str | None) -> "tuple[GuardRails | None, StackOutputs | None]":
    """What the stack allows, and where it is; nothing of it without a stack."""
    if stack is None:
        return None, None
    from jobchute.cli.deployment import guard_rails_of, owners_of, place_of

    refuse_unless_owner(owner, stack, owners_of(stack))
    return guard_rails_of(stack), place_of(stack)


def refuse_unless_owner(owner: str | None, stack: str, owners: "Collection[str]") -> None:
    """Job ids depend on the owner, so one that the stack does not have would show ids that no job gets."""
    if not owners and owner is not None:
        raise CannotAskError(f"stack {stack} has no owners: leave --owner out and unset JOBCHUTE_OWNER")
    if owners and owner is None:
        raise CannotAskError(f"stack {stack} has owners: name yours with --owner or JOBCHUTE_OWNER")
    if owners and owner not in owners:
        raise CannotAskError(f"stack {stack} has no owner {owner}: name yours with --owner or JOBCHUTE_OWNER")
