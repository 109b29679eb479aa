"""The settings for editors in docs/requests.md select a schema for each JSON sample, which finds it valid."""

import json
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from jobchute.cli.main import app
from tests.paths import DOCS, EVENTS, SAMPLES
from tests.unit.documentation.blocks import blocks_of

PAGE = DOCS / "requests.md"
BLOCKS = list(blocks_of(PAGE.name, PAGE.read_text()))
ENTRIES = next(json.loads(block.text)["json.schemas"] for block in BLOCKS if "json.schemas" in block.text)
COMMANDS = next(block.text for block in BLOCKS if block.text.startswith("jobchute schema"))
BODIES = sorted(SAMPLES.rglob("*.json"))


@cache
def schemas() -> dict[str, Any]:
    """File → schema, by the commands of the page."""
    found = {}
    for line in COMMANDS.splitlines():
        command, _, file = line.partition(" > ")
        result = CliRunner().invoke(app, shlex.split(command)[1:])
        assert result.exit_code == 0, line
        found[f"./{file}"] = json.loads(result.stdout)
    return found


def is_selected(entry: dict[str, Any], path: str) -> bool:
    """As Visual Studio Code has it: a pattern matches, and the last one that does takes nothing out."""
    matching = [pattern for pattern in entry["fileMatch"] if glob(pattern.removeprefix("!"), path)]
    return bool(matching) and not matching[-1].startswith("!")


def glob(pattern: str, path: str) -> bool:
    """`**/` stands for any folders, or none."""
    form = re.escape(pattern).replace(r"\*\*/", "(?:[^/]+/)*").replace(r"\*", "[^/]*")
    return re.fullmatch(form, path) is not None


def select(path: str) -> str:
    (url,) = (entry["url"] for entry in ENTRIES if is_selected(entry, path))
    return str(url)


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.name)
def test_one_schema_is_selected_for_a_sample_and_finds_it_valid(path: Path) -> None:
    place = f"requests/{path.relative_to(SAMPLES)}"
    validator = Draft202012Validator(schemas()[select(place)])
    assert list(validator.iter_errors(json.loads(path.read_text()))) == []


def test_a_cancellation_and_an_owner_s_files_have_their_schema() -> None:
    cancellation = json.loads((EVENTS / "messages" / "cancel.json").read_text())
    for place, url in (
        ("requests/stop.json", "./jobchute.schema.json"),
        ("requests/growth/team/stop.json", "./jobchute.schema.json"),
        ("requests/growth/sagemaker/create-training-job/stop.json", "./create-training-job.schema.json"),
        ("requests/fireworks/create-batch-job/2026/stop.json", "./create-batch-job.schema.json"),
    ):
        assert select(place) == url
        assert Draft202012Validator(schemas()[url]).is_valid(cancellation)
