"""A sweep of 24 jobs through the real stack on the embedded AWS: its logs, its rows, and the best of it."""

import csv
import json
from io import StringIO
from typing import Any

from typer.testing import CliRunner

from jobchute.cli.main import app
from tests.e2e.conftest import World
from tests.e2e.sweep import AUC, PATIENCE_SECONDS


def said(*line: str) -> str:
    result = CliRunner().invoke(app, [*line])
    assert result.exit_code == 0, result.output
    return result.stdout


def rows_of(target: str, *options: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said("sweep", target, *options, "--json").splitlines()]


def test_the_best_job_comes_first_with_the_same_figures_in_csv(swept: str) -> None:
    rows = rows_of(swept)
    values = [row["metrics"][AUC] for row in rows]
    assert len(values) == 24
    assert values == sorted(values, reverse=True)
    assert {tuple(row["values"]) for row in rows} == {("HyperParameters.eta", "HyperParameters.max_depth")}
    read = [*csv.DictReader(StringIO(said("sweep", swept, "--csv")))]
    assert [(row["jobId"], float(row[AUC])) for row in read] == [
        (row["jobId"], row["metrics"][AUC]) for row in rows
    ]


def test_the_status_document_of_the_file_names_the_best(world: World, swept: str) -> None:
    best = rows_of(swept)[0]
    key = f"status/{world.run}/sweep.json.json"
    status = world.status_when(
        key, lambda found: found.get("states", {}).get("SUCCEEDED") == 24, PATIENCE_SECONDS
    )
    assert status["best"]["value"] == best["metrics"][AUC]
    assert status["sweep"] == f"jobchute sweep s3://{world.deployment.bucket}/{swept}"


def test_the_log_of_a_job_is_that_of_its_two_instances(swept: str) -> None:
    job_id = rows_of(swept)[0]["jobId"]
    lines = [
        json.loads(line) for line in said("logs", job_id, "--follow", "--settle", "3", "--json").splitlines()
    ]
    streams = {line["stream"].rpartition("/")[2][: len("algo-1")] for line in lines}
    assert streams == {"algo-1", "algo-2"}
    assert len(lines) == 2 * (3 + 2)
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
