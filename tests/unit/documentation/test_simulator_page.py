"""docs/simulator.md names every scenario of the simulator, and no other."""

import re

from infra.local.simulator.scenarios import TABLE
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "simulator.md").read_text()


def test_the_table_names_every_scenario() -> None:
    table = PAGE.partition("| `simulate` | the job |\n|---|---|\n")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines()]
    assert {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)} == {*TABLE}
