"""What --json prints has keys in one spelling, as status documents have them: `jobId`."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from tests.builders import a_job
from tests.paths import SAMPLES

VALID = [str(SAMPLES / name) for name in ("sweep-by-matrix.yaml", "churn-nightly.yaml")]
OF_OTHERS = {"call", "values", "labels", "jobs", "compared"}
"""Members whose own keys are a provider's, a user's, or names of what is counted."""


def keys_of(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from keys_of(each)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            if name not in OF_OTHERS:
                yield from keys_of(inner)


@pytest.mark.parametrize(
    "command",
    [
        ["validate", *VALID, str(SAMPLES / "invalid.yaml")],
        ["plan", *VALID],
        ["submit", *VALID],
        ["jobs", "list"],
        ["jobs", "show", "jc-1"],
        ["jobs", "history", "jc-1"],
        ["cost"],
        ["cost", "--idle"],
    ],
    ids=" ".join,
)
def test_no_key_has_an_underscore(deployment: Deployment, command: list[str]) -> None:
    deployment.ledger.add(a_job(job_id="jc-1"))
    lines = CliRunner().invoke(app, [*command, "--json"]).stdout.splitlines()
    keys = {key for line in lines for key in keys_of(json.loads(line))}
    assert keys
    assert [key for key in sorted(keys) if "_" in key or not key[0].islower()] == []


@pytest.mark.parametrize("command", ["validate", "plan", "submit"])
def test_a_job_s_id_is_called_the_same_by_every_command(deployment: Deployment, command: str) -> None:
    printed = json.loads(CliRunner().invoke(app, [command, VALID[1], "--json"]).stdout)
    assert printed["jobId"].startswith("jc-")
