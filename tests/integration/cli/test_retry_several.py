"""jobchute retry of several jobs: who is chosen, what is asked, and what a second run sends."""

import json
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute.cli.chosen_jobs import MAX_UNASKED
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.cli.retry_documents import first_retry_id
from jobchute.job import Job, State, job_id_for_key
from jobchute.outcomes import Cause
from tests.integration.cli.test_retry import ENDED, add, sent
from tests.paths import SAMPLES

run = CliRunner().invoke
SAMPLE = SAMPLES / "churn-nightly.yaml"
NEW = dict.fromkeys(("created_at", "updated_at"), "2026-11-22T00:00:00.000Z")


def failed(deployment: Deployment, name: str, **more: Any) -> Job:
    job = replace(ENDED, job_id=job_id_for_key(name), idempotency_key=name, **more)
    add(deployment, job)
    return job


def keys(deployment: Deployment) -> list[str]:
    return sorted(document["idempotencyKey"] for document in sent(deployment))


def test_several_ids_are_one_retry_each(deployment: Deployment) -> None:
    jobs = [failed(deployment, name) for name in ("a", "b")]
    result = run(app, ["retry", "a", jobs[1].job_id, "--json"])
    assert result.exit_code == 0, result.output
    assert keys(deployment) == ["a:retry-1", "b:retry-1"]
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["jobId"], line["retryOf"], line["sent"]) for line in lines] == [
        (first_retry_id(job), job.job_id, True) for job in jobs
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--cause", "CAPACITY"], ["a", "c"]),
        (["--cause", "CAPACITY", "--state", "FAILED"], ["a"]),
        (["--label", "team=growth"], ["a", "b"]),
        (["--label", "team=growth", "--state", "SUCCEEDED"], ["d"]),
        (["--source", "sqs://1", "--api", "sagemaker:CreateTrainingJob"], ["a", "b"]),
        (["--api", "braket:CreateJob"], []),
        (["--since", "2026-11-22T00:00:00Z"], ["b"]),
    ],
)
def test_options_choose_the_jobs(deployment: Deployment, options: list[str], expected: list[str]) -> None:
    failed(deployment, "a", cause=Cause.CAPACITY)
    failed(deployment, "b", cause=Cause.CODE, **NEW)
    failed(deployment, "c", cause=Cause.CAPACITY, state=State.PARTIAL)
    failed(deployment, "d", state=State.SUCCEEDED)
    result = run(app, ["retry", *options])
    assert result.exit_code == 0, result.output
    assert keys(deployment) == [f"{key}:retry-1" for key in expected]


def test_options_narrow_the_jobs_that_are_named(deployment: Deployment) -> None:
    failed(deployment, "a", cause=Cause.CAPACITY)
    failed(deployment, "b", cause=Cause.CODE)
    run(app, ["retry", "a", "b", "--cause", "CODE"])
    assert keys(deployment) == ["b:retry-1"]


def test_without_a_job_or_a_condition_nothing_happens(deployment: Deployment) -> None:
    failed(deployment, "a")
    result = run(app, ["retry"])
    assert (result.exit_code, "name jobs, or choose them" in result.stderr) == (2, True)
    assert sent(deployment) == []


def test_every_option_that_chooses_is_named(deployment: Deployment) -> None:
    words = " ".join(run(app, ["retry"]).stderr.replace("│", " ").split())
    assert "with --state, --cause, --api, --label, --source or --since" in words


@pytest.mark.parametrize(
    "options", [["--label", "grp=fail"], ["--source", "requests/x.json"], ["a", "--since", "1d"]]
)
def test_that_nothing_matches_is_told_as_by_cancel(deployment: Deployment, options: list[str]) -> None:
    failed(deployment, "a")
    for command in ("retry", "cancel"):
        result = run(app, [command, *options])
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no jobs were found\n")


def test_that_all_were_retried_is_told(deployment: Deployment) -> None:
    job = failed(deployment, "a")
    deployment.ledger.add(replace(job, job_id=first_retry_id(job), idempotency_key="a:retry-1"))
    result = run(app, ["retry", job.job_id, "--state", "FAILED"])
    assert result.stderr.endswith("no job is left to retry\n")


@pytest.mark.parametrize("line", [["retry", "a"], ["submit", str(SAMPLE)], ["results", "a", "--retry-failed"]])
def test_a_timeout_without_waiting_is_refused(deployment: Deployment, line: list[str]) -> None:
    failed(deployment, "a")
    result = run(app, [*line, "--timeout", "5"])
    assert result.exit_code == 2
    assert "it needs --wait" in result.stderr
    assert sent(deployment) == []


def test_a_second_run_sends_the_same_or_nothing(deployment: Deployment) -> None:
    job, other = failed(deployment, "a"), failed(deployment, "b")
    run(app, ["retry", "--state", "FAILED"])
    first = sent(deployment)
    run(app, ["retry", "--state", "FAILED"])
    assert sent(deployment) == first
    add(deployment, replace(job, job_id=first_retry_id(job), state=State.RUNNING, retry_of=job.job_id))
    result = run(app, ["retry", "--state", "FAILED"])
    assert keys(deployment) == ["b:retry-1"]
    assert f"{job.job_id}: already retried by {first_retry_id(job)}" in result.stderr
    add(deployment, replace(other, job_id=first_retry_id(other), state=State.RUNNING, retry_of=other.job_id))
    result = run(app, ["retry", "--state", "FAILED", "--json"])
    assert (result.exit_code, sent(deployment)) == (0, [])
    assert {json.loads(line)["sent"] for line in result.stdout.splitlines()} == {False}


def test_a_failed_retry_is_retried_in_its_turn(deployment: Deployment) -> None:
    job = failed(deployment, "a")
    failed(deployment, "a:retry-1", retry_of=job.job_id)
    run(app, ["retry", "--state", "FAILED"])
    assert keys(deployment) == ["a:retry-1:retry-1"]


def test_one_that_cannot_be_retried_is_named(deployment: Deployment) -> None:
    failed(deployment, "a")
    running = failed(deployment, "b", state=State.RUNNING)
    lost = replace(ENDED, job_id=job_id_for_key("c"), idempotency_key="c")
    deployment.ledger.add(lost)
    result = run(app, ["retry", "a", "b", "c", "unknown", "--json"])
    assert result.exit_code == 1
    assert "3 of 4 jobs were not retried" in result.stderr
    assert keys(deployment) == ["a:retry-1"]
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    errors = {line["target"]: line["error"] for line in lines if "error" in line}
    assert errors == {
        "unknown": "there is no such job",
        running.job_id: "it is RUNNING; only a job that has ended can be retried; to end it: jobchute cancel",
        lost.job_id: "the ledger no longer has its request",
    }


class TestQuestion:
    @pytest.fixture(autouse=True)
    def eleven(self, deployment: Deployment) -> None:
        for number in range(MAX_UNASKED + 1):
            failed(deployment, f"{number}", state=(State.FAILED, State.TIMED_OUT)[number % 2])

    def test_without_a_terminal_it_says_what_to_add(self, deployment: Deployment) -> None:
        result = run(app, ["retry", "--label", "team=growth"])
        assert (result.exit_code, sent(deployment)) == (2, [])
        assert "      6 FAILED     sagemaker:CreateTrainingJob\n      5 TIMED_OUT" in result.stderr
        assert "11 jobs would be affected; add --yes to go on" in result.stderr

    def test_yes_is_an_answer(self, deployment: Deployment) -> None:
        assert run(app, ["retry", "--label", "team=growth", "--yes"]).exit_code == 0
        assert len([*keys(deployment), *keys(deployment)]) == 11


def test_a_chain_is_retried_as_a_chain(deployment: Deployment) -> None:
    """The retry of the second job waits for the first one's, which is not in the ledger yet."""
    first = failed(deployment, "first", created_at="2026-11-21T12:00:00.000Z")
    failed(deployment, "second", after=({"job": first.job_id, "on": ["SUCCEEDED"]},), state=State.CANCELLED)
    result = run(app, ["retry", "second", "first"])
    assert result.exit_code == 0, result.output
    before, behind = sent(deployment)
    assert before["idempotencyKey"] == "first:retry-1"
    assert behind["after"] == [{"job": first_retry_id(first), "on": ["SUCCEEDED"]}]


def test_one_job_says_how_often_it_was_retried(deployment: Deployment) -> None:
    job = failed(deployment, "a")
    failed(deployment, "a:retry-1", retry_of=job.job_id)
    result = run(app, ["retry", "a"])
    assert keys(deployment) == ["a:retry-2"]
    assert "this job has been retried 1 time before" in result.stderr


def test_a_job_shows_the_jobs_that_run_it_again(deployment: Deployment) -> None:
    job = failed(deployment, "a")
    retry = failed(deployment, "a:retry-1", retry_of=job.job_id)
    shown = run(app, ["jobs", "show", "a"]).stdout
    assert f"retried by\t{retry.job_id} FAILED" in shown
    assert f"retry of\t{job.job_id}" in run(app, ["jobs", "show", retry.job_id]).stdout
    document = json.loads(run(app, ["jobs", "show", "a", "--json"]).stdout)
    assert document["retries"] == [{"jobId": retry.job_id, "state": "FAILED"}]
    assert "retries" not in json.loads(run(app, ["jobs", "show", retry.job_id, "--json"]).stdout)


def test_a_job_shows_how_it_was_changed(deployment: Deployment) -> None:
    entry = {
        "at": "2026-11-21T10:00:00.000Z",
        "document": "sqs://2?version=#0",
        "priority": 8,
        "priorityBefore": 5,
    }
    failed(deployment, "a", changes=({**entry, "labels": {"note": "x"}},))
    line = "2026-11-21T10:00:00.000Z: priority 5 to 8, note=x, by sqs://2#0"
    assert " ".join(line.split()) in " ".join(run(app, ["jobs", "show", "a"]).stdout.split())
