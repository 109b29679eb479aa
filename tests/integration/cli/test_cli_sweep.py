"""`jobchute sweep`: the jobs of a matrix side by side, the best first."""

import csv
import itertools
import json
from io import StringIO
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.job import Job, State
from jobchute.outcomes import Cause
from tests.builders import a_job, a_source

DEPTHS, ETAS = ("2", "4", "6", "8"), ("0.05", "0.1", "0.2", "0.3", "0.4", "0.5")
FILE = "requests/churn-sweep.yaml"
AUC = "validation:auc"
OBJECTIVE = {"metric": AUC, "goal": "maximize"}


def run(*line: str) -> Result:
    return CliRunner().invoke(app, ["sweep", *line])


def value_of(number: int) -> float:
    return round(((number * 7) % 23) / 23, 4)


def swept(number: int, **changes: Any) -> Job:
    """Of the 24 jobs, one in eight failed."""
    failed = number % 8 == 7
    metrics = {} if failed else {AUC: value_of(number), "train:loss": round(1 - value_of(number), 4)}
    given: dict[str, Any] = {
        "state": State.FAILED if failed else State.SUCCEEDED,
        "cause": Cause.CODE if failed else None,
        "source": a_source(uri=f"s3://jobs/{FILE}", combination=number),
        "labels": {"team": "growth"},
        "result": {
            "version": 1,
            "startedAt": "2026-11-27T04:00:00Z",
            "endedAt": f"2026-11-27T04:{number:02}:30Z",
            "billableSeconds": 60 * number + 30,
            "metrics": metrics,
        },
    }
    return a_job(f"churn-{number}", **{**given, **changes})


@pytest.fixture
def sweep(deployment: Deployment) -> Deployment:
    for number, (depth, eta) in enumerate(itertools.product(DEPTHS, ETAS)):
        job = swept(number)
        body = {"TrainingJobName": job.name, "HyperParameters": {"max_depth": depth, "eta": eta, "rounds": "9"}}
        deployment.ledger.requests.keep(job.job_id, job.digest, body, job.created_at)
        deployment.ledger.add(job)
    return deployment


@pytest.fixture
def with_objective(sweep: Deployment) -> None:
    job = swept(24, objective=OBJECTIVE, state=State.RUNNING, cause=None, result=None)
    sweep.ledger.add(job)


def objects(*line: str) -> list[Any]:
    result = run(*line, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(text) for text in result.stdout.splitlines()]


def table(*line: str) -> list[dict[str, str]]:
    result = run(*line)
    assert result.exit_code == 0, result.output
    head, *rows = [text.split("\t") for text in result.stdout.splitlines()]
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.mark.usefixtures("sweep")
class TestSweep:
    def test_without_a_metric_rows_are_in_the_order_of_the_document(self) -> None:
        found = objects(FILE)
        assert [each["values"]["HyperParameters.eta"] for each in found] == [*ETAS] * 4
        assert found[3]["seconds"] == 3 * 60 + 30
        assert (found[3]["billableSeconds"], found[3]["cause"]) == (210, None)
        assert (found[7]["state"], found[7]["cause"], found[7]["metrics"]) == ("FAILED", "CODE", {})
        assert found[3].keys() == found[7].keys()
        assert "HyperParameters.rounds" not in found[0]["values"]

    def test_by_a_metric_the_best_comes_first(self) -> None:
        rows = table(FILE, "--by", AUC)
        values = [float(row[AUC]) for row in rows if row[AUC]]
        assert (len(rows), len(values)) == (24, 21)
        assert values == sorted(values, reverse=True)
        assert [row["STATE"] for row in rows[21:]] == ["FAILED"] * 3
        assert [row["CAUSE"] for row in rows[21:]] == ["CODE"] * 3
        assert rows[0].keys() >= {"max_depth", "eta", "TIME", "COST", "train:loss"}

    def test_or_the_smallest(self) -> None:
        rows = table(FILE, "--by", "train:loss", "--minimize")
        values = [float(row["train:loss"]) for row in rows[:21]]
        assert values == sorted(values)

    def test_csv_has_the_same_figures(self) -> None:
        read = [*csv.DictReader(StringIO(run(FILE, "--by", AUC, "--csv").stdout))]
        rows = table(FILE, "--by", AUC)
        assert [row["jobId"] for row in read] == [row["JOB ID"] for row in rows]
        assert [row["HyperParameters.eta"] for row in read] == [row["eta"] for row in rows]
        assert [float(row[AUC] or -1) for row in read] == [float(row[AUC] or -1) for row in rows]
        seconds = [each["seconds"] for each in objects(FILE, "--by", AUC)]
        assert [float(row["seconds"]) for row in read] == seconds

    def test_the_best_is_named_with_its_values(self) -> None:
        best = objects(FILE, "--by", AUC)[0]
        chosen = ", ".join(f"{path.rpartition('.')[2]}={value}" for path, value in best["values"].items())
        expected = f"24 jobs: 21 SUCCEEDED, 3 FAILED; best: {best['jobId'][:15]} {AUC}={best['metrics'][AUC]}"
        assert run(FILE, "--by", AUC).stderr == f"{expected} with {chosen}\n"

    @pytest.mark.parametrize("target", [f"s3://jobs/{FILE}", f"{FILE}#0", "team=growth"])
    def test_a_file_a_document_and_a_label_are_targets(self, target: str) -> None:
        if "#" in target:
            assert len(objects(f"{FILE}#0/5")) == 1
            return
        assert len(objects(target)) == 24

    def test_a_metric_that_no_job_has_is_answered_no(self) -> None:
        result = run(FILE, "--by", "auc")
        assert (result.exit_code, result.stdout) == (1, "")
        assert f"no job has the metric 'auc'; their metrics are {AUC}, train:loss" in result.stderr

    def test_a_smallest_value_of_nothing_is_wrong_usage(self) -> None:
        assert run(FILE, "--minimize").exit_code == 2
        assert run(FILE, "--csv", "--json").exit_code == 2

    def test_an_unknown_file_is_answered_no(self) -> None:
        assert run("requests/other.yaml").exit_code == 1


@pytest.mark.usefixtures("with_objective")
class TestObjective:
    def test_it_is_the_order_unless_another_is_asked_for(self) -> None:
        values = [each["metrics"].get(AUC) for each in objects(FILE)]
        ranked = [value for value in values if value is not None]
        assert ranked == sorted(ranked, reverse=True)
        assert objects(FILE, "--by", "train:loss", "--minimize")[0] == objects(FILE)[0]

    def test_a_job_that_failed_is_not_the_best(self, deployment: Deployment) -> None:
        result = {"version": 1, "metrics": {AUC: 2.0}}
        failed = swept(25, state=State.FAILED, cause=Cause.CODE, result=result)
        deployment.ledger.add(failed)
        found = objects(FILE)
        assert found[0]["jobId"] != failed.job_id
        assert failed.job_id in [each["jobId"] for each in found[:23]]
