"""jobchute jobs open and jobs request, over moto."""

import json
import webbrowser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.job import Job, State
from tests.builders import a_job
from tests.unit.bodies import VALID

JOB = a_job(
    "churn",
    state=State.FAILED,
    provider_id="arn:aws:sagemaker:us-east-1:123456789012:training-job/churn",
    attempts=1,
    logs="/aws/sagemaker/TrainingJobs:churn/",
    labels={"team": "growth"},
    idempotency_key="nightly",
)
WAITING = a_job("waiting", waits_for=frozenset({"jc-1"}), pool="sagemaker:CreateTrainingJob")
REJECTED = a_job("rejected", job_id=f"rj-{'0' * 64}", state=State.REJECTED, api=None)
SECRET = {"Environment": {"TOKEN": "s3cret"}}


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["jobs", *words])


@pytest.fixture(autouse=True)
def kept(deployment: Deployment) -> None:
    for job in (JOB, WAITING, REJECTED):
        deployment.ledger.add(job)


def keep_request(deployment: Deployment, job: Job, body: dict[str, Any]) -> None:
    deployment.ledger.requests.keep(job.job_id, job.digest, body, job.created_at, name=job.name)


def test_the_page_of_a_job_is_printed() -> None:
    assert run("open", JOB.job_id).stdout.endswith("sagemaker/home?region=us-east-1#/jobs/churn\n")
    assert "/states/home" in run("open", JOB.job_id, "--page", "execution").stdout
    told = json.loads(run("open", JOB.job_id, "--page", "logs", "--json").stdout)
    assert (told["jobId"], told["page"]) == (JOB.job_id, "logs")
    assert "#logsV2:" in told["url"]


def test_the_page_is_opened_in_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def open_url(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", open_url)
    result = run("open", JOB.job_id, "--browser")
    assert opened == [result.stdout.strip()]
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    assert run("open", JOB.job_id, "--browser").exit_code == 2


@pytest.mark.parametrize(
    ("job", "words", "told"),
    [
        (WAITING, (), "has no page in the AWS console now; it is QUEUED"),
        (REJECTED, (), "has no page in the AWS console now; it is REJECTED"),
        (WAITING, ("--page", "logs"), "has no page of its logs in the AWS console now; it is QUEUED"),
    ],
)
def test_a_page_that_a_job_does_not_have_is_answered_no(job: Job, words: tuple[str, ...], told: str) -> None:
    result = run("open", job.job_id, *words)
    assert result.exit_code == 1
    assert told in result.stderr


def test_a_printed_document_can_be_submitted_again(deployment: Deployment, tmp_path: Path) -> None:
    keep_request(deployment, JOB, dict(VALID[str(JOB.api)]))
    result = run("request", JOB.job_id)
    assert result.exit_code == 0, result.output
    file = tmp_path / "again.yaml"
    file.write_text(result.stdout)
    checked = CliRunner().invoke(app, ["validate", str(file), "--json"])
    assert checked.exit_code == 0, checked.output
    document = json.loads(run("request", JOB.job_id, "--json").stdout)
    assert (document["retryOf"], document["idempotencyKey"]) == (JOB.job_id, "nightly:retry-1")
    assert document["labels"] == {"team": "growth"}


def test_secrets_of_the_request_are_shown_and_said_to_be(deployment: Deployment) -> None:
    body = dict(VALID[str(JOB.api)])
    keep_request(deployment, JOB, body | SECRET)
    shown = run("request", JOB.job_id)
    assert "TOKEN: s3cret" in shown.stdout
    assert "secrets included" in shown.stderr
    assert "s3cret" not in shown.stderr


def test_a_rejected_document_is_in_its_file_alone() -> None:
    result = run("request", REJECTED.job_id)
    assert result.exit_code == 1
    assert "only its file has the request: s3://drop/requests/churn.json" in result.stderr
