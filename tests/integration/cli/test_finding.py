"""Jobs by whatever a person has at hand, over moto."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.job import Api, Job, Source, State, job_id_for_key

run = CliRunner().invoke

ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/churn"
FILE = "s3://jobs/requests/churn.yaml"
JOB = Job(
    job_id=job_id_for_key("churn-key"),
    api=Api.TRAINING_JOB,
    state=State.FAILED,
    created_at="2026-11-21T10:00:00.000Z",
    updated_at="2026-11-21T10:00:03.000Z",
    source=Source(uri=FILE, status_key="status/churn.yaml.json", version="v1", index=2),
    name="churn",
    idempotency_key="churn-key",
    provider_id=ARN,
    history=({"state": "FAILED", "at": "2026-11-21T10:00:03.000Z"},),
)
OTHER = replace(
    JOB,
    job_id=job_id_for_key("other"),
    created_at="2026-11-21T11:00:00.000Z",
    source=Source(uri=FILE, status_key="status/churn.yaml.json", version="v2", index=1, combination=7),
    name="weekly",
    idempotency_key="other",
    provider_id="01J",
)
COMMANDS = (["jobs", "show"], ["jobs", "history"], ["cancel"], ["retry"])


def add(deployment: Deployment, job: Job) -> None:
    """As a function accepts it."""
    deployment.ledger.requests.keep(job.job_id, "digest", {}, job.created_at, name=job.name)
    deployment.ledger.add(job)


@pytest.fixture(autouse=True)
def ledger(deployment: Deployment) -> None:
    for job in (JOB, OTHER):
        add(deployment, job)


@contextmanager
def counted_reads() -> Iterator[list[str]]:
    """The operations that DynamoDB is asked for."""
    asked: list[str] = []

    def note(model: Any, **_: Any) -> None:
        asked.append(model.name)

    events = runtime.client("dynamodb").meta.events
    events.register("before-call.dynamodb", note)
    try:
        yield asked
    finally:
        events.unregister("before-call.dynamodb", note)


def shown(target: str, *options: str) -> str:
    result = run(app, ["jobs", "show", target, "--json", *options])
    assert result.exit_code == 0, result.output
    job_id: str = json.loads(result.stdout)["jobId"]
    return job_id


@pytest.mark.parametrize(
    ("target", "job"),
    [
        (JOB.job_id, JOB),
        (JOB.job_id[:7], JOB),
        (JOB.job_id[:11], JOB),
        (JOB.job_id[:15], JOB),
        (JOB.job_id[:43], JOB),
        ("churn", JOB),
        ("churn-key", JOB),
        (ARN, JOB),
        ("01J", OTHER),
        ("accounts/acme/batchJobs/01J", OTHER),
        (f"{FILE}?version=v1", JOB),
        ("requests/churn.yaml?version=v2", OTHER),
        (f"{FILE}#2", JOB),
        (f"{FILE}#1/7", OTHER),
        ("requests/churn.yaml#2", JOB),
    ],
)
def test_any_name_of_a_job_finds_it_in_at_most_four_reads(target: str, job: Job) -> None:
    with counted_reads() as asked:
        assert shown(target) == job.job_id
    # Of an ended job, the jobs that run it again are read, too.
    finding = asked[:-1] if job.state.is_final else asked
    assert len(finding) <= (1 if target == JOB.job_id else 4)
    assert {*finding} <= ({"GetItem"} if target == JOB.job_id else {"BatchGetItem", "Query"})


def test_a_message_s_job_is_found_by_the_message(deployment: Deployment) -> None:
    source = Source(uri="sqs://m-1", status_key="status-messages/m-1.json")
    deployment.ledger.add(replace(OTHER, job_id=job_id_for_key("by message"), source=source))
    assert shown("sqs://m-1") == job_id_for_key("by message")
    assert shown("sqs://m-1#0") == job_id_for_key("by message")


def test_a_rejection_is_found_by_the_beginning_of_its_id(deployment: Deployment) -> None:
    rejection = replace(JOB, job_id=f"rj-{'5' * 64}", api=None, state=State.REJECTED, name="", provider_id=None)
    deployment.ledger.add(rejection)
    assert shown("rj-55555555") == rejection.job_id


@pytest.mark.parametrize("command", COMMANDS)
class TestEveryCommand:
    def test_takes_the_beginning_of_an_id(self, command: list[str]) -> None:
        result = run(app, [*command, JOB.job_id[:11]])
        assert "no job has" not in result.output
        assert result.exit_code in (0, 1)

    def test_lists_what_could_be_meant_and_does_nothing(
        self, command: list[str], deployment: Deployment
    ) -> None:
        alike = replace(JOB, job_id=f"{JOB.job_id[:11]}{'f' * 56}", state=State.RUNNING, name="")
        deployment.ledger.add(alike)
        result = run(app, [*command, JOB.job_id[:11]])
        assert (result.exit_code, result.stdout) == (1, "")
        first, *lines = result.stderr.splitlines()
        assert first == (f"jobchute: '{JOB.job_id[:11]}' matches 2 jobs; nothing was done. Give the id of one:")
        assert sorted(line.split()[:2] for line in lines) == sorted(
            [[JOB.job_id[:15], "FAILED"], [alike.job_id[:15], "RUNNING"]]
        )
        assert all(line.endswith(f"{FILE}#2") and len(line) <= 80 for line in lines)
        assert messages(deployment) == []

    @pytest.mark.parametrize("target", ["", "  "])
    def test_refuses_an_empty_one(self, command: list[str], target: str) -> None:
        result = run(app, [*command, target])
        assert (result.exit_code, result.stdout) == (2, "")
        assert "is empty" in result.stderr

    @pytest.mark.parametrize("target", ["x" * 5000, "a\udcff", "jc-0123456789" * 200, "s3://" + "x" * 3000])
    def test_knows_no_job_by_what_cannot_be_a_key(self, command: list[str], target: str) -> None:
        result = run(app, [*command, target])
        assert result.exit_code == 1
        assert result.exception is None or isinstance(result.exception, SystemExit)


def messages(deployment: Deployment) -> list[Any]:
    answer = runtime.client("sqs").receive_message(QueueUrl=deployment.queue_url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


REQUESTS = """\
{api: "braket:CreateJob", idempotencyKey: churn-key, request: {}}
---
{api: "sagemaker:CreateTrainingJob", idempotencyKey: other, request: {}}
---
cancel: weekly
"""


@pytest.mark.parametrize(("part", "job"), [("#0", JOB), ("#1", OTHER)])
def test_a_document_of_a_file_here_finds_its_job(tmp_path: Path, part: str, job: Job) -> None:
    file = tmp_path / "two.yaml"
    file.write_text(REQUESTS)
    assert shown(f"{file}{part}") == job.job_id


def test_a_file_here_of_several_jobs_is_ambiguous(tmp_path: Path) -> None:
    file = tmp_path / "two.yaml"
    file.write_text(REQUESTS)
    result = run(app, ["retry", str(file)])
    assert "matches 2 jobs; nothing was done" in result.stderr
    found = run(app, ["sweep", str(file), "--json"]).stdout.splitlines()
    assert [json.loads(line)["jobId"] for line in found] == [JOB.job_id, OTHER.job_id]


def test_a_file_here_that_was_uploaded_is_named(deployment: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "two.yaml"
    file.write_text(REQUESTS)
    cancelled = run(app, ["cancel", str(file)])
    assert cancelled.stderr.splitlines()[-2] == f"  jobchute cancel {FILE}"
    sent = replace(JOB, source=Source(uri="sqs://1", status_key="status-messages/1.json"))
    deployment.ledger.add(replace(sent, job_id=job_id_for_key("by queue"), idempotency_key="by queue"))
    file.write_text(REQUESTS.replace("other", "by queue"))
    assert "All are of one file" not in run(app, ["cancel", str(file)]).stderr


@pytest.mark.parametrize("text", ["", "\x00", "not: a request", "- 1", "{"])
def test_a_file_here_of_no_job_finds_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "none.yaml"
    file.write_text(text)
    result = run(app, ["jobs", "show", str(file)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no job has" in result.stderr


def test_too_few_digits_are_told_how_many_are_needed() -> None:
    result = run(app, ["jobs", "show", JOB.job_id[:6]])
    assert result.exit_code == 1
    assert "at least 4 digits" in result.stderr


def test_of_many_jobs_of_one_name_the_latest_dozen_are_listed(deployment: Deployment) -> None:
    for number in range(30):
        created_at = f"2026-11-22T10:00:{number:02}.000Z"
        job_id = job_id_for_key(f"nightly {number}")
        add(deployment, replace(JOB, job_id=job_id, name="nightly", created_at=created_at))
    result = run(app, ["jobs", "show", "nightly"])
    first, *lines, last = result.stderr.splitlines()
    assert "matches more than 12 jobs" in first
    assert "and more" in last
    latest = [job_id_for_key(f"nightly {number}")[:15] for number in range(29, 17, -1)]
    assert [line.split()[0] for line in lines] == latest


def test_of_a_large_file_a_dozen_are_listed(deployment: Deployment) -> None:
    for number in range(30):
        source = replace(JOB.source, uri="s3://jobs/requests/many.jsonl", index=number)
        deployment.ledger.add(replace(JOB, job_id=job_id_for_key(f"many {number}"), source=source))
    result = run(app, ["retry", "requests/many.jsonl"])
    assert result.exit_code == 1
    *jobs, hint, _, _ = result.stderr.splitlines()
    assert (len(jobs), hint.startswith("All are of one file.")) == (14, True)
    assert messages(deployment) == []


def test_ids_that_are_alike_as_tables_show_them_are_listed_whole(deployment: Deployment) -> None:
    alike = replace(JOB, job_id=f"{JOB.job_id[:20]}{'f' * 47}")
    deployment.ledger.add(alike)
    lines = run(app, ["jobs", "show", JOB.job_id[:15]]).stderr.splitlines()
    assert {line.split()[0] for line in lines[1:]} == {JOB.job_id, alike.job_id}


def test_a_list_of_what_a_file_can_mean_fits_80_columns(deployment: Deployment) -> None:
    for number in range(3):
        source = replace(JOB.source, uri=f"s3://jobs/requests/{'a-long-folder/' * 6}many.jsonl", index=number)
        job = replace(JOB, job_id=job_id_for_key(f"long {number}"), source=source, state=State.SUBMITTING)
        deployment.ledger.add(replace(job, created_at=f"2026-01-1{number}T10:00:00.000Z"))
    _, *lines, hint, cancel, choose = run(app, ["retry", source.uri]).stderr.splitlines()
    assert cancel == f"  jobchute cancel {source.uri}"
    assert choose.startswith(f"  jobchute cancel --source {source.uri}, ")
    lines.append(hint)
    assert max(map(len, lines)) <= 80


def test_a_key_that_is_another_job_s_name_is_ambiguous(deployment: Deployment) -> None:
    add(deployment, replace(JOB, job_id=job_id_for_key("third"), name="churn-key"))
    assert "matches 2 jobs" in run(app, ["cancel", "churn-key"]).stderr


def test_an_owner_who_is_named_means_their_own_jobs(deployment: Deployment) -> None:
    of = {owner: replace(JOB.source, uri=f"s3://jobs/requests/{owner}/x.json", owner=owner) for owner in "ab"}
    jobs = {
        owner: replace(JOB, job_id=job_id_for_key("k", owner), name="mine", source=source)
        for owner, source in of.items()
    }
    for job in jobs.values():
        add(deployment, job)
    assert shown("mine", "--owner", "a") == jobs["a"].job_id
    assert "matches 2 jobs" in run(app, ["jobs", "show", "mine"]).stderr
    assert run(app, ["retry", jobs["a"].job_id[:12], "--owner", "b"]).exit_code == 1
    assert run(app, ["jobs", "show", "requests/a/x.json", "--owner", "b"]).exit_code == 1


def test_one_document_of_a_file_is_cancelled_alone(deployment: Deployment) -> None:
    deployment.ledger.add(
        replace(
            JOB,
            job_id=job_id_for_key("open"),
            state=State.RUNNING,
            source=replace(JOB.source, uri="s3://jobs/requests/a.jsonl", index=3),
        )
    )
    result = run(app, ["cancel", "requests/a.jsonl#3", "--timeout", "0"])
    assert "the job is still RUNNING" in result.stderr
    assert messages(deployment) == [{"cancel": job_id_for_key("open")}]
