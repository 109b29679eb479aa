"""Modules and files that comments, docstrings and pages name are there: a reader follows these names."""

import importlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT

MODULE = re.compile(r"(?<![\w./:@-])jobchute(?:\.[a-z][a-z0-9_]*)+(?:\.[A-Za-z_]\w*)?(?![\w(-])")
FILE = re.compile(r"(?<![\w./-])(?:functions|infra|tools|tests)/[\w/]+\.py")
OTHER_NAMES = frozenset({"jobchute.schema.json", "jobchute.roles"})
"""No modules: a file that the tool's user makes, and a mistyped context value."""


def written() -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "functions", "infra", "tools", "docs", "README.md", "CONTRIBUTING.md"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return (ROOT / name for name in listed.stdout.splitlines() if name.endswith((".py", ".md")))


def is_there(name: str) -> bool:
    """Whether it is a module, or what a module has."""
    parts = name.split(".")
    for number in range(len(parts), 1, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:number]))
        except ModuleNotFoundError:
            continue
        for part in parts[number:]:
            found = getattr(found, part, None)
        return found is not None
    return False


@pytest.mark.parametrize("path", [*written()], ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_file_names_is_there(path: Path) -> None:
    text = path.read_text()
    names = {name for name in MODULE.findall(text) if not name.startswith("jobchute.simulator")} - OTHER_NAMES
    assert {name for name in names if not is_there(name)} == set()
    assert {name for name in FILE.findall(text) if not (ROOT / name).exists()} == set()
