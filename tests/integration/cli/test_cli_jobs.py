"""`jobchute jobs`: lists, one job with its facts, and its history."""

import json
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.job import Source, State
from jobchute.ledger.file_counts import FileCountRows
from jobchute.ledger.files import FileRows
from jobchute.pools.limits import QueuePosition
from tests.integration.cli.deployed import FAILED, NIGHTLY, REJECTED, messages, store_jobs

run = CliRunner().invoke


@pytest.fixture(autouse=True)
def ledger(deployment: Deployment) -> None:
    store_jobs(deployment)


def test_the_list_of_a_file_says_how_the_file_stands(deployment: Deployment) -> None:
    rows = FileRows(runtime.client("dynamodb"), deployment.table)
    source = Source(uri="s3://jobs/requests/many.jsonl", status_key="x", version="v1", sequencer="S3:1")
    row = rows.add(source, "", 10, 1_795_000_000)

    def said() -> str:
        result = run(app, ["jobs", "list", "--source", "requests/many.jsonl"])
        return " ".join(result.stderr.split())

    assert said() == "s3://jobs/requests/many.jsonl: 0 of 10 documents read; its jobs have not been counted yet"
    row, _ = rows.advance(row, row.reading._replace(finished=True), reader="r", now=1_795_000_001)
    ended = row._replace(states={"SUCCEEDED": 9, "REJECTED": 1}, counted_at="T1", ended_at="T0")
    FileCountRows(rows.client, rows.table).save(ended, due=1_795_000_002)
    assert said().endswith("10 documents read; 9 SUCCEEDED, 1 REJECTED (counted T1); ended T0")
    rows.cancel(source.uri, None, 1_795_000_003)
    assert "10 documents read, cancelled; 9 SUCCEEDED" in said()
    assert "many.jsonl" not in run(app, ["jobs", "list", "--source", "requests/many.jsonl", "--json"]).output
    assert run(app, ["jobs", "list", "--source", "requests/nightly.yaml"]).stderr == ""


@pytest.mark.parametrize("target", [NIGHTLY.job_id, "nightly"])
def test_a_job_is_shown_by_its_id_or_its_key(target: str) -> None:
    result = run(app, ["jobs", "show", target])
    facts = dict(line.split("\t") for line in result.stdout.splitlines())
    assert facts["state"] == "RUNNING"
    assert facts["labels"] == "team=growth"
    assert facts["status document"] == "s3://jobs/status/nightly.yaml.json"
    assert facts["execution"] == f"arn:aws:states:us-east-1:123456789012:execution:Jobs:{NIGHTLY.job_id}"


def test_a_rejection_is_shown_with_its_errors_by_field() -> None:
    result = run(app, ["jobs", "show", "rj-1"])
    assert "request.RoleArn\tMISSING\tgive a role" in result.stdout
    assert "execution" not in result.stdout
    errors = json.loads(run(app, ["jobs", "show", "rj-1", "--json"]).stdout)["errors"]
    assert errors == [dict(problem) for problem in REJECTED.problems]


def facts_of(job_id: str) -> dict[str, str]:
    return dict(line.split("\t") for line in run(app, ["jobs", "show", job_id]).stdout.splitlines())


WAITING = replace(
    NIGHTLY,
    job_id="jc-waiting",
    state=State.QUEUED,
    provider_id=None,
    pool="sagemaker:CreateTrainingJob",
    waiting="sagemaker:CreateTrainingJob",
    priority=4,
    history=({"state": "QUEUED", "at": NIGHTLY.created_at},),
)


def test_a_waiting_job_is_shown_with_its_pool_priority_and_place(deployment: Deployment) -> None:
    urgent = replace(WAITING, job_id="jc-urgent", priority=9)
    for job in (WAITING, urgent):
        deployment.ledger.add(replace(job, place=str(QueuePosition.of(job))))
    facts = facts_of("jc-waiting")
    assert (facts["pool"], facts["priority"]) == ("sagemaker:CreateTrainingJob", "4")
    assert facts["place"] == "2 of 2 waiting"
    assert facts_of("jc-urgent")["place"] == "1 of 2 waiting"
    assert "place" not in facts_of(NIGHTLY.job_id)


def test_a_job_is_shown_with_the_jobs_that_it_is_after(deployment: Deployment) -> None:
    after = ({"job": "jc-a", "on": ["SUCCEEDED"]}, {"job": "jc-b", "on": ["FAILED", "SUCCEEDED"]})
    job = replace(
        WAITING, waiting=None, after=after, waits_for=frozenset({"jc-b"}), dependents=frozenset({"jc-c"})
    )
    deployment.ledger.add(job)
    lines = run(app, ["jobs", "show", job.job_id]).stdout.splitlines()
    assert [line for line in lines if line.startswith("after\t")] == [
        "after\tjc-a SUCCEEDED",
        "after\tjc-b FAILED or SUCCEEDED, which has not ended yet",
    ]
    assert "dependent jobs\t1 job" in lines


def test_a_job_is_shown_with_the_names_that_it_waits_for(deployment: Deployment) -> None:
    awaits = ({"name": "late", "on": ["SUCCEEDED"]},)
    job = replace(WAITING, waiting=None, place=None, awaits=awaits, awaits_until=1_795_000_000)
    deployment.ledger.add(job)
    until = "2026-11-18T11:06:40.000Z"
    told = f"late SUCCEEDED, not submitted yet; waiting until {until}"
    assert facts_of(job.job_id)["after the name"] == told
    assert "execution" not in facts_of(job.job_id)


def test_a_job_is_shown_with_links_to_it() -> None:
    facts = facts_of(NIGHTLY.job_id)
    assert facts["link to job"].endswith("sagemaker/home?region=us-east-1#/jobs/nightly")
    assert facts["link to execution"].endswith(facts["execution"])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"waiting": None, "waits_for": frozenset({"jc-a"})},
        {"state": State.CANCELLED, "waiting": None, "history": ({"state": "QUEUED"}, {"state": "CANCELLED"})},
        {"state": State.SUCCEEDED, "attempts": 1, "updated_at": "2025-01-01T00:00:00.000Z"},
    ],
    ids=["waits for its turn", "waits for another", "was cancelled before its turn", "ended long ago"],
)
def test_no_execution_is_shown_that_does_not_exist(deployment: Deployment, changes: dict[str, Any]) -> None:
    deployment.ledger.add(replace(WAITING, **changes))
    facts = facts_of("jc-waiting")
    assert not {"execution", "link to execution"} & facts.keys()


def test_the_execution_of_a_job_that_has_begun_is_shown(deployment: Deployment) -> None:
    deployment.ledger.add(replace(WAITING, waiting=None, create_at=1))
    assert facts_of("jc-waiting")["execution"].endswith(":jc-waiting")


def test_a_history_is_every_move() -> None:
    result = run(app, ["jobs", "history", "nightly", "--json"])
    assert [json.loads(line) for line in result.stdout.splitlines()] == [dict(e) for e in NIGHTLY.history]
    assert "2026-11-21T10:00:03.000Z\tRUNNING" in run(app, ["jobs", "history", "nightly"]).stdout


@pytest.mark.parametrize("command", [["jobs", "show"], ["jobs", "history"], ["cancel"]])
def test_an_unknown_job_is_answered_no(command: list[str], deployment: Deployment) -> None:
    result = run(app, [*command, "nobody"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no job has the id (or beginning of one), name, idempotency key, provider id or file 'nobody'" in (
        result.stderr
    )
    assert messages(deployment) == []


def test_an_ended_job_shows_its_cause_and_its_facts() -> None:
    shown = dict(line.split("\t", 1) for line in run(app, ["jobs", "show", FAILED.job_id]).stdout.splitlines())
    assert (
        shown.items()
        >= {
            "cause": "CODE",
            "queued by the provider": "2026-11-21T10:00:00Z",
            "ended by the provider": "2026-11-21T10:00:08Z",
            "billed for": "12s",
            "instances": "2 instances of ml.m5.large",
            "records": "1,200 total, 7 failed",
            "tokens": "5,000 billable",
            "metric validation:auc": "0.91",
            "model": "s3://out/backfill/output/model.tar.gz",
            "exit message": "exit code 1",
            "not shown": "facts that the row has no room for",
        }.items()
    )


def test_a_list_shows_causes() -> None:
    lines = run(app, ["jobs", "list"]).stdout.splitlines()
    place = lines[0].split("\t").index("CAUSE")
    assert [line.split("\t")[place] for line in lines[1:]] == ["CODE", "", "INPUT"]


def test_an_unknown_cause_is_a_usage_error() -> None:
    assert run(app, ["jobs", "list", "--cause", "WEATHER"]).exit_code == 2
