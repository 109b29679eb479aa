"""What may go wrong with a valid request is told, and no error."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute.cli.main import app
from jobchute.job import Api
from jobchute.providers.registry import SPECS
from jobchute.providers.rules import warnings_in
from tests.unit.providers.rule_requests import VALID, changed

run = CliRunner().invoke
OWN = "s3://amazon-braket-us-east-1-123456789012"
SCRIPT = {"scriptModeConfig": {"entryPoint": "m", "s3Uri": f"{OWN}/source"}}


def told(changes: dict[str, Any], api: Api = Api.BRAKET_JOB) -> list[str]:
    return [problem.path for problem in warnings_in(api, changed(api, changes))]


def test_an_unreachable_bucket_is_reported_at_its_first_mention() -> None:
    changes = {
        "algorithmSpecification": {"scriptModeConfig": {"entryPoint": "m", "s3Uri": "s3://bucket/source"}},
        "inputDataConfig": [{"dataSource": {"s3DataSource": {"s3Uri": "s3://other/in"}}}],
        "checkpointConfig": {"s3Uri": "s3://bucket/checkpoints"},
    }
    assert told(changes) == [
        "request.algorithmSpecification.scriptModeConfig.s3Uri",
        "request.inputDataConfig[0].dataSource.s3DataSource.s3Uri",
    ]


def test_braket_s_own_buckets_are_not_told() -> None:
    assert told({"algorithmSpecification": SCRIPT, "outputDataConfig/s3Path": f"{OWN}/out"}) == []


@pytest.mark.parametrize("api", [api for api, spec in SPECS.items() if not spec.warnings])
def test_other_providers_take_any_bucket(api: Api) -> None:
    assert told({}, api) == []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "job.json"
    matrix = {"hyperParameters.depth": ["1", "2"]}
    request = {**VALID[Api.BRAKET_JOB], "hyperParameters": {}}
    path.write_text(json.dumps({"api": Api.BRAKET_JOB, "request": request, "matrix": matrix}))
    return path


def test_validate_warns_once_of_a_valid_document(file: Path) -> None:
    result = run(app, ["validate", str(file)])
    assert result.exit_code == 0
    (warning, *rest) = result.stdout.splitlines()
    assert "request.outputDataConfig.s3Path: warning BRAKET_BUCKET: " in warning
    assert 'names begin with amazon-braket-. "bucket" needs the tag AmazonBraket=true' in warning
    assert [line.split(" ")[1] for line in rest[:2]] == ["OK", "OK"]


def test_json_has_the_warnings_beside_the_errors(file: Path) -> None:
    result = run(app, ["validate", "--json", str(file)])
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert (first["valid"], first["errors"]) == (True, [])
    assert [warning["code"] for warning in first["warnings"]] == ["BRAKET_BUCKET"]
    assert second["warnings"] == []


def test_plan_tells_it_beside_the_plan(file: Path) -> None:
    result = run(app, ["plan", "--json", str(file)])
    assert result.exit_code == 0
    assert "warning BRAKET_BUCKET" in result.stderr
    assert len(result.stdout.splitlines()) == 2
