"""README's tables name what there is: every command of the tool, and every scenario of the simulator."""

import re
from collections.abc import Iterator
from typing import Any

import typer

from infra.local.simulator.scenarios import TABLE
from jobchute.cli.main import app
from tests.paths import ROOT

README = (ROOT / "README.md").read_text()


def first_cells(heading: str, column: str) -> list[str]:
    """Of the rows below the heading, in the table whose first column is called so."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = section.partition(f"| {column} |")[2].partition("\n\n")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1].strip() for line in table.splitlines() if line.startswith("|")]
    return [cell for cell in rows if "---" not in cell]


def commands_of(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    if not hasattr(command, "commands"):
        yield " ".join(path)
        return
    for name, inner in command.commands.items():
        yield from commands_of(inner, (*path, name))


def documented() -> set[str]:
    """As `dlq list`: a row may leave the group out behind its first command (`jobchute dlq list`, `show`)."""
    groups = {name.split()[0] for name in commands_of(typer.main.get_command(app)) if " " in name}
    found = set()
    for cell in first_cells("The command-line tool", "command"):
        first, *others = (span.removeprefix("jobchute ").split() for span in re.findall(r"`([^`]+)`", cell))
        group = first[0] if first[0] in groups else None
        for words in (first, *others):
            if group is None:
                found.add(words[0])
            else:
                found.add(f"{group} {words[1] if words[0] == group else words[0]}")
    return found


def test_the_table_of_commands_names_each_and_no_other() -> None:
    assert documented() == set(commands_of(typer.main.get_command(app)))


def test_the_table_of_scenarios_names_each_and_no_other() -> None:
    cells = first_cells("The provider simulator", "`simulate`")
    assert {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)} == {*TABLE}
