"""docs/outcomes.md lists every cause and every member of a result, and no other."""

import re

from jobchute.outcomes import MAX_BYTES, MAX_EXIT_MESSAGE, MAX_LOCATION, MAX_METRICS_BYTES, Cause, Result
from tests.paths import DOCS

PAGE = (DOCS / "outcomes.md").read_text()
MEMBERS = {re.sub("_(.)", lambda found: found[1].upper(), field) for field in Result._fields}


def first_cells(head: str) -> list[str]:
    """What is in backticks in the first cell of each row of the table whose head begins so."""
    table = PAGE.partition(f"\n| {head} |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_the_table_of_causes_names_each() -> None:
    assert first_cells("`cause`") == list(Cause)


def test_the_table_of_members_names_each() -> None:
    assert set(first_cells("member")) == MEMBERS | {"version", "truncated"}


def test_the_bounds_are_those_of_the_code() -> None:
    for bound in (MAX_BYTES, MAX_METRICS_BYTES, MAX_LOCATION, MAX_EXIT_MESSAGE):
        assert f" {bound}" in PAGE
