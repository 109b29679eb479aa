"""Imports of the package point one way, as docs/architecture.md draws them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import FUNCTIONS

FLOORS = (
    ("cli",),
    ("runtime",),
    ("settings",),
    ("dead_letters",),
    ("intake",),
    ("lifecycle",),
    ("status",),
    ("ledger",),
    ("requests",),
    ("money",),
    ("providers",),
    ("validation",),
    ("parsing", "pools", "aws"),
    ("masking", "attempts"),
    ("job", "errors", "redaction", "metrics", "problems", "packing", "past_attempts"),
    ("outcomes",),
)
"""From the top down: a package imports from floors below its own, and from itself."""
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
MODULES = sorted(path.relative_to(FUNCTIONS) for path in (FUNCTIONS / "jobchute").rglob("*.py"))


def imported(module: Path) -> Iterator[str]:
    """The modules of the package that this one imports, at its top or anywhere in it: `ledger.jobs`."""
    for node in ast.walk(ast.parse((FUNCTIONS / module).read_text())):
        match node:
            case ast.ImportFrom(module="jobchute"):
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(module=str(name)) if name.startswith("jobchute."):
                yield name.removeprefix("jobchute.")
            case ast.Import():
                names = (alias.name for alias in node.names if alias.name.startswith("jobchute"))
                yield from (name.removeprefix("jobchute.") for name in names)


def package_of(dotted: str) -> str:
    return dotted.partition(".")[0]


@pytest.mark.parametrize("module", MODULES[1:], ids=str)
def test_a_module_imports_from_lower_floors_alone(module: Path) -> None:
    ours = package_of(".".join(module.with_suffix("").parts[1:]))
    others = {name for name in imported(module) if package_of(name) != ours}
    assert {name for name in others if FLOOR[package_of(name)] <= FLOOR[ours]} == set()


@pytest.mark.parametrize("module", [each for each in MODULES if "providers" in each.parts], ids=str)
def test_no_service_imports_another_one(module: Path) -> None:
    service = "/".join(module.parts[2:3])
    services = {path.name for path in (FUNCTIONS / "jobchute" / "providers").iterdir() if path.is_dir()}
    imports = {name.split(".")[1] for name in imported(module) if name.startswith("providers.")}
    if service in services:
        assert imports & services <= {service}


@pytest.mark.parametrize("module", [each for each in MODULES if "commands" in each.parts], ids=str)
def test_no_command_of_the_tool_imports_another(module: Path) -> None:
    assert [name for name in imported(module) if name.startswith("cli.commands")] == []


def test_the_package_imports_nothing_of_the_infrastructure() -> None:
    texts = {module: (FUNCTIONS / module).read_text() for module in MODULES}
    assert [module for module, text in texts.items() if "from infra" in text or "import infra" in text] == []
