import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.document_checks import Checked, check
from jobchute.cli.main import app
from jobchute.cli.request_files import read_files
from jobchute.cli.sending import by_bucket, message_of
from jobchute.job import Api, Job, Source, State, digest_of, rejection_id_of
from jobchute.requests.document import Submission, parse_document
from jobchute.runtime import Clock
from jobchute.runtime.clients import AwsClients
from jobchute.status.documents import status_key
from tests.integration.cli.conftest import tool_with
from tests.paths import SAMPLES

NIGHTLY = SAMPLES / "churn-nightly.yaml"
INVALID = SAMPLES / "invalid.yaml"
SWEEP = SAMPLES / "sweep-of-three.jsonl"
BARE = SAMPLES / "fireworks" / "create-batch-job" / "embed-catalogue.json"
run = CliRunner().invoke


def documents_of(path: Path) -> list[Checked]:
    return [document for file in read_files([path], None) for document in check(file)]


def objects(deployment: Deployment) -> dict[str, bytes]:
    s3 = runtime.client("s3")
    listed = s3.list_objects_v2(Bucket=deployment.bucket).get("Contents", [])
    keys = [entry["Key"] for entry in listed]
    return {key: s3.get_object(Bucket=deployment.bucket, Key=key)["Body"].read() for key in keys}


def sha8(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def end(deployment: Deployment, document: Checked, state: State, **changes: Any) -> None:
    """Let the document's job have ended."""
    assert isinstance(document.asked, Submission)
    job = Job(
        job_id=document.job_id or "",
        api=document.asked.api,
        state=state,
        created_at="2026-11-21T10:00:00.000Z",
        updated_at="2026-11-21T10:00:03.000Z",
        source=Source(uri="sqs://1", status_key="status-messages/1.json"),
        digest=digest_of(document.asked.api, document.asked.request),
    )
    deployment.ledger.add(replace(job, **changes))


def test_a_file_is_uploaded_as_it_is(deployment: Deployment) -> None:
    result = run(app, ["submit", str(NIGHTLY), "--json"])
    key = f"requests/cli/{sha8(NIGHTLY)}-churn-nightly.yaml"
    assert result.exit_code == 0
    assert objects(deployment) == {key: NIGHTLY.read_bytes()}
    sent = json.loads(result.stdout)
    assert sent["source"] == f"s3://jobs/{key}"
    assert sent["status"] == status_key(key)
    assert sent["jobId"] == documents_of(NIGHTLY)[0].job_id


def test_a_bare_body_is_uploaded_to_where_it_means_its_api(deployment: Deployment, tmp_path: Path) -> None:
    copy = tmp_path / "body.json"
    copy.write_bytes(BARE.read_bytes())
    assert run(app, ["submit", str(BARE)]).exit_code == 0
    assert run(app, ["submit", str(copy), "--api", "fireworks:CreateBatchJob"]).exit_code == 0
    for key, data in objects(deployment).items():
        asked = parse_document(json.loads(data), path=key)
        assert isinstance(asked, Submission)
        assert asked.api is Api.FIREWORKS_JOB


@pytest.mark.parametrize("name", ["mine.json~", "mine.bak", "mine.swp"])
def test_a_backup_that_is_named_explicitly_has_a_request_key(
    deployment: Deployment, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(SWEEP.read_bytes())
    assert CliRunner().invoke(app, ["submit", str(path)]).exit_code == 0
    assert objects(deployment) == {f"requests/cli/{sha8(path)}": path.read_bytes()}


def test_a_bare_body_of_a_hidden_folder_keeps_its_api(deployment: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "requests" / "fireworks" / "create-batch-job" / ".drafts" / "mine.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(BARE.read_bytes())
    assert CliRunner().invoke(app, ["submit", str(path)]).exit_code == 0
    assert list(objects(deployment)) == [f"requests/fireworks/create-batch-job/{sha8(path)}"]


def test_nothing_is_sent_if_anything_is_invalid(deployment: Deployment) -> None:
    result = run(app, ["submit", str(NIGHTLY), str(INVALID)])
    assert result.exit_code == 1
    assert "VolumeSizeInGb: UNKNOWN_KEY" in result.stderr
    assert "nothing was sent" in result.stderr
    assert objects(deployment) == {}


@pytest.mark.parametrize("path", [SWEEP, BARE], ids=["several documents", "bare form"])
def test_by_queue_each_document_is_an_envelope_of_its_own(deployment: Deployment, path: Path) -> None:
    assert run(app, ["submit", "--sqs", str(path)]).exit_code == 0
    answer = runtime.client("sqs").receive_message(QueueUrl=deployment.queue_url, MaxNumberOfMessages=10)
    asked = [parse_document(json.loads(message["Body"])) for message in answer["Messages"]]
    assert asked == [document.asked for document in documents_of(path)]
    assert objects(deployment) == {}


def test_each_document_of_a_file_has_its_own_answer(deployment: Deployment) -> None:
    (file,) = read_files([SWEEP], None)
    sent = list(by_bucket(deployment, file, list(check(file))))
    keys = [each.source.status_key for each in sent]
    assert [key.rsplit("/", 1)[-1] for key in keys] == ["0.json", "1.json", "2.json"]
    assert [each.source.index for each in sent] == [0, 1, 2]


def test_waiting_ends_well_if_every_job_succeeded(deployment: Deployment) -> None:
    for document in documents_of(SWEEP):
        end(deployment, document, State.SUCCEEDED)
    result = run(app, ["submit", str(SWEEP), "--wait"])
    assert result.exit_code == 0
    changes, results = result.stdout.splitlines()[:3], result.stdout.splitlines()[3:]
    assert all(" SUCCEEDED " in line for line in changes)
    assert [line.split()[::2] for line in results] == [
        ["SUCCEEDED", document.job_id] for document in documents_of(SWEEP)
    ]
    assert result.stderr.count(": SUCCEEDED. Nothing is submitted again; to run it again: ") == 3


def test_waiting_ends_with_no_if_one_job_did_not_succeed(deployment: Deployment) -> None:
    states = (State.SUCCEEDED, State.PARTIAL, State.SUCCEEDED)
    for document, state in zip(documents_of(SWEEP), states, strict=True):
        end(deployment, document, state)
    result = run(app, ["submit", str(SWEEP), "--wait", "--json"])
    assert result.exit_code == 1
    assert [json.loads(line)["state"] for line in result.stdout.splitlines()] == list(states)
    assert "1 of 3 jobs did not succeed" in result.stderr


def test_waiting_sees_that_the_deployment_rejected_the_document(deployment: Deployment) -> None:
    key = f"requests/cli/{sha8(NIGHTLY)}-{NIGHTLY.name}"
    source = Source(uri=f"s3://jobs/{key}", status_key=status_key(key))
    rejection = Job(
        job_id=rejection_id_of(source),
        api=None,
        state=State.REJECTED,
        created_at="2026-11-21T10:00:00.000Z",
        updated_at="2026-11-21T10:00:00.000Z",
        source=source,
        reason="request.RoleArn: this deployment does not allow the role",
    )
    deployment.ledger.add(rejection)
    result = run(app, ["submit", str(NIGHTLY), "--wait"])
    assert result.exit_code == 1
    assert "REJECTED" in result.stdout
    assert "does not allow the role" in result.stdout


def test_waiting_gives_up_when_the_time_is_over(deployment: Deployment) -> None:
    result = run(app, ["submit", str(NIGHTLY), "--wait", "--timeout", "0"])
    assert result.exit_code == 1
    assert "1 of them because the timeout was reached" in result.stderr
    (document,) = documents_of(NIGHTLY)
    assert f"open jobs continue without the tool: jobchute jobs watch {document.job_id}\n" in result.stderr


def test_ctrl_c_says_that_the_jobs_run_on_and_how_to_look_again(
    deployment: Deployment, clients: AwsClients
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with tool_with(clients, Clock(sleep=interrupt)):
        result = run(app, ["submit", str(SWEEP), "--wait"])
    assert result.exit_code == 130
    source = f"s3://jobs/requests/cli/{sha8(SWEEP)}-{SWEEP.name}"
    way = f"open jobs continue without the tool: jobchute jobs watch {source}"
    assert result.stderr == f"jobchute: stopped waiting for 3 jobs; {way}\n"


def test_waiting_ends_with_ids_outputs_and_reasons(deployment: Deployment) -> None:
    first, second, third = documents_of(SWEEP)
    for document, state in ((first, State.FAILED), (second, State.SUCCEEDED), (third, State.SUCCEEDED)):
        end(deployment, document, state, output=f"s3://out/{state}", reason=f"why {state}", name=f"job-{state}")
    lines = run(app, ["submit", str(SWEEP), "--wait"]).stdout.splitlines()
    assert lines[-3:] == [
        f"FAILED      job-FAILED  {first.job_id}",
        "            output: s3://out/FAILED",
        "            why FAILED",
    ]
    assert lines[-7:-5] == [
        f"SUCCEEDED   job-SUCCEEDED  {second.job_id}",
        "            output: s3://out/SUCCEEDED",
    ]


def test_a_cancellation_can_be_submitted(tmp_path: Path) -> None:
    file = tmp_path / "cancel.json"
    file.write_text('{"cancel": "nightly"}')
    (document,) = documents_of(file)
    assert message_of(document) == {"cancel": "nightly"}


@pytest.mark.parametrize(
    "more",
    [{"priority": 0}, {"priority": 9, "after": ["nightly", {"job": "jc-1", "on": "ENDED"}]}, {}],
    ids=["lowest", "highest, and after others", "neither"],
)
def test_order_and_dependencies_survive_the_way_by_the_queue(tmp_path: Path, more: dict[str, object]) -> None:
    file = tmp_path / "request.json"
    file.write_text(json.dumps({"api": "fireworks:CreateBatchJob", "request": {"nodePoolId": "pool"}, **more}))
    (document,) = documents_of(file)
    assert parse_document(message_of(document)) == document.asked
