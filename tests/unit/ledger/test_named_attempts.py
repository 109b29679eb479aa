"""Every write of a job's row says which attempt it is about."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.paths import FUNCTIONS


def writes(path: Path) -> Iterator[ast.Call]:
    """Calls of `ledger.move` and `ledger.note`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            if node.func.attr in ("move", "note") and owner.endswith("ledger"):
                yield node


def test_every_write_says_of_which_attempt_it_is() -> None:
    """A default would be wrong for a job that is tried again: such a write would never be made."""
    found = [(path, call) for path in (FUNCTIONS / "jobchute").rglob("*.py") for call in writes(path)]
    assert len(found) >= 20
    unnamed = [
        f"{path.relative_to(FUNCTIONS)}:{call.lineno}"
        for path, call in found
        if "attempt" not in {keyword.arg for keyword in call.keywords}
    ]
    assert unnamed == []
