"""The tool in a deployment with owners: it sends below the caller's folder and looks up the caller's keys."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.errors import CannotAskError
from jobchute.cli.main import app
from jobchute.cli.owner import refuse_unless_owner
from jobchute.job import Api, Job, Source, State, job_id_for_key
from tests.apis import REQUESTS
from tests.paths import SAMPLES

NIGHTLY = SAMPLES / "churn-nightly.yaml"
BARE = SAMPLES / "fireworks" / "create-batch-job" / "embed-catalogue.json"
run = CliRunner().invoke


def job_of(owner: str, state: State = State.RUNNING) -> Job:
    return Job(
        job_id=job_id_for_key("nightly", owner),
        api=Api.TRAINING_JOB,
        state=state,
        created_at="2026-11-21T10:00:00.000Z",
        updated_at="2026-11-21T10:00:03.000Z",
        source=Source(uri="sqs://1", status_key="status/sqs/1.json", owner=owner),
        idempotency_key="nightly",
        history=({"state": str(state), "at": "2026-11-21T10:00:03.000Z"},),
    )


ADA, BOB = job_of("ada"), job_of("bob")


@pytest.fixture(autouse=True)
def jobs(deployment: Deployment) -> None:
    for job in (ADA, BOB):
        deployment.ledger.add(job)


def objects(deployment: Deployment) -> dict[str, Any]:
    s3 = runtime.client("s3")
    listed = s3.list_objects_v2(Bucket=deployment.bucket).get("Contents", [])
    return {
        entry["Key"]: s3.get_object(Bucket=deployment.bucket, Key=entry["Key"])["Body"].read()
        for entry in listed
    }


def messages(deployment: Deployment) -> list[Any]:
    answer = runtime.client("sqs").receive_message(QueueUrl=deployment.queue_url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def printed(*arguments: str) -> Any:
    result = run(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("by", ["option", "variable"])
def test_submit_uploads_below_the_owner_s_folder(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    options = ("--owner", "ada") if by == "option" else ()
    if by == "variable":
        monkeypatch.setenv("JOBCHUTE_OWNER", "ada")
    sent = printed("submit", str(NIGHTLY), *options)
    (key,) = objects(deployment)
    assert key.startswith("requests/ada/cli/")
    assert sent["source"] == f"s3://{deployment.bucket}/{key}"
    assert sent["jobId"] == job_id_for_key("churn-nightly-2026-11-21", "ada")


def test_a_bare_body_is_uploaded_below_the_owner_s_folder(deployment: Deployment) -> None:
    assert run(app, ["submit", str(BARE), "--owner", "ada"]).exit_code == 0
    (key,) = objects(deployment)
    assert key.startswith("requests/ada/fireworks/create-batch-job/")


def test_a_folder_on_disk_may_be_laid_out_as_the_bucket_is(deployment: Deployment, tmp_path: Path) -> None:
    copy = tmp_path / "requests" / "ada" / "fireworks" / "create-batch-job" / "x.json"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(BARE.read_bytes())
    assert run(app, ["submit", str(copy), "--owner", "ada"]).exit_code == 0
    (key,) = objects(deployment)
    assert key.startswith("requests/ada/fireworks/create-batch-job/")
    assert run(app, ["validate", str(copy)]).exit_code == 1


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_ids_are_computed_with_the_owner(command: str) -> None:
    shown = [printed(command, str(NIGHTLY), "--owner", owner)["jobId"] for owner in ("ada", "bob")]
    assert shown == [job_id_for_key("churn-nightly-2026-11-21", owner) for owner in ("ada", "bob")]


@pytest.mark.parametrize("name", ["Ada", "../bob", "a/b", "-a", "a" * 64])
def test_what_is_no_folder_s_name_is_refused(deployment: Deployment, name: str) -> None:
    result = run(app, ["submit", str(NIGHTLY), f"--owner={name}"])
    assert result.exit_code == 2
    assert "is not the name of an owner" in result.stderr
    assert objects(deployment) == {}


@pytest.mark.parametrize(
    ("owner", "owners", "message"),
    [
        ("ada", (), "has no owners: leave --owner out"),
        (None, ("ada",), "has owners: name yours"),
        ("eve", ("ada",), "has no owner eve"),
    ],
)
def test_checking_against_a_stack_wants_one_of_its_owners(
    owner: str | None, owners: tuple[str, ...], message: str
) -> None:
    with pytest.raises(CannotAskError, match=message):
        refuse_unless_owner(owner, "Jobchute", owners)


@pytest.mark.parametrize(("owner", "owners"), [(None, ()), ("ada", ("ada", "bob"))])
def test_checking_against_a_stack_goes_on_otherwise(owner: str | None, owners: tuple[str, ...]) -> None:
    refuse_unless_owner(owner, "Jobchute", owners)


@pytest.mark.parametrize("job", [ADA, BOB])
def test_a_key_is_looked_up_under_the_owner(job: Job) -> None:
    shown = printed("jobs", "show", "nightly", "--owner", str(job.owner))
    assert (shown["jobId"], shown["owner"]) == (job.job_id, job.owner)
    assert run(app, ["jobs", "history", "nightly", "--owner", str(job.owner)]).exit_code == 0
    assert run(app, ["jobs", "show", "nightly"]).exit_code == 1
    assert run(app, ["jobs", "show", job.job_id]).exit_code == 0


class TestCancel:
    def test_it_is_sent_to_the_owner_s_folder(self, deployment: Deployment) -> None:
        result = run(app, ["cancel", "nightly", "--owner", "ada", "--timeout", "0"])
        assert "after the cancellation was sent" in result.stderr
        ((key, body),) = objects(deployment).items()
        assert key.startswith("requests/ada/cli/cancel-")
        assert json.loads(body) == {"cancel": ADA.job_id}
        assert messages(deployment) == []

    def test_without_a_named_owner_it_is_sent_for_the_job_s(self, deployment: Deployment) -> None:
        run(app, ["cancel", BOB.job_id, "--timeout", "0"])
        (key,) = objects(deployment)
        assert key.startswith("requests/bob/cli/cancel-")

    def test_another_owner_s_job_is_unknown(self, deployment: Deployment) -> None:
        result = run(app, ["cancel", BOB.job_id, "--owner", "ada"])
        assert result.exit_code == 1
        assert "no job has the id" in result.stderr
        assert objects(deployment) == {}

    def test_a_file_is_asked_for_and_answered_in_the_owner_s_folder(self, deployment: Deployment) -> None:
        result = run(app, ["cancel", "requests/ada/many.jsonl", "--owner", "ada", "--timeout", "0"])
        (key,) = objects(deployment)
        assert f"s3://{deployment.bucket}/status/{key.removeprefix('requests/')}.json" in result.stderr


class TestRetry:
    @pytest.fixture
    def ended(self, deployment: Deployment) -> Job:
        job = replace(job_of("cleo", State.FAILED), digest="digest")
        deployment.ledger.add(job)
        deployment.ledger.requests.keep(job.job_id, job.digest, REQUESTS[Api.TRAINING_JOB], job.created_at)
        return job

    @pytest.mark.parametrize("options", [("--owner", "cleo"), ()])
    def test_it_is_sent_to_the_folder_of_the_job_s_owner(
        self, deployment: Deployment, ended: Job, options: tuple[str, ...]
    ) -> None:
        sent = printed("retry", ended.job_id, *options)
        ((key, body),) = objects(deployment).items()
        assert key.startswith("requests/cleo/cli/")
        assert json.loads(body)["retryOf"] == ended.job_id
        assert sent["jobId"] == job_id_for_key("nightly:retry-1", "cleo")
        assert messages(deployment) == []

    def test_a_used_retry_key_is_the_owner_s(self, deployment: Deployment, ended: Job) -> None:
        key = "nightly:retry-1"
        for owner in ("ada", "cleo"):
            deployment.ledger.add(replace(job_of(owner), job_id=job_id_for_key(key, owner)))
        assert printed("retry", ended.job_id)["jobId"] == job_id_for_key("nightly:retry-2", "cleo")

    def test_another_owner_s_job_is_unknown(self, deployment: Deployment, ended: Job) -> None:
        result = run(app, ["retry", ended.job_id, "--owner", "ada"])
        assert (result.exit_code, objects(deployment)) == (1, {})
