"""docs/architecture.md draws the layout, the ledger's indexes, the functions and the states that there are."""

import re
from itertools import pairwise

from jobchute.job import FINAL_STATES, OPEN_STATES, State
from jobchute.ledger.table import INDEXES
from tests.paths import ROOT
from tests.unit.packaging.test_import_directions import FLOORS

PAGE = (ROOT / "docs" / "architecture.md").read_text()


def first_cells(head: str) -> list[tuple[str, ...]]:
    """What is in backticks in the first cell of each row of the table whose head begins so."""
    table = PAGE.partition(f"\n| {head} |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    return [tuple(re.findall(r"`([^`]+)`", cell)) for cell in cells]


def test_the_packages_are_listed_in_the_order_of_imports() -> None:
    assert first_cells("package or module") == [*FLOORS]


def test_the_table_of_functions_names_each() -> None:
    assert {name for (name,) in first_cells("function")} == {
        path.stem for path in (ROOT / "functions").glob("*.py")
    }


def test_the_table_of_indexes_names_each() -> None:
    assert [name for (name,) in first_cells("index")] == [*INDEXES]


def test_the_folders_are_there() -> None:
    for (folder,) in first_cells("folder"):
        assert [*ROOT.glob(folder)], folder


def test_the_diagram_draws_the_states_of_a_job() -> None:
    diagram = PAGE.partition("### The states of a job")[2].partition("### ")[0]
    drawn = set(re.findall(r"(\S+) --> (\S+)", diagram))
    forward = {(str(one), str(next_one)) for one, next_one in pairwise(OPEN_STATES)}
    ends = {("Open", str(state)) for state in FINAL_STATES - {State.REJECTED}}
    assert drawn == forward | ends | {("[*]", "Open"), ("[*]", "REJECTED")}
    assert all(state.predecessors == OPEN_STATES for state in FINAL_STATES - {State.REJECTED})
