"""No test replaces a global of a module of this repository: what a test varies is an argument or a field.

Methods and fields of classes may be replaced, as may the parts of other libraries. The fault harness takes
guards out of the code by compiling functions anew (tests.harness.faults.removal).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import FUNCTIONS, ROOT

REPLACING = {"setattr", "delattr", "object"}
"""Of pytest.MonkeyPatch, and `patch.object` of unittest.mock."""
ALLOWED = {Path("tests/harness/faults/removal.py")}
FILES = sorted(path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py"))


def is_own_module(name: str) -> bool:
    """Of the dotted name of a module."""
    folder = ROOT if name.split(".")[0] in ("infra", "tests") else FUNCTIONS
    path = folder.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def imported(tree: ast.Module) -> dict[str, str]:
    """The dotted name of everything that a file imports, by its name in the file."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                for each in node.names:
                    first = each.name.split(".")[0]
                    names[each.asname or first] = each.name if each.asname else first
            case ast.ImportFrom(module=str(module)):
                names |= {each.asname or each.name: f"{module}.{each.name}" for each in node.names}
    return names


def replaced_globals(text: str) -> Iterator[str]:
    tree = ast.parse(text)
    names = imported(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=attr), args=[target, *_]) if attr in REPLACING:
                module = _module_of(target, names)
                if module and is_own_module(module):
                    yield f"line {node.lineno}: {ast.unparse(node)}"


def _module_of(target: ast.expr, names: dict[str, str]) -> str:
    match target:
        case ast.Constant(value=str(text)):
            return text.rpartition(".")[0]
        case ast.Name() | ast.Attribute():
            first, *rest = ast.unparse(target).split(".")
            return ".".join([names[first], *rest]) if first in names else ""
    return ""


@pytest.mark.parametrize(
    "text",
    [
        "from jobchute.lifecycle import poll\nmonkeypatch.setattr(poll, 'YOUNG_SECONDS', 1)",
        "import infra.asset\nmonkeypatch.setattr(infra.asset, 'build', None)",
        "import validate as module\nmonkeypatch.delattr(module, 'logger')",
        "monkeypatch.setattr('jobchute.cli.sending.send', None)",
        "from tests.fakes import clock\nwith patch.object(clock, 'Clock', None): pass",
    ],
)
def test_a_replaced_global_is_found(text: str) -> None:
    assert len(list(replaced_globals(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "from jobchute.lifecycle.poll import Poller\nmonkeypatch.setattr(Poller, 'young_seconds', 1)",
        "monkeypatch.setattr('jobchute.aws.objects.Objects.write', None)",
        "monkeypatch.setattr('time.sleep', None)",
        "import subprocess\nmonkeypatch.setattr(subprocess, 'run', None)",
    ],
)
def test_what_may_be_replaced_is_not_found(text: str) -> None:
    assert list(replaced_globals(text)) == []


def test_no_test_replaces_a_global() -> None:
    found = {
        str(path): replaced
        for path in FILES
        if path not in ALLOWED and (replaced := list(replaced_globals((ROOT / path).read_text())))
    }
    assert found == {}
