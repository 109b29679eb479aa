"""Places and expected starts of waiting jobs, over moto."""

import json
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.facts import recent_jobs
from jobchute.cli.facts.lines import lines_of
from jobchute.cli.facts.recent_jobs import MAX_OF_POOL
from jobchute.cli.forecast.arrivals import Arrival
from jobchute.cli.main import app
from jobchute.cli.pool_rules import DeployedPools, deployed_pools
from jobchute.job import Api, Job, State, iso
from jobchute.ledger.job_queries import JobQueries
from jobchute.ledger.pools import PoolRow, PoolRows
from jobchute.pools.limits import QueuePosition
from jobchute.runtime import Clock, use
from tests.admissions import took
from tests.builders import NOW, a_job

POOL = str(Api.TRAINING_JOB)
MINUTE = 60


@pytest.fixture(autouse=True)
def at_now(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Any:
    """At NOW one job is in flight, since ten minutes, in a pool of one."""
    monkeypatch.setenv("JOBCHUTE_POOLS", json.dumps({POOL: {"limit": 1}}))
    current = runtime.current()
    clock = Clock(now=lambda: float(NOW))
    with use(runtime.compose(current.clients, current.settings, clock)) as parts:
        rows = PoolRows(parts.clients.client("dynamodb"), deployment.table)
        rows.get(POOL)
        running = a_job("running", pool=POOL, create_at=(NOW - 600) * 1000, state=State.RUNNING)
        assert took(rows, POOL, running.job_id, limit=1, now=(NOW - 600) * 1000)
        deployment.ledger.add(running)
        yield


def wait(deployment: Deployment, label: str, **changes: object) -> Job:
    job = a_job(label, pool=POOL, waiting=POOL, **changes)
    job = replace(job, place=str(QueuePosition.of(job)))
    deployment.ledger.add(job)
    return job


def end(deployment: Deployment, *minutes: int, ago: int = 3600) -> None:
    """Jobs that have held their leases for so long, and have ended."""
    for number, each in enumerate(minutes):
        ended = NOW - ago - number
        job = a_job(
            f"ended {number} {ago}",
            pool=POOL,
            state=State.FAILED if number % 2 else State.SUCCEEDED,
            create_at=(ended - each * MINUTE) * 1000,
            created_at=iso(ended - each * MINUTE - 5),
            updated_at=iso(ended + 1),
            history=(
                {"state": "QUEUED", "at": iso(ended - each * MINUTE)},
                {"state": "FAILED", "at": iso(ended)},
            ),
        )
        deployment.ledger.add(job)


def show(job: Job, *options: str) -> str:
    result = CliRunner().invoke(app, ["jobs", "show", job.job_id, *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def pools() -> DeployedPools:
    return deployed_pools(None)


def test_a_waiting_job_has_a_place_and_an_expected_start(deployment: Deployment) -> None:
    end(deployment, *[30] * 50)
    first, second = wait(deployment, "first", priority=9), wait(deployment, "second")
    told = json.loads(show(second, "--json"))["waiting"]
    assert (told["for"], told["place"], told["waiting"]) == ("limit", 2, 2)
    assert told["expectedStart"]["earliest"] == iso(NOW + 50 * MINUTE - 10)
    facts = dict(line.split("\t", 1) for line in show(first).splitlines())
    assert facts["place"] == "1 of 2 waiting"
    assert facts["expected start"] == "in 20m to 21m (2026-11-18 11:26 to 11:27 UTC)"


def test_too_few_ended_jobs_are_said_to_be_too_few(deployment: Deployment) -> None:
    end(deployment, 30, 30, 30, 30)
    job = wait(deployment, "first")
    assert "expectedStart" not in json.loads(show(job, "--json"))["waiting"]
    assert "expected start\tunknown: fewer than 5 jobs of the pool have ended lately" in show(job)


def test_a_paused_pool_expects_no_start(deployment: Deployment) -> None:
    end(deployment, *[30] * 50)
    CliRunner().invoke(app, ["pause", POOL])
    assert "expected start\tunknown: the pool admits no job now" in show(wait(deployment, "first"))


def test_a_job_that_does_not_wait_in_a_queue_has_no_place(deployment: Deployment) -> None:
    job = a_job("behind another", pool=POOL, waits_for=frozenset({"jc-1"}))
    deployment.ledger.add(job)
    assert "place" not in json.loads(show(job, "--json"))["waiting"]
    assert "expected start" not in show(job)


def test_without_the_rules_of_pools_the_place_is_told_alone(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOBCHUTE_POOLS")
    shown = show(wait(deployment, "first"))
    assert "place\t1 of 1 waiting" in shown
    assert "expected start\tunknown: the limits of its pool cannot be read" in shown


def test_the_queue_says_when_the_next_jobs_start(deployment: Deployment) -> None:
    end(deployment, *[30] * 50)
    first, second = wait(deployment, "first", priority=9), wait(deployment, "second")
    result = CliRunner().invoke(app, ["queue", "--json", "--next", "2"])
    (document,) = map(json.loads, result.stdout.splitlines())
    assert [job["jobId"] for job in document["nextJobs"]] == [first.job_id, second.job_id]
    assert [job["place"] for job in document["nextJobs"]] == [1, 2]
    assert document["nextJobs"][0]["expectedStart"]["earliest"] == iso(NOW + 20 * MINUTE - 10)
    assert "startUnknown" not in document
    assert "20m to 21m" in CliRunner().invoke(app, ["queue"]).stdout


def test_an_empty_queue_reads_no_ended_jobs(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(JobQueries, "by_state")
    assert lines_of(pools(), pools().rows.all(), first=1)[POOL].jobs == ()


def test_a_queue_that_is_too_long_is_counted(deployment: Deployment) -> None:
    ids = {wait(deployment, name).job_id for name in ("a", "b", "c")}
    line = lines_of(pools(), pools().rows.all(), job_ids=ids, max_length=2)[POOL]
    assert line.waiting == 3
    assert {job.place for job in line.jobs} == {None}
    assert line.unknown == "the queue is too long to be sorted"


def test_recent_jobs_are_those_that_were_admitted(deployment: Deployment) -> None:
    end(deployment, 10, 20)
    deployment.ledger.add(a_job("cancelled while it waited", pool=POOL, state=State.CANCELLED))
    recent = recent_jobs.recent_jobs(deployment.ledger)
    assert [each.ended - each.admitted for each in recent.ended[POOL]] == [600, 1200]
    assert recent.since == 0
    assert recent_jobs.recent_jobs(deployment.ledger, limit=2).since > NOW - 3700


def test_of_many_ended_jobs_the_newest_count() -> None:
    """The observation begins when the oldest of them ended."""
    first = recent_jobs.Ended(0, 0, 0, Arrival(0, "", 5, ""))
    ended = [
        first._replace(admitted=NOW - 1000 - number, ended=NOW - number) for number in range(MAX_OF_POOL + 9)
    ]
    row = PoolRow(POOL, leases={"old": (NOW - 5000) * 1000, "new": (NOW - 20) * 1000})
    recent = recent_jobs.RecentJobs({POOL: ended}, 0).of_pool(row, (), NOW)
    over = [each for each in recent.leases if each.is_over]
    assert len(over) == MAX_OF_POOL
    assert {each.seconds for each in over} == {1000}
    old, new = (each for each in recent.leases if not each.is_over)
    assert (old.seconds, old.seen_from) == (5000, 5000 - (MAX_OF_POOL - 1))
    assert (new.seconds, new.seen_from) == (20, 0)
