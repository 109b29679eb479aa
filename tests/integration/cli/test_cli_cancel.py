"""`jobchute cancel`, of a job and of a file."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.job import State
from tests.integration.cli.deployed import NIGHTLY, messages, store_jobs

run = CliRunner().invoke


@pytest.fixture(autouse=True)
def ledger(deployment: Deployment) -> None:
    store_jobs(deployment)


def test_a_cancellation_is_sent_and_waited_for(deployment: Deployment) -> None:
    deployment.ledger.note(NIGHTLY.job_id, stop_cause=State.CANCELLED)
    result = run(app, ["cancel", "nightly", "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["jobId"] == NIGHTLY.job_id
    assert messages(deployment) == [{"cancel": NIGHTLY.job_id}]


def test_a_cancellation_that_nobody_takes_up_is_no_answer(deployment: Deployment) -> None:
    result = run(app, ["cancel", "nightly", "--timeout", "0"])
    assert result.exit_code == 2
    assert "the job is still RUNNING" in result.stderr
    assert messages(deployment) == [{"cancel": NIGHTLY.job_id}]


FILE = "requests/many.jsonl?version=7"


def answered(deployment: Deployment, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the answer be there as soon as it is looked for."""

    def send_message(*, QueueUrl: str, MessageBody: str) -> dict[str, str]:  # noqa: N803 - as boto3 names them
        assert (QueueUrl, json.loads(MessageBody)) == (deployment.queue_url, {"cancel": FILE})
        body = json.dumps(document).encode()
        runtime.client("s3").put_object(Bucket=deployment.bucket, Key="status-messages/m.json", Body=body)
        return {"MessageId": "m"}

    monkeypatch.setattr(runtime.client("sqs"), "send_message", send_message)


def test_a_file_is_cancelled_and_its_jobs_are_counted(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {
        "file": "s3://drop/x",
        "jobs": {"SUCCEEDED": 2, "CANCELLED": 3},
        "note": "so it is",
        "finished": True,
    }
    answered(deployment, answer, monkeypatch)
    result = run(app, ["cancel", FILE])
    assert (result.exit_code, result.stdout) == (0, "s3://drop/x: 2 SUCCEEDED, 3 CANCELLED\n")
    assert "so it is" in result.stderr
    assert json.loads(run(app, ["cancel", FILE, "--json"]).stdout) == answer


def test_a_file_that_nobody_knows_is_no(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(deployment, {"errors": [{"message": "no file has this name"}]}, monkeypatch)
    result = run(app, ["cancel", FILE])
    assert result.exit_code == 1
    assert "no file has this name" in result.stderr


def test_an_unanswered_file_cancellation_names_the_answer_s_key(
    deployment: Deployment,
) -> None:
    result = run(app, ["cancel", FILE, "--timeout", "0"])
    assert result.exit_code == 2
    assert "/status-messages/" in result.stderr
    assert messages(deployment) == [{"cancel": FILE}]


def test_what_is_neither_a_job_nor_a_file_is_unknown(deployment: Deployment) -> None:
    assert run(app, ["cancel", "nobody"]).exit_code == 1
    assert messages(deployment) == []


def test_a_job_that_has_ended_is_not_cancelled(deployment: Deployment) -> None:
    result = run(app, ["cancel", "jc-failed"])
    assert result.exit_code == 1
    assert "has already ended FAILED" in result.stderr
    assert messages(deployment) == []
