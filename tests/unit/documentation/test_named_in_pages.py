"""What the pages name is there: files, modules, context values, variables, options, errors, log messages."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from infra.configuration import PREFIX, Configuration
from jobchute import errors
from jobchute.job import ATTEMPT_TAG
from tests.paths import ROOT
from tests.unit.documentation.blocks import ALL_PAGES, inline_code
from tests.unit.documentation.test_cli_page import commands, common
from tools import configuration

CODE = sorted(set(inline_code()))
PATH = re.compile(r"(?:functions|infra|tests|tools|events|docs|requirements)/[a-z0-9_./*-]*")
MODULE = re.compile(r"python -m ([\w.]+)")
CONTEXT_VALUE = re.compile(rf"(?<![\w:.-]){PREFIX}([a-z_]+)(?![\w-])")
VARIABLE = re.compile(r"\bJOBCHUTE_[A-Z_]+\b")
OPTION = re.compile(r"(--[a-z][a-z-]*)(?: [A-Z]+)?")
ERROR = re.compile(r"[A-Z]\w+Error")
MESSAGE = re.compile(r"[a-z]+(?:,? [a-z]+)+")
PROGRAMS = ("jobchute", "make", "cdk", "aws", "python", "pip")
QUOTES_LOGS = ("run-book.md", "queues.md")
"""Pages that quote log messages, in backticks."""


class Name(NamedTuple):
    page: str
    text: str


def names(pattern: re.Pattern[str]) -> list[Name]:
    """Code that is such a name as a whole."""
    return [Name(page, code) for page, code in CODE if pattern.fullmatch(code)]


def found(pattern: re.Pattern[str]) -> Iterator[Name]:
    """Such names anywhere in a page."""
    for page in ALL_PAGES:
        yield from (Name(page.name, text) for text in pattern.findall(page.read_text()))


def test_files_and_folders() -> None:
    assert [name for name in names(PATH) if not [*ROOT.glob(name.text)]] == []


def test_modules_that_are_run() -> None:
    modules = {name: Path(ROOT, *name.text.split(".")) for name in found(MODULE)}
    assert [
        name for name, path in modules.items() if not (path.is_dir() or path.with_suffix(".py").exists())
    ] == []


def test_context_values() -> None:
    known = {*Configuration.model_fields, ATTEMPT_TAG.removeprefix(PREFIX)}
    assert [name for name in found(CONTEXT_VALUE) if name.text not in known] == []


def test_environment_variables() -> None:
    fields = {
        field for each in (*configuration.FUNCTIONS.values(), *configuration.TOOL) for field in each.types
    }
    known = {f"JOBCHUTE_{field.upper()}" for field in fields}
    assert [name for name in found(VARIABLE) if name.text not in known] == []


def test_options() -> None:
    """Of the tool, or of one of the programs that make runs."""
    of_the_tool = common().union(*(options for _, options in commands()))
    known = of_the_tool | {*re.findall(r'"(--[a-z-]+)"', sources("tests") + sources("infra"))}
    options = [(name, OPTION.fullmatch(name.text)) for name in names(OPTION)]
    assert [name for name, option in options if option and option.group(1) not in known] == []


def test_errors() -> None:
    assert [name for name in names(ERROR) if not hasattr(errors, name.text)] == []


@pytest.mark.parametrize("page", QUOTES_LOGS)
def test_log_messages(page: str) -> None:
    of_the_tool = {name for name, _ in commands()}
    quoted = {
        name.text for name in names(MESSAGE) if name.page == page and name.text.split()[0] not in PROGRAMS
    }
    assert {text for text in quoted - of_the_tool if text not in literals()} == set()


@cache
def sources(folder: str) -> str:
    return "\n".join(path.read_text() for path in sorted((ROOT / folder).rglob("*.py")))


@cache
def literals() -> str:
    """Every text that is written in the functions or in the tool."""
    trees = [ast.parse(path.read_text()) for path in sorted((ROOT / "functions").rglob("*.py"))]
    constants = (node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return "\n".join(value for value in constants if isinstance(value, str))
