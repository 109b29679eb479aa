"""`jobchute jobs watch` and `wait`: jobs followed to their ends, over moto."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from typer.testing import CliRunner, Result

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.following import Clock as WaitingClock
from jobchute.cli.main import app
from jobchute.cli.watching import Gathered, watched
from jobchute.errors import UnknownJobError
from jobchute.job import Job, Source, State
from jobchute.ledger.files import FileRows
from jobchute.ledger.jobs import Ledger
from jobchute.runtime import Clock
from jobchute.runtime.clients import AwsClients
from tests.builders import a_job, a_source
from tests.integration.cli.conftest import tool_with
from tests.integration.cli.test_finding import counted_reads

FILE = "s3://jobs/requests/sweep.jsonl"
LABELS = {"team": "growth"}
ONE, TWO, THREE = (
    a_job(name, state=State.RUNNING, source=a_source(uri=FILE, index=index), labels=LABELS)
    for index, name in enumerate(("one", "two", "three"))
)


def add(deployment: Deployment, *jobs: Job) -> None:
    for job in jobs:
        deployment.ledger.requests.keep(job.job_id, job.digest, {}, job.created_at, name=job.name)
        deployment.ledger.add(job)


@pytest.fixture(autouse=True)
def ledger(deployment: Deployment) -> None:
    add(deployment, ONE, TWO)


@pytest.fixture
def run(clients: AwsClients) -> Callable[..., Result]:
    """Runs the tool; each pause of it is a step of what happens meanwhile."""

    def run(line: list[str], *steps: Callable[[], Any]) -> Result:
        left = iter(steps)

        def pause(_: float) -> None:
            next(left, stop)()

        with tool_with(clients, Clock(sleep=pause)):
            return CliRunner().invoke(app, ["jobs", *line])

    return run


def stop() -> None:
    raise KeyboardInterrupt


def end(deployment: Deployment, job: Job, state: State = State.SUCCEEDED) -> Callable[[], Any]:
    return lambda: deployment.ledger.move(job.job_id, state, time.time())


@pytest.mark.parametrize("verb", ["watch", "wait"])
@pytest.mark.parametrize(
    "targets",
    [
        [ONE.job_id, "two"],
        [ONE.job_id[:9], TWO.job_id[:9]],
        [FILE],
        ["requests/sweep.jsonl"],
        ["--source", FILE],
        ["team=growth"],
        ["--label", "team=growth"],
    ],
)
def test_jobs_of_any_name_are_followed_to_their_ends(
    deployment: Deployment, run: Callable[..., Result], verb: str, targets: list[str]
) -> None:
    result = run([verb, *targets], end(deployment, ONE), end(deployment, TWO))
    assert result.exit_code == 0, result.output
    ends = [line.split() for line in result.stdout.splitlines() if line.startswith("SUCCEEDED ")]
    assert sorted(ends) == sorted(["SUCCEEDED", job.name, job.job_id] for job in (ONE, TWO))


def test_wait_says_nothing_before_the_end(deployment: Deployment, run: Callable[..., Result]) -> None:
    result = run(["wait", "one"], lambda: None, end(deployment, ONE))
    assert (result.stdout, result.stderr) == (f"SUCCEEDED   one  {ONE.job_id}\n", "")


def test_watch_prints_each_change_where_there_is_no_terminal(
    deployment: Deployment, run: Callable[..., Result]
) -> None:
    lines = run(["watch", "one"], lambda: None, end(deployment, ONE)).stdout.splitlines()
    assert [line.split()[-3] for line in lines[:2]] == ["RUNNING", "SUCCEEDED"]


def test_one_job_that_fails_makes_the_answer_no(deployment: Deployment, run: Callable[..., Result]) -> None:
    result = run(["wait", FILE], end(deployment, ONE, State.FAILED), end(deployment, TWO))
    assert result.exit_code == 1
    assert result.stderr == "jobchute: 1 of 2 jobs did not succeed\n"


def test_json_is_each_job_s_status_document(deployment: Deployment, run: Callable[..., Result]) -> None:
    result = run(["watch", FILE, "--json"], end(deployment, ONE), end(deployment, TWO))
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(each["jobId"], each["state"]) for each in found] == [
        (job.job_id, "SUCCEEDED") for job in (ONE, TWO)
    ]


@pytest.mark.parametrize("verb", ["watch", "wait"])
def test_after_ctrl_c_the_same_command_takes_up_again(
    deployment: Deployment, run: Callable[..., Result], verb: str
) -> None:
    line = [verb, "two", "--source", "requests/sweep.jsonl", "--since", "2026-11-01", "--owner", "ada"]
    owned = replace(THREE, source=replace(THREE.source, owner="ada"))
    two = replace(TWO, job_id=f"jc-{'2' * 64}", source=replace(TWO.source, owner="ada"))
    add(deployment, owned, two)
    result = run(line, end(deployment, two))
    assert result.exit_code == 130
    options = "--source requests/sweep.jsonl --since 2026-11-01 --owner ada"
    again = f"to take up again: jobchute jobs {verb} two {options}"
    assert result.stderr == f"jobchute: stopped; 1 job did not end yet and will continue; {again}\n"
    end(deployment, owned)()
    assert run(line).exit_code == 0


def test_after_the_timeout_the_answer_is_no(run: Callable[..., Result]) -> None:
    result = run(["wait", "one", "--timeout", "0"])
    assert result.exit_code == 1
    assert result.stderr.endswith("open jobs continue without the tool: jobchute jobs wait one\n")


def test_jobs_that_a_file_still_brings_are_waited_for(
    deployment: Deployment, run: Callable[..., Result]
) -> None:
    rows = FileRows(runtime.client("dynamodb"), deployment.table)
    row = rows.add(Source(uri=FILE, status_key="x", version="v1", sequencer="S3:1"), "", 3, time.time())

    def read_on() -> None:
        add(deployment, THREE)
        rows.advance(row, row.reading._replace(finished=True), reader="r", now=time.time())

    both_end = [end(deployment, ONE), end(deployment, TWO)]
    result = run(["wait", FILE], *both_end, read_on, end(deployment, THREE, State.FAILED))
    assert result.exit_code == 1
    assert "1 of 3 jobs did not succeed" in result.stderr


def test_a_job_that_is_not_in_the_ledger_yet_is_waited_for(
    deployment: Deployment, run: Callable[..., Result]
) -> None:
    result = run(["wait", THREE.job_id], lambda: add(deployment, THREE), end(deployment, THREE))
    assert result.exit_code == 0
    assert result.stderr == "these jobs are not in the ledger yet; looking again for 30 seconds\n"


def test_open_jobs_are_read_a_hundred_at_a_time(deployment: Deployment, run: Callable[..., Result]) -> None:
    many = [a_job(f"many {number}", state=State.RUNNING, labels={"a": "b"}) for number in range(120)]
    for job in many:
        deployment.ledger.add(job)
    with counted_reads() as asked:
        assert run(["wait", "--label", "a=b"], *[lambda: None] * 10).exit_code == 130
    assert asked.count("BatchGetItem") == 2 + 10 * 2
    assert asked.count("Query") == 2


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ([], "name a job, a file or a label"),
        (["one", "--since", "1h"], "it needs --label or --source"),
        (["--label", "team"], "NAME=VALUE"),
        (["--source", "sweep.yaml"], "write it as s3://BUCKET/KEY"),
    ],
)
def test_a_watch_of_nothing_is_a_usage_error(run: Callable[..., Result], line: list[str], hint: str) -> None:
    result = run(["watch", *line])
    assert result.exit_code == 2
    assert hint in " ".join(result.stderr.replace("│", "").split())


def test_an_unknown_job_is_looked_for_half_a_minute() -> None:
    now, notes = [0.0], list[str]()

    def gather() -> Gathered:
        raise UnknownJobError("nightli")

    def pause(seconds: float) -> None:
        now[0] += seconds

    clock = WaitingClock(now=lambda: now[0], pause=pause)
    with pytest.raises(UnknownJobError):
        next(watched(gather, cast("Ledger", None), clock, note=notes.append))
    assert now[0] == 30
    assert len(notes) == 1


def test_a_label_without_jobs_is_no_success(run: Callable[..., Result]) -> None:
    result = run(["wait", "--label", "team=nobody", "--timeout", "0"])
    assert result.exit_code == 1
    assert result.stderr == "jobchute: no job with the label team=nobody was found; see: jobchute jobs list\n"
