"""A sweep of 24 jobs through the real stack on the embedded AWS: its logs, its rows, and the best of it."""

import csv
import json
from io import StringIO
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute.cli.main import app
from jobchute.job import job_id_for_key
from tests.e2e.conftest import World
from tests.e2e.sweep import AUC, PATIENCE_SECONDS, sweep_document
from tests.e2e.test_main_job import training
from tests.e2e.tool import said


def rows_of(target: str, *options: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said("sweep", target, *options, "--json").splitlines()]


def test_the_best_job_comes_first_with_the_same_figures_in_csv(swept: str) -> None:
    rows = rows_of(swept)
    values = [row["metrics"][AUC] for row in rows]
    assert len(values) == 24
    assert values == sorted(values, reverse=True)
    assert {tuple(row["values"]) for row in rows} == {("HyperParameters.eta", "HyperParameters.max_depth")}
    read = [*csv.DictReader(StringIO(said("sweep", swept, "--csv")))]
    assert [figures_of_csv(row) for row in read] == [figures_of_json(row) for row in rows]


def figures_of_csv(row: dict[str, Any]) -> tuple[Any, ...]:
    values = {name: row[name] for name in sweep_document("")["matrix"]}
    costs = (float(row["estimate"]), float(row["bound"]))
    return row["jobId"], row["state"], values, float(row["seconds"]), *costs, float(row[AUC])


def figures_of_json(row: dict[str, Any]) -> tuple[Any, ...]:
    costs = (row["cost"]["estimate"], row["cost"]["bound"])
    return row["jobId"], row["state"], row["values"], row["seconds"], *costs, row["metrics"][AUC]


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


@pytest.mark.sampled
@pytest.mark.parametrize(("scenario", "status"), [("fail", 1), ("succeed", 0)])
def test_the_exit_status_of_a_follower_is_the_jobs(world: World, scenario: str, status: int) -> None:
    """From before the job's first line: lines that come are printed, and the end of the job is the end."""
    document = training(world, f"logged-{scenario}", simulate=f"{scenario}+slow")
    job_id = job_id_for_key(document["idempotencyKey"])
    world.status_when(world.send(document), lambda found: found.get("state") in {"SUBMITTED", "RUNNING"})
    result = CliRunner().invoke(app, ["logs", job_id, "--follow", "--settle", "3", "--json"])
    assert result.exit_code == status, result.output
    assert world.ledger.get(job_id).state.is_final
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == len({(line["stream"], line["at"], line["message"]) for line in lines}) == 3 + 2
    assert ("AlgorithmError" in result.stderr) == (scenario == "fail")
