"""The facts that the pages of pools show, over moto."""

import json
from dataclasses import replace
from typing import Any

import pytest

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.facts.pools import MAX_JOBS, pool_detail, pool_list
from jobchute.cli.pool_rules import DeployedPools, deployed_pools
from jobchute.job import Api, Job, State, iso
from jobchute.ledger.pools import PoolRows
from jobchute.pools.limits import QueuePosition
from tests.admissions import took
from tests.aws_calls import counted_calls
from tests.builders import a_job

POOL = str(Api.TRAINING_JOB)
WIDE, OTHER = f"{POOL}/ml.m5.large", str(Api.PROCESSING_JOB)


@pytest.fixture(autouse=True)
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {POOL: {"limit": 2, "rate": 0.5}, WIDE: {"limit": 60}}
    monkeypatch.setenv("JOBCHUTE_POOLS", json.dumps(given))


@pytest.fixture
def pools(deployment: Deployment) -> DeployedPools:
    return deployed_pools(None)


def now() -> float:
    return runtime.current().clock.now()


def a_waiting_job(label: str, *, pool: str = POOL, **changes: Any) -> Job:
    job = a_job(label, pool=pool, waiting=pool, created_at=iso(now() - 60), **changes)
    return replace(job, place=str(QueuePosition.of(job)))


def busy(deployment: Deployment, rows: PoolRows, *, pool: str = POOL) -> Job:
    """A pool with one job in flight, and two that wait."""
    rows.get(pool)
    running = a_job(f"running in {pool}", state=State.RUNNING, pool=pool, create_at=int(now() * 1000))
    assert took(rows, pool, running.job_id, share="", limit=2, now=int(now() * 1000))
    rows.mark_queue(pool, now=int(now() * 1000))
    for label, priority in (("patient", 5), ("urgent", 9)):
        deployment.ledger.add(a_waiting_job(f"{label} in {pool}", pool=pool, priority=priority))
    deployment.ledger.add(running)
    return running


def test_the_busiest_pool_comes_first(deployment: Deployment, pools: DeployedPools) -> None:
    pools.rows.get(OTHER)
    busy(deployment, pools.rows)
    first, second = pool_list(pools).pools
    assert (first.pool, first.in_flight, first.limit, first.limit_now) == (POOL, 1, 2, 2)
    assert (first.rate, first.rate_of) == (0.5, POOL)
    assert (first.line.waiting, first.line.jobs[0].place, first.line.jobs[0].priority) == (2, 1, 9)
    assert (second.pool, second.in_flight, second.line.waiting) == (OTHER, 0, 0)


def test_a_pool_says_what_holds_it(deployment: Deployment, pools: DeployedPools) -> None:
    busy(deployment, pools.rows)
    pools.rows.put_cap(POOL, 1, now=int(now() * 1000), reason="ResourceLimitExceeded: 1 instance")
    (facts,) = pool_list(pools).pools
    assert facts.held is not None
    assert facts.cut is not None
    assert (facts.held.by, facts.limit_now, facts.cut.limit) == ("quota", 1, 1)
    assert facts.cut.reason == "ResourceLimitExceeded: 1 instance"


def test_a_pause_is_named(deployment: Deployment, pools: DeployedPools) -> None:
    busy(deployment, pools.rows)
    pools.settings.put_pauses({POOL: True})
    (facts,) = pool_list(deployed_pools(None)).pools
    assert (facts.paused, facts.limit, facts.limit_now) == (POOL, 2, 0)


def test_a_pool_shows_its_jobs_in_their_order(deployment: Deployment, pools: DeployedPools) -> None:
    running = busy(deployment, pools.rows)
    detail = pool_detail(pools, POOL)
    assert [each.job for each in detail.in_flight] == [running]
    assert [each.job and each.job.name for each in detail.waiting] == [
        f"urgent in {POOL}",
        f"patient in {POOL}",
    ]
    assert [each.turn.place for each in detail.waiting] == [1, 2]


def test_a_pool_that_shares_a_rate_names_its_api(deployment: Deployment, pools: DeployedPools) -> None:
    busy(deployment, pools.rows, pool=WIDE)
    facts = pool_detail(pools, WIDE).facts
    assert (facts.limit, facts.rate, facts.rate_of) == (60, 0.5, POOL)


def test_an_unknown_pool_is_answered_no(pools: DeployedPools) -> None:
    with pytest.raises(AnswerIsNoError, match="no pool is named 'label:team=x'"):
        pool_detail(pools, "label:team=x")


def test_a_pool_of_a_rule_is_shown_before_its_first_job(pools: DeployedPools) -> None:
    detail = pool_detail(pools, POOL)
    assert (detail.facts.in_flight, detail.facts.limit, detail.facts.next_create_at) == (0, 2, 0)


def test_the_number_of_calls_is_bounded(deployment: Deployment, pools: DeployedPools) -> None:
    busy(deployment, pools.rows)
    for number in range(MAX_JOBS + 10):
        deployment.ledger.add(a_waiting_job(f"churn-{number}"))
    for number in range(30):
        pools.rows.get(f"label:team={number}")
    with counted_calls() as calls:
        pool_list(pools)
    assert sum(calls.values()) <= 12, calls
    with counted_calls() as calls:
        assert len(pool_detail(pools, POOL).waiting) == MAX_JOBS
    assert sum(calls.values()) <= 12, calls
