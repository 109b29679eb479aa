"""A class calls the parts that it was given, and does not reach through them to the parts of others.

`self.observer.admission.rows.get()` ties a class to what the Observer is made of. It takes the rows themselves
instead, as an argument of its constructor.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[3] / "functions"
MODULES = sorted(path.relative_to(FUNCTIONS) for path in FUNCTIONS.rglob("*.py"))
MAX_DOTS = 2
OF_VALUES = frozenset({"_replace", "get", "removeprefix", "startswith"})
"""Methods of values, as strings, mappings and named tuples: a chain to one of them reads data."""
OF_LIBRARIES = frozenset({"sys.stdin.buffer.read", "model.adapter.validator.validate_python"})
OF_THE_TOOL = frozenset(
    {
        "deployment.ledger.queries.handle",
        "deployment.ledger.queries.by_source",
        "deployment.ledger.requests.get_many",
    }
)
"""The tool is given a deployment, whose ledger has the requests and the indexes of its table."""


def chains(module: Path) -> Iterator[str]:
    """The calls through more than two dots: `self.a.b.c` for `self.a.b.c()`."""
    for node in ast.walk(ast.parse((FUNCTIONS / module).read_text())):
        if isinstance(node, ast.Call):
            names = [*_names(node.func)]
            if len(names) > 1 + MAX_DOTS:
                yield ".".join(names)


def _names(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Attribute(value=value, attr=attr):
            yield from _names(value)
            yield attr
        case ast.Name(id=name):
            yield name


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_call_reaches_through_the_parts_of_another(module: Path) -> None:
    found = {chain for chain in chains(module) if chain.rpartition(".")[2] not in OF_VALUES}
    assert found - OF_LIBRARIES - OF_THE_TOOL == set()


def test_no_part_is_made_of_nothing() -> None:
    """`cast("Ledger", None)` where a class does not need a ledger: its constructor should not ask for one."""
    texts = {module: (FUNCTIONS / module).read_text() for module in MODULES}
    assert [module for module, text in texts.items() if ", None)" in text and "cast(" in text] == []
