"""`jobchute submit` of what is a job already says so, with and without --wait."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.document_checks import Checked, check
from jobchute.cli.main import app
from jobchute.cli.request_files import read_files
from jobchute.job import Job, Source, State, digest_of
from jobchute.requests.submission import Submission
from tests.paths import SAMPLES

NIGHTLY = SAMPLES / "churn-nightly.yaml"
run = partial(CliRunner().invoke, app)


def many(tmp_path: Path, number: int, **envelope: Any) -> Path:
    path = tmp_path / "many.jsonl"
    documents = [
        {
            "api": "fireworks:CreateBatchJob",
            "request": {"nodePoolId": "pool", "displayName": f"job-{each}"},
            **envelope,
        }
        for each in range(number)
    ]
    path.write_text("\n".join(map(json.dumps, documents)))
    return path


def documents_of(path: Path) -> list[Checked]:
    return [document for file in read_files([path], None) for document in check(file)]


def make(deployment: Deployment, document: Checked, state: State, **changes: Any) -> str:
    """A job of the document; its id."""
    asked = document.asked
    assert isinstance(asked, Submission)
    known: dict[str, Any] = {
        "job_id": document.job_id,
        "api": asked.api,
        "state": state,
        "created_at": "2026-11-21T10:00:00.000Z",
        "updated_at": "2026-11-21T10:00:03.000Z",
        "source": Source(uri="sqs://1", status_key="status-messages/1.json"),
        "digest": digest_of(asked.api, asked.request),
        "labels": asked.labels,
        "priority": asked.priority,
    }
    deployment.ledger.add(Job(**{**known, **changes}))
    return str(document.job_id)


def keys(deployment: Deployment) -> list[str]:
    listed = runtime.client("s3").list_objects_v2(Bucket=deployment.bucket).get("Contents", [])
    return [entry["Key"] for entry in listed]


@pytest.mark.parametrize("arguments", [[], ["--wait", "--timeout", "0"], ["--sqs"]])
def test_an_ended_job_is_shown_with_its_state_and_a_way_to_rerun(
    deployment: Deployment, arguments: list[str]
) -> None:
    job_id = make(deployment, documents_of(NIGHTLY)[0], State.SUCCEEDED)
    result = run(["submit", str(NIGHTLY), *arguments])
    assert result.exit_code == 0
    line = f"{NIGHTLY} is already job {job_id}: SUCCEEDED. Nothing is submitted again; to run it again: "
    assert result.stderr.splitlines() == [f"{line}jobchute retry {job_id}"]


def test_an_open_one_needs_another_key(deployment: Deployment) -> None:
    make(deployment, documents_of(NIGHTLY)[0], State.RUNNING)
    told = run(["submit", str(NIGHTLY)]).stderr
    assert ": RUNNING. Nothing is submitted again; to run it a second time, give it another" in told


def test_a_new_one_is_told_as_nothing_but_sent(deployment: Deployment) -> None:
    assert run(["submit", str(NIGHTLY)]).stderr == ""


def test_labels_and_priority_that_differ_are_told_as_not_applied(deployment: Deployment) -> None:
    make(deployment, documents_of(NIGHTLY)[0], State.RUNNING, labels={"team": "core"}, priority=9)
    told = run(["submit", str(NIGHTLY)]).stderr
    assert "Its labels and priority differ from the job's and are not applied" in told


def test_of_many_known_ones_one_line_is_told(deployment: Deployment, tmp_path: Path) -> None:
    path = many(tmp_path, 40)
    for number, document in enumerate(documents_of(path)[:37]):
        labels = {"team": "core"} if number < 5 else {}
        make(deployment, document, State.SUCCEEDED if number < 30 else State.RUNNING, labels=labels)
    result = run(["submit", str(path)])
    assert result.exit_code == 0
    first, second = result.stderr.splitlines()
    assert first.startswith("37 of 40 jobs already exist: 7 RUNNING, 30 SUCCEEDED. Nothing is submitted again")
    assert second == "changes that are not applied, because a job keeps what it was accepted with: labels of 5"


def test_more_than_one_batch_of_them_is_looked_up(deployment: Deployment, tmp_path: Path) -> None:
    path = many(tmp_path, 130)
    for document in documents_of(path):
        make(deployment, document, State.SUCCEEDED)
    assert "130 of 130 jobs already exist" in run(["submit", str(path)]).stderr


def test_as_json_each_known_one_says_so(deployment: Deployment, tmp_path: Path) -> None:
    path = many(tmp_path, 2)
    make(deployment, documents_of(path)[1], State.FAILED, priority=0)
    new, known = (json.loads(line) for line in run(["submit", str(path), "--json"]).stdout.splitlines())
    assert "duplicate" not in new
    assert (known["duplicate"], known["state"], known["notApplied"]) == (True, "FAILED", ["priority"])


def test_another_body_under_a_used_key_is_refused_and_not_sent(deployment: Deployment, tmp_path: Path) -> None:
    path = many(tmp_path, 1, idempotencyKey="mine")
    job_id = make(deployment, documents_of(path)[0], State.RUNNING, digest="other")
    result = run(["submit", str(path), str(NIGHTLY)])
    assert result.exit_code == 1
    assert (
        f"{path}: idempotencyKey: KEY_USED: another request was already accepted with this key" in result.stderr
    )
    assert job_id in result.stderr
    assert "nothing was sent" in result.stderr
    assert keys(deployment) == []


def test_a_job_made_meanwhile_by_another_document_is_reported(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = make(deployment, documents_of(NIGHTLY)[0], State.SUCCEEDED)
    nothing: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {}}
    monkeypatch.setattr(runtime.client("dynamodb"), "batch_get_item", lambda **_: nothing)
    result = run(["submit", str(NIGHTLY), "--wait"])
    assert f" is already job {job_id}: SUCCEEDED. Nothing is submitted again" in result.stderr


def test_without_ledger_access_it_is_sent_with_a_notice(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        answer: Any = {"Error": {"Code": "AccessDeniedException", "Message": "no access to the table"}}
        raise ClientError(answer, "BatchGetItem")

    monkeypatch.setattr(runtime.client("dynamodb"), "batch_get_item", refuse)
    result = run(["submit", str(NIGHTLY)])
    assert result.exit_code == 0
    assert result.stderr.startswith("cannot check which of these are already jobs: AWS refused BatchGetItem: ")
    assert len(keys(deployment)) == 1
