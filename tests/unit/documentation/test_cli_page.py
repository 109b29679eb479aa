"""docs/cli.md names every command of the tool with all of its options, and no other."""

import re
from collections.abc import Iterator
from typing import Any

import typer.main

from jobchute.cli.main import app
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "cli.md").read_text()
ROW = re.compile(r"^\| `jobchute ([^`]+)` \|.*\|([^|]*)\|$", re.MULTILINE)
OPTION = re.compile(r"`(--?[a-z-]+)`")


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, set[str]]]:
    """Each command's name, and its options."""
    command = command or typer.main.get_command(app)
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))
    if not hasattr(command, "commands"):
        yield " ".join(path), options_of(command)


def options_of(command: Any) -> set[str]:
    return {option for each in command.params for option in each.opts if option.startswith("--")}


def documented() -> dict[str, set[str]]:
    """`jobs list` → the options in the last cell of its row."""
    return {
        " ".join(word for word in line.split() if word.islower()): {*OPTION.findall(options)}
        for line, options in ROW.findall(PAGE)
    }


def common() -> set[str]:
    """Options of several commands, which have a table of their own."""
    table = PAGE.partition("| option | meaning |")[2].partition("\n\n")[0]
    return {option for line in table.splitlines() for option in OPTION.findall(line.partition(" | ")[0])}


def test_every_command_has_a_row_and_every_row_a_command() -> None:
    assert documented().keys() == {name for name, _ in commands()}


def test_every_option_is_in_its_command_s_row_or_common() -> None:
    of_the_tool = options_of(typer.main.get_command(app)) | {"--help", "-h"}
    assert common() - of_the_tool == {"--json", "--stack", "--owner"}
    assert documented() == {name: options - common() for name, options in commands()}
