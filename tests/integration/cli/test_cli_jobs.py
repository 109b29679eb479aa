"""`jobchute jobs`: lists, one job with its facts, and its history."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.job_columns import COLUMNS
from jobchute.cli.main import app
from jobchute.job import Job, Source, State
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


def ids(*options: str) -> list[str]:
    result = run(app, ["jobs", "list", "--json", *options])
    assert result.exit_code == 0, result.output
    return [json.loads(line)["jobId"] for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), [FAILED, NIGHTLY, REJECTED]),
        (("--limit", "1"), [FAILED]),
        (("--state", "running"), [NIGHTLY]),
        (("--state", "QUEUED"), []),
        (("--cause", "code"), [FAILED]),
        (("--cause", "CODE", "--cause", "INPUT"), [FAILED, REJECTED]),
        (("--cause", "CAPACITY"), []),
        (("--label", "team=growth", "--state", "FAILED"), [FAILED]),
        (("--source", "sqs://1"), [FAILED, REJECTED]),
        (("--state", "running", "--state", "REJECTED"), [NIGHTLY, REJECTED]),
        (("--source", "requests/nightly.yaml"), [NIGHTLY]),
        (("--source", "requests/nightly.yaml?version=v1"), [NIGHTLY]),
        (("--source", "requests/nightly.yaml?version=v2"), []),
        (("--source", "s3://jobs/requests/nightly.yaml"), [NIGHTLY]),
        (("--source", "sqs://1", "--state", "REJECTED"), [REJECTED]),
        (("--api", "sagemaker:CreateTrainingJob"), [FAILED, NIGHTLY]),
        (("--api", "braket:CreateJob", "--api", "sagemaker:createtrainingjob"), [FAILED, NIGHTLY]),
        (("--api", "braket:CreateJob"), []),
        (("--since", "2026-11-21T10:00:00Z"), [FAILED, NIGHTLY]),
        (("--since", "2026-11-21T10:00:00.001Z"), []),
        (("--since", "2026-11-21T12:00:00+02:00", "--label", "team=growth", "--state", "FAILED"), [FAILED]),
        (("--since", "2026-11-21T10:00:00Z", "--source", "sqs://1"), [FAILED]),
        (("--all",), [FAILED, NIGHTLY, REJECTED]),
    ],
)
def test_a_list_is_what_was_asked_for_the_latest_first(options: tuple[str, ...], expected: list[Job]) -> None:
    assert ids(*options) == [job.job_id for job in expected]


def test_jobs_of_a_label_are_all_of_them_once(deployment: Deployment) -> None:
    deployment.ledger.add(replace(NIGHTLY, created_at="2026-11-21T11:00:00.000Z"))
    assert sorted(ids("--label", "team=growth")) == sorted([NIGHTLY.job_id, FAILED.job_id])


def test_a_label_without_a_value_is_a_usage_error() -> None:
    result = run(app, ["jobs", "list", "--label", "team"])
    assert result.exit_code == 2
    assert "NAME=VALUE" in result.stderr


def test_the_list_for_people_has_columns() -> None:
    lines = [line.split("\t") for line in run(app, ["jobs", "list"]).stdout.splitlines()]
    assert lines[0] == ["JOB ID", "STATE", "AGE", "API", "NAME", "ELAPSED", "SOURCE", "CAUSE", "REASON"]
    (failed,) = [dict(zip(lines[0], line, strict=True)) for line in lines if line[0] == "jc-failed"]
    assert re.fullmatch(r"\d+[dhms]( \d+[hms])?", failed.pop("AGE"))
    assert failed == {
        "JOB ID": "jc-failed",
        "STATE": "FAILED",
        "API": "sagemaker:CreateTrainingJob",
        "NAME": "backfill",
        "ELAPSED": "9s",
        "SOURCE": "sqs://1",
        "CAUSE": "CODE",
        "REASON": FAILED.reason,
    }


def test_a_rejected_row_names_its_file_and_its_path_s_api(deployment: Deployment) -> None:
    source = Source(uri="s3://jobs/requests/braket/create-job/mine.json", status_key="x", index=2)
    deployment.ledger.add(replace(REJECTED, job_id="rj-2", source=source, name=""))
    lines = [line.split("\t") for line in run(app, ["jobs", "list", "--state", "rejected"]).stdout.splitlines()]
    (row,) = [dict(zip(lines[0], line, strict=True)) for line in lines if line[0] == "rj-2"]
    assert (row["API"], row["NAME"], row["SOURCE"]) == ("braket:CreateJob", "mine.json#2", f"{source.uri}#2")


def test_a_list_says_that_there_are_more_and_how_to_see_them() -> None:
    cut = run(app, ["jobs", "list", "--limit", "2"])
    assert len(cut.stdout.splitlines()) == 3
    way = "show more with --limit 4 or --all, or choose with --state, --since and others"
    assert cut.stderr == f"there are more than 2 jobs: {way}\n"
    assert run(app, ["jobs", "list", "--limit", "2", "--json"]).stderr == cut.stderr
    assert run(app, ["jobs", "list", "--limit", "3"]).stderr == ""


def test_all_jobs_are_listed_however_many_there_are(deployment: Deployment) -> None:
    for number in range(120):
        deployment.ledger.add(replace(NIGHTLY, job_id=f"jc-{number}", labels={}, history=()))
    assert len(ids()) == 50
    assert len(ids("--all")) == 123
    assert run(app, ["jobs", "list", "--all"]).stderr == ""


def test_nothing_older_is_read_than_was_asked_for(deployment: Deployment) -> None:
    for number in range(120):
        deployment.ledger.add(replace(NIGHTLY, job_id=f"jc-{number}", labels={}, history=()))
    asked: list[str] = []
    events = runtime.client("dynamodb").meta.events
    events.register("before-call.dynamodb", lambda model, **_: asked.append(model.name), unique_id="count")
    assert ids("--since", "2026-11-21T10:00:04Z", "--all") == []
    events.unregister("before-call.dynamodb", unique_id="count")
    assert asked.count("Query") <= 30
    assert asked.count("BatchGetItem") == 1


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (("--all", "--limit", "3"), "give --all or --limit, not both"),
        (("--since", "yesterday"), "how long ago as 90s"),
        (("--columns", "id,colour"), "there is no column colour; the columns are id, state, age"),
        (("--columns", ","), "name at least one column"),
        (("--columns", "id", "--json"), "--json prints everything"),
    ],
)
def test_options_that_cannot_be_meant_are_usage_errors(options: tuple[str, ...], hint: str) -> None:
    result = run(app, ["jobs", "list", *options])
    assert result.exit_code == 2
    assert hint in " ".join(result.stderr.replace("│", "").split())


def test_a_list_has_the_columns_that_were_asked_for() -> None:
    lines = run(
        app, ["jobs", "list", "--columns", "State,labels,key,id,state,created,cost"]
    ).stdout.splitlines()
    assert lines[0].split("\t") == ["STATE", "LABELS", "KEY", "JOB ID", "CREATED", "COST"]
    assert lines[2].split("\t") == [
        "RUNNING",
        "team=growth",
        "nightly",
        NIGHTLY.job_id,
        NIGHTLY.created_at,
        "",
    ]


def test_every_column_can_be_asked_for() -> None:
    lines = run(app, ["jobs", "list", "--columns", ",".join(COLUMNS)]).stdout.splitlines()
    assert {len(line.split("\t")) for line in lines} == {len(COLUMNS)}
    assert ", ".join(COLUMNS) in " ".join(run(app, ["jobs", "list", "--help"]).stdout.split())


def test_a_source_of_an_unknown_kind_is_a_usage_error() -> None:
    result = run(app, ["jobs", "list", "--source", "nightly.yaml"])
    assert result.exit_code == 2
    assert "requests/…" in result.stderr


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
