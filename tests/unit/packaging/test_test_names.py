"""A test's name says what holds, shortly enough to be read in a list."""

import ast
from collections import Counter
from collections.abc import Iterator

from tests.paths import ROOT

MAX_NAME = 60


def names() -> Iterator[str]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield node.name


def test_no_name_is_longer_than_sixty_characters() -> None:
    assert [name for name in names() if len(name) > MAX_NAME] == []


def test_no_two_files_have_one_name() -> None:
    """pytest imports them by their names alone, as the folders are no packages."""
    files = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in files.items() if count > 1] == []
