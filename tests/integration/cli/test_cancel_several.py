"""jobchute cancel of several jobs."""

import json
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.chosen_jobs import MAX_UNASKED
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.job import Job, State, job_id_for_key
from tests.integration.cli.deployed import NIGHTLY, messages

run = CliRunner().invoke


def running(deployment: Deployment, name: str, **more: Any) -> Job:
    job = replace(NIGHTLY, job_id=job_id_for_key(name), idempotency_key=name, name=name, **more)
    deployment.ledger.add(job)
    return job


@pytest.fixture
def taken_up(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Each cancellation takes effect as soon as it is sent."""
    documents: list[Any] = []

    def send_message(*, QueueUrl: str, MessageBody: str) -> dict[str, str]:  # noqa: N803 - as boto3 names them
        documents.append(json.loads(MessageBody))
        from jobchute.cli.deployment import deployment_of

        deployment_of(None).ledger.note(documents[-1]["cancel"], attempt=None, stop_cause=State.CANCELLED)
        assert QueueUrl
        return {"MessageId": "m"}

    monkeypatch.setattr(runtime.client("sqs"), "send_message", send_message)
    return documents


def test_several_are_cancelled_and_each_is_told(deployment: Deployment, taken_up: list[Any]) -> None:
    jobs = [running(deployment, name) for name in "ab"]
    result = run(app, ["cancel", "a", jobs[1].job_id, "--json"])
    assert result.exit_code == 0, result.output
    assert taken_up == [{"cancel": job.job_id} for job in jobs]
    assert [json.loads(line)["jobId"] for line in result.stdout.splitlines()] == [job.job_id for job in jobs]
    # Run again, it has nothing left to send.
    assert run(app, ["cancel", "a", "b"]).exit_code == 0
    assert len(taken_up) == 2


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--state", "RUNNING"], "ac"),
        (["--label", "team=growth"], "abc"),
        (["--api", "braket:CreateJob"], ""),
        (["--source", "requests/other.yaml"], "b"),
        (["--cause", "CAPACITY"], "c"),
    ],
)
def test_options_choose_open_jobs(
    deployment: Deployment, taken_up: list[Any], options: list[str], expected: str
) -> None:
    ended_at = "2026-11-21T10:00:03.000Z"
    past = ({"state": "FAILED", "cause": "CAPACITY", "moves": [["QUEUED", ended_at]], "endedAt": ended_at},)
    other = replace(NIGHTLY.source, uri="s3://jobs/requests/other.yaml")
    running(deployment, "a")
    running(deployment, "b", state=State.QUEUED, source=other)
    running(deployment, "c", attempt=2, past=past, retry={"attempts": 3, "on": ["CAPACITY"]})
    running(deployment, "d", state=State.SUCCEEDED)
    result = run(app, ["cancel", *options])
    assert result.exit_code == 0, result.output
    assert {document["cancel"] for document in taken_up} == {job_id_for_key(name) for name in expected}
    assert bool(expected) or "no jobs were found" in result.stderr


def test_those_that_could_not_be_cancelled_are_named(deployment: Deployment, taken_up: list[Any]) -> None:
    running(deployment, "a")
    ended = running(deployment, "b", state=State.SUCCEEDED)
    result = run(app, ["cancel", "a", "b", "unknown", "--json"])
    assert (result.exit_code, len(taken_up)) == (1, 1)
    assert "2 of 3 jobs were not cancelled" in result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {line["target"]: line["error"] for line in lines if "error" in line} == {
        "unknown": "there is no such job",
        ended.job_id: "it has already ended SUCCEEDED; nothing was cancelled",
    }


def test_one_that_takes_long_is_named(deployment: Deployment) -> None:
    jobs = [running(deployment, name) for name in "ab"]
    result = run(app, ["cancel", "a", "b", "--timeout", "0"])
    assert result.exit_code == 1
    assert f"{jobs[0].job_id}: still RUNNING 0 seconds after the cancellation was sent" in result.stderr
    assert len(messages(deployment)) == 2


def test_more_than_ten_need_a_yes(deployment: Deployment, taken_up: list[Any]) -> None:
    for number in range(MAX_UNASKED + 1):
        running(deployment, f"{number}")
    result = run(app, ["cancel", "--state", "RUNNING"])
    assert (result.exit_code, taken_up) == (2, [])
    assert "     11 RUNNING    sagemaker:CreateTrainingJob" in result.stderr
    assert run(app, ["cancel", "--state", "RUNNING", "--yes"]).exit_code == 0
    assert len(taken_up) == MAX_UNASKED + 1


def test_a_file_is_no_job_to_choose_from(deployment: Deployment) -> None:
    result = run(app, ["cancel", "requests/x.jsonl", "--state", "QUEUED"])
    assert result.exit_code == 2
    assert "to choose among its jobs: --source requests/x.jsonl" in " ".join(result.stderr.split())
