"""jobchute validate"""

from typing import TYPE_CHECKING, Annotated

import typer

from jobchute.cli.options import AsJson, BareApi, Files, OwnerName
from jobchute.cli.output import Coloured, counted, print_json, say

if TYPE_CHECKING:
    from jobchute.cli.document_checks import Checked
    from jobchute.requests.guardrails import GuardRails
    from jobchute.requests.location import Location

RailsStack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        help="Also check against the guard rails, region and account of this deployed stack.",
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
    """Check request files, without network access, for everything that their providers would refuse."""
    from jobchute.cli.dependency_cycles import IN_CIRCLE, circle_among, waits
    from jobchute.cli.document_checks import check
    from jobchute.cli.owner import owner_of
    from jobchute.cli.request_files import read_files

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
    """One line per document, and one per problem in the format of compilers."""
    from jobchute.cli.problem_lines import mistake_lines, warning_lines

    for line in warning_lines(document):
        say(*line)
    if not document.mistakes:
        what = " ".join(filter(None, (document.api or "cancellation", document.job_id)))
        say(f"{document.title}: ", Coloured("OK", typer.colors.GREEN), f" {what}")
        return
    for line in mistake_lines([document]):
        say(*line)


def _limits(stack: str | None, owner: str | None) -> "tuple[GuardRails | None, Location | None]":
    """What the stack allows, and its region and account; None without a stack."""
    if stack is None:
        return None, None
    from jobchute.cli.owner import refuse_unless_owner
    from jobchute.cli.stack import guard_rails_of, location_of, owners_of

    refuse_unless_owner(owner, stack, owners_of(stack))
    return guard_rails_of(stack), location_of(stack)
