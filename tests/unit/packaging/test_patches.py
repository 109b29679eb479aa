"""No test replaces a global of a module of this repository: tests compose parts of their own instead.

Methods of classes, attributes of instances, and other packages' modules may be replaced. The mutation tool,
tests/harness/faults/removal.py, may replace anything: its callers hand it the owner.
"""

import ast
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.paths import FUNCTIONS, ROOT

OWN = frozenset({"jobchute", "infra", "tests", *(path.stem for path in FUNCTIONS.glob("*.py"))})
"""The packages of this repository, and the modules of its handlers."""
UNKNOWN = "?"
"""The owner in a path that is composed as the test runs: it could be any module."""


def patched_globals(source: str) -> Iterator[str]:
    """The globals of own modules that a test replaces, as `module.name`; and paths that are not constant."""
    tree = ast.parse(source)
    imported = _imported(tree)
    for owner, name in _patches(tree):
        if owner == UNKNOWN:
            yield name
            continue
        first, dot, rest = owner.partition(".")
        module = _own_module(f"{imported.get(first, first)}{dot}{rest}")
        if module is not None:
            yield f"{module}.{name}"


def _patches(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Owner and name of each attribute that is replaced, as the source says them."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=function, args=[ast.Constant(value=str(path)), *_]) if _is_patch(function):
                yield path.rpartition(".")[0], path.rpartition(".")[2]
            case ast.Call(func=function, args=[ast.JoinedStr() as path, *_]) if _is_patch(function):
                yield UNKNOWN, ast.unparse(path)
            case ast.Call(func=function, args=[owner, ast.Constant(value=name), *_]) if _is_patch(function):
                yield ast.unparse(owner), str(name)
            case ast.Call(func=function, args=[owner, *_]) if _is_patch(function):
                yield ast.unparse(owner), "*"
            case ast.Attribute(value=owner, attr=name, ctx=ast.Store() | ast.Del()):
                yield ast.unparse(owner), name


def _is_patch(function: ast.expr) -> bool:
    last = ast.unparse(function).rpartition(".")[2]
    return last in ("setattr", "delattr", "patch") or ast.unparse(function).endswith("patch.object")


def _imported(tree: ast.AST) -> dict[str, str]:
    """What each imported name stands for, by its dotted path."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                top = each.name.partition(".")[0]
                found[each.asname or top] = each.name if each.asname else top
        elif isinstance(node, ast.ImportFrom):
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return found


def _own_module(path: str) -> str | None:
    """The module of this repository that a dotted path stands for; None where it stands for another thing."""
    if path.partition(".")[0] not in OWN:
        return None
    try:
        found = pkgutil.resolve_name(path)
    except (ImportError, AttributeError, ValueError):
        return None
    is_own = isinstance(found, ModuleType) and found.__name__.partition(".")[0] in OWN
    return found.__name__ if is_own else None


def test_no_test_patches_a_global_of_a_module() -> None:
    paths = (ROOT / "tests").rglob("*.py")
    found = {str(path.relative_to(ROOT)): [*patched_globals(path.read_text())] for path in paths}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "from jobchute.ledger import jobs\nmonkeypatch.setattr(jobs, 'MAX_DUPLICATES', 2)",
            ["jobchute.ledger.jobs.MAX_DUPLICATES"],
        ),
        (
            "import jobchute.ledger.jobs as rows\nwith patch.object(rows, 'MAX_DUPLICATES', 2): pass",
            ["jobchute.ledger.jobs.MAX_DUPLICATES"],
        ),
        ("import infra.asset\nfull.setattr(infra.asset, 'build', None)", ["infra.asset.build"]),
        ("import validate\nvalidate.handler = None", ["validate.handler"]),
        ("monkeypatch.setattr(f'{module}.MOST', 1)", ["f'{module}.MOST'"]),
        ("from jobchute.runtime import shared\npatch.setattr(shared, name, 1)", ["jobchute.runtime.shared.*"]),
        ("monkeypatch.setattr('jobchute.cli.stack.outputs_of', None)", ["jobchute.cli.stack.outputs_of"]),
        ("@patch('tests.paths.ROOT')\ndef test(): pass", ["tests.paths.ROOT"]),
        ("monkeypatch.setattr('jobchute.aws.objects.Objects.write', None)", []),
        ("from jobchute.ledger.jobs import Ledger\nmonkeypatch.setattr(Ledger, 'add', None)", []),
        ("from jobchute.lifecycle import reconcile\npatch.setattr(reconcile.logger, 'info', None)", []),
        ("import subprocess\nmonkeypatch.setattr(subprocess, 'run', None)", []),
        ("def remove(patch, owner): patch.setattr(owner, 'name', None)", []),
    ],
)
def test_what_such_a_patch_is(source: str, expected: list[str]) -> None:
    assert list(patched_globals(source)) == expected
