"""jobchute validate"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobchute.cli.options import AsJson, BareApi, Files, OwnerName
from jobchute.cli.output import Coloured, counted, print_json, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobchute.cli.document_checks import Checked
    from jobchute.cli.limits import Limits

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
    limits = _limits(stack, owner)
    valid = invalid = 0
    waiting: list[Checked] = []
    for file in read_files(files, api, owner):
        for document in check(file, limits.guard_rails, place=limits.place, costs=limits.costs):
            waiting += [document] if waits(document) else []
            cost = limits.cost_of(document)
            print_json(document.as_json() | cost) if as_json else print_checked(document, cost)
            valid, invalid = (valid, invalid + 1) if document.mistakes else (valid + 1, invalid)
    if not as_json and valid + invalid > 1:
        say(f"{counted(valid, 'document')} valid, {invalid} invalid")
    circle = circle_among(waiting)
    if circle is not None:
        print_json({"circle": circle, "valid": False}) if as_json else say(f"{IN_CIRCLE}: {circle}")
    if invalid or circle is not None:
        raise typer.Exit(1)


def print_checked(document: "Checked", cost: "Mapping[str, Any] | None" = None) -> None:
    """One line per document, and one per problem in the format of compilers."""
    from jobchute.cli.problem_lines import mistake_lines, warning_lines
    from jobchute.money.told import words_of

    for line in warning_lines(document):
        say(*line)
    if not document.mistakes:
        what = " ".join(filter(None, (document.api or document.asks_for, document.job_id)))
        may_cost = words_of(cost["cost"]) if cost else ""
        say(f"{document.title}: ", Coloured("OK", typer.colors.GREEN), " ", what, may_cost and f", {may_cost}")
        return
    for line in mistake_lines([document]):
        say(*line)


def _limits(stack: str | None, owner: str | None) -> "Limits":
    """What the stack allows; empty without a stack."""
    from jobchute.cli.limits import Limits, limits_of

    return Limits() if stack is None else limits_of(stack, owner)
