"""An API stands in its own folder: no other module asks which API a job is of, or names one.

`python -m tests.unit.packaging.test_apis_apart` prints the files that name each API.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from jobchute.job import Api
from jobchute.providers.registry import FOLDERS
from tests.paths import ROOT

PROVIDERS = ROOT / "functions" / "jobchute" / "providers"
SIMULATED = ROOT / "infra" / "local" / "simulator" / "services"
LISTED = {ROOT / "functions" / "jobchute" / "job.py", PROVIDERS / "registry.py"}
"""The two modules that name every API: the enumeration, and the list of folders."""

SERVICES = sorted({folder.partition(".")[0] for folder in FOLDERS.values()})
OWN = (SIMULATED, *(PROVIDERS / service for service in SERVICES))
ALLOWED = {("functions/jobchute/runtime/shared.py", "jobchute.providers.fireworks.account")}
"""The account of the one provider that is not an AWS service is read from its secret at the edge."""


def modules(*folders: str) -> list[Path]:
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if not path.is_relative_to(ROOT / "infra" / "cdk.out"))


SHARED = [path for path in modules("functions", "infra", "tools") if not any(map(path.is_relative_to, OWN))]


def is_about_an_api(node: ast.expr) -> bool:
    """`api`, `job.api` and the like."""
    return (isinstance(node, ast.Name) and node.id == "api") or (
        isinstance(node, ast.Attribute) and node.attr == "api"
    )


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@cache
def apis_named_in(path: Path) -> frozenset[Api]:
    """The APIs that a module names, as members of Api or as text."""
    return frozenset(_names_of_apis(ast.parse(path.read_text())))


def _names_of_apis(tree: ast.AST) -> Iterator[Api]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="Api"), attr=name) if name in Api.__members__:
                yield Api[name]
            case ast.Constant(value=str(text)) if text in list(Api):
                yield Api(text)


def questions(tree: ast.AST) -> Iterator[str]:
    """What a module asks about a job's API beside whether there is one."""
    for node in ast.walk(tree):
        match node:
            case ast.Match(subject=subject) if is_about_an_api(subject):
                yield f"line {node.lineno}: match"
            case ast.Compare(left=left, comparators=others):
                sides = [left, *others]
                if any(map(is_about_an_api, sides)) and any(map(is_text, sides)):
                    yield f"line {node.lineno}: comparison"


def own_modules_imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (
                node.module for each in SERVICES if node.module.startswith(f"jobchute.providers.{each}.")
            )


@pytest.mark.parametrize("path", SHARED, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_shared_module_neither_asks_which_api_nor_names_one(path: Path) -> None:
    tree = ast.parse(path.read_text())
    name = str(path.relative_to(ROOT))
    assert list(questions(tree)) == []
    assert {each for each in own_modules_imported(tree) if (name, each) not in ALLOWED} == set()
    if path not in LISTED:
        assert apis_named_in(path) == set()


@pytest.mark.parametrize("api", Api)
def test_an_api_is_named_in_its_folder_and_the_two_lists_alone(api: Api) -> None:
    files = files_that_name(api, "functions", "infra", "tools")
    folder = PROVIDERS.joinpath(*FOLDERS[api].split("."))
    # What a job's role may do is said with the names of IAM's actions, which are those of the APIs.
    outside = {path for path in files if not path.is_relative_to(folder) and path.name != "job_role.py"}
    assert outside >= LISTED
    assert len(outside - LISTED) == 1
    assert all(path.is_relative_to(SIMULATED) for path in outside - LISTED)


def files_that_name(api: Api, *folders: str) -> list[Path]:
    return [path for path in modules(*folders) if api in apis_named_in(path)]


def main() -> None:
    for api in Api:
        files = files_that_name(api, "functions", "infra", "tools", "tests")
        sys.stdout.writelines(
            [f"{api}: {len(files)} files\n", *(f"    {path.relative_to(ROOT)}\n" for path in files)]
        )


if __name__ == "__main__":
    main()
