"""`jobchute logs` over moto."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from typer.testing import CliRunner, Result

from jobchute import runtime
from jobchute.attempts import ended
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.job import Api, Job, State, iso
from jobchute.outcomes import Cause
from tests.builders import a_job

GROUP = "/aws/sagemaker/TrainingJobs"
ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/churn"


def run(*line: str) -> Result:
    return CliRunner().invoke(app, ["logs", *line])


def now_ms() -> int:
    return int(runtime.current().clock.now() * 1000)


@pytest.fixture
def job(deployment: Deployment) -> Job:
    now = runtime.current().clock.now()
    job = a_job(
        state=State.FAILED, provider_id=ARN, reason="AlgorithmError: exit code 1", created_at=iso(now - 600)
    )
    job = replace(job, updated_at=iso(now - 200))
    deployment.ledger.add(job)
    return job


def write(stream: str, lines: Sequence[tuple[int, str]]) -> None:
    logs = runtime.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]:
        logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    events = [{"timestamp": at, "message": message} for at, message in lines]
    logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def test_the_lines_of_all_streams_are_printed_in_order_of_time(job: Job) -> None:
    at = now_ms() - 300_000
    write("churn/algo-1-1", [(at, "epoch 1"), (at + 20, "epoch 2\tloss\x1b[2J\nepoch 3")])
    write("churn/algo-2-2", [(at + 10, "other")])
    write("churn-2/algo-1-1", [(at, "of another job")])
    result = run(job.job_id)
    assert result.exit_code == 0, result.output
    assert [line.split("\t", 1)[1] for line in result.stdout.splitlines()] == [
        "algo-1-1\tepoch 1",
        "algo-2-2\tother",
        "algo-1-1\tepoch 2\tloss\\u001b[2J",
        "algo-1-1\tepoch 3",
    ]


def test_as_json_a_line_is_an_object(job: Job) -> None:
    at = now_ms() - 300_000
    write("churn/algo-1-1", [(at, "epoch 1")])
    result = run(job.job_id, "--json")
    line = {"at": iso(at / 1000), "stream": "churn/algo-1-1", "message": "epoch 1"}
    assert json.loads(result.stdout) == line


def test_since_is_a_time_or_how_long_ago(job: Job) -> None:
    at = now_ms()
    write("churn/algo-1-1", [(at - 400_000, "early"), (at - 240_000, "late")])
    for since in ("5m", iso(at / 1000 - 300)):
        assert run(job.job_id, "--since", since).stdout.rstrip().endswith("\tlate")
    wrong = run(job.job_id, "--since", "yesterday")
    assert wrong.exit_code == 2
    assert "90s, 15m, 2h or 1d" in wrong.output


def test_the_exit_status_of_a_follower_is_the_jobs(job: Job, deployment: Deployment) -> None:
    write("churn/algo-1-1", [(now_ms() - 300_000, "epoch 1")])
    result = run(job.job_id, "--follow")
    assert result.exit_code == 1
    assert result.stdout.endswith("\tepoch 1\n")
    assert result.stderr == f"jobchute: {job.job_id} is FAILED: AlgorithmError: exit code 1\n"

    well = replace(job, job_id=f"jc-{'1' * 64}", state=State.SUCCEEDED, reason=None)
    deployment.ledger.add(well)
    assert run(well.job_id, "--follow").exit_code == 0


def test_a_job_that_has_written_nothing_says_so(job: Job) -> None:
    result = run(job.job_id)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "has written no lines" in result.stderr


@pytest.mark.parametrize(
    ("changes", "line", "expected"),
    [
        ({"state": State.QUEUED, "provider_id": None}, [], "does not have it yet: wait with --follow"),
        ({"state": State.CANCELLED, "provider_id": None}, [], "its provider never had it"),
        ({"state": State.CANCELLED, "provider_id": None}, ["--follow"], "its provider never had it"),
        ({"state": State.REJECTED}, [], "was rejected and never became a job"),
        ({}, ["--attempt", "2"], "has 1 attempt, and no attempt 2"),
        ({"api": Api.BEDROCK_JOB, "output": "s3://b/out/"}, [], "in the output; its output: s3://b/out/"),
        ({"api": Api.FIREWORKS_JOB, "provider_id": "b17"}, [], "batchJobs/b17:getLogs"),
    ],
    ids=["queued", "cancelled early", "followed in vain", "rejected", "attempt", "Bedrock", "Fireworks"],
)
def test_a_job_without_logs_says_why_and_where_to_look(
    job: Job, deployment: Deployment, changes: dict[str, object], line: list[str], expected: str
) -> None:
    other = replace(job, job_id=f"jc-{'2' * 64}", **changes)  # type: ignore[arg-type]
    deployment.ledger.add(other)
    result = run(other.job_id, *line)
    assert (result.exit_code, result.stdout) == (1, "")
    assert expected in result.stderr


class TestAttempts:
    @pytest.fixture
    def tried(self, deployment: Deployment, job: Job) -> Job:
        """A job whose first attempt failed, whose second one was never created, and whose third one runs."""
        refused = replace(job, name="churn-2", provider_id=None)
        at = job.created_at
        first = ended(job, State.FAILED, Cause.INTERNAL, "InternalServerError: again", at=at)
        second = ended(refused, State.FAILED, Cause.CAPACITY, "no quota", at=at)
        newest = {"attempt": 3, "past": (first, second), "name": "churn-3", "state": State.RUNNING}
        tried = replace(job, job_id=f"jc-{'3' * 64}", **newest)  # type: ignore[arg-type]
        deployment.ledger.add(tried)
        for name in ("churn", "churn-3"):
            write(f"{name}/algo-1-1", [(now_ms() - 300_000, f"a line of {name}")])
        return tried

    @pytest.mark.parametrize(
        ("line", "shown"),
        [([], "churn-3"), (["--attempt", "3"], "churn-3"), (["--attempt", "1"], "churn")],
        ids=["newest", "newest by number", "first"],
    )
    def test_the_lines_of_one_attempt_are_printed(self, tried: Job, line: list[str], shown: str) -> None:
        result = run(tried.job_id, *line)
        assert result.exit_code == 0, result.output
        assert [each.rpartition("\t")[2] for each in result.stdout.splitlines()] == [f"a line of {shown}"]

    def test_an_attempt_without_logs_says_why(self, tried: Job) -> None:
        assert "attempt 2 of" in (never := run(tried.job_id, "--attempt", "2")).stderr
        assert (never.exit_code, "was never created" in never.stderr) == (1, True)
        assert "has 3 attempts, and no attempt 4" in run(tried.job_id, "--attempt", "4").stderr

    @pytest.mark.parametrize("line", [[], ["--follow"]])
    def test_the_latest_attempt_that_was_submitted_is_named(
        self, deployment: Deployment, tried: Job, line: list[str]
    ) -> None:
        """Its third attempt was cancelled before it was submitted, and its second one was never created."""
        job = replace(tried, job_id=f"jc-{'4' * 64}", state=State.CANCELLED, provider_id=None)
        deployment.ledger.add(job)
        result = run(job.job_id, *line)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "its attempt 3 was never submitted" in result.stderr
        command = result.stderr.rpartition("jobchute logs ")[2].split()
        assert run(*command).stdout.endswith("\ta line of churn\n")
