"""`jobchute jobs list`: which jobs, in which order and columns."""

import json
import re
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.job_columns import COLUMNS
from jobchute.cli.main import app
from jobchute.job import Job, Source
from tests.integration.cli.deployed import FAILED, NIGHTLY, REJECTED, store_jobs

run = CliRunner().invoke


@pytest.fixture(autouse=True)
def ledger(deployment: Deployment) -> None:
    store_jobs(deployment)


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


def test_a_list_without_jobs_says_so() -> None:
    result = run(app, ["jobs", "list", "--state", "QUEUED"])
    assert (result.exit_code, result.stderr) == (0, "no jobs were found\n")
    assert len(result.stdout.splitlines()) == 1


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
    way = "list more with --limit 4 or --all, fewer with --since"
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
