"""Sweeps over very many pools, and over jobs for which there is no time: calls and seconds over the fakes."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from jobchute.job import Api, Job, State, iso
from jobchute.ledger.job_queries import JobQueries
from jobchute.ledger.table import DUE_SHARDS, STATE_SHARDS
from jobchute.lifecycle import reconcile
from jobchute.lifecycle.observe import SUBMITTED_STATES
from jobchute.lifecycle.pool_upkeep import Pools, PoolUpkeep, lacks_lease, restore_lease
from jobchute.lifecycle.queue_metrics import figures_of
from jobchute.lifecycle.unused_pools import QUIET_MS, RETIRING_MS
from jobchute.pools.limits import Limits, QueuePosition
from jobchute.providers.pool_defaults import pool_rules
from tests.admissions import took
from tests.builders import NOW, a_job
from tests.integration.pools.many_pools import MINUTE, TIMEOUT, Deployment

CALL = 0.005
"""Seconds that a call takes."""
QUERIES_FOR_JOBS = 2 * DUE_SHARDS + len(SUBMITTED_STATES) * STATE_SHARDS
"""Of a sweep, however many jobs there are: those that are due, twice, and those that are submitted."""


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def sweep_a_day_later(deployment: Deployment, sweeps: int = 2) -> None:
    """When what was marked as unused is removed."""
    deployment.now += RETIRING_MS / 1000
    for _ in range(sweeps):
        deployment.sweep()
        assert deployment.took < TIMEOUT / 2


def test_300_unused_pools_cost_few_queries_and_are_soon_gone() -> None:
    """Before: 605 queries (3 s) in each sweep, for ever."""
    deployment = Deployment(call=CALL)
    deployment.name(300)
    queries = []
    for _ in range(20):
        deployment.sweep()
        queries.append(deployment.calls["query"])
    assert max(queries) < QUERIES_FOR_JOBS + 305
    assert sum(count > QUERIES_FOR_JOBS + 5 for count in queries) <= 4
    sweep_a_day_later(deployment)
    assert deployment.pools() == {Api.BEDROCK_JOB} & deployment.pools()
    assert deployment.took < CALL * (QUERIES_FOR_JOBS + 15)


@pytest.mark.slow
def test_7000_pools_hide_no_lost_event_and_time_out_no_reconcile() -> None:
    """Before: 14,606 queries (175 s); no sweep came to the jobs whose events were lost."""
    deployment = Deployment(call=0.008)
    deployment.name(7300)
    job = deployment.run(1)
    deployment.provider.ended.add(job.job_id)
    deployment.sweep()
    assert deployment.took < TIMEOUT / 2
    assert deployment.ledger.get(job.job_id).state is State.SUCCEEDED
    for _ in range(25):
        deployment.sweep()
        assert deployment.took < TIMEOUT / 2
    sweep_a_day_later(deployment, 25)
    assert len(deployment.pools()) < 3


def test_pools_without_time_have_their_turn_next() -> None:
    deployment = Deployment(call=0.1)
    names = deployment.name(1000)
    marked: list[int] = []
    for _ in range(6):
        deployment.sweep()
        rows = deployment.rows.all()
        marked.append(sum(row.retiring_at > 0 for row in rows))
    # As many again in each sweep: none had two turns before each had one.
    assert marked[0] > 150
    assert marked[-1] == len(names)
    assert all(marked[turn] >= min((turn + 1) * 0.9 * marked[0], len(names)) for turn in range(6))


def test_a_pool_that_kills_the_reconciler_blocks_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sweep begins there, since the last one stopped before it; the next sweep begins anywhere."""

    class KilledError(BaseException):
        pass

    def kill(*_: object, **__: object) -> None:
        raise KilledError

    deployment = Deployment()
    deployment.name(2)
    deployment.reconciliations.stopped_at_pool("a pool")
    monkeypatch.setattr(PoolUpkeep, "run", kill)
    with pytest.raises(KilledError):
        deployment.sweep()
    assert deployment.reconciliations.notes().pool == ""


@pytest.mark.parametrize(
    ("rules", "pool"),
    [
        ({"label:team=growth": Limits(limit=5)}, "label:team=growth"),
        ({f"{Api.BEDROCK_JOB}/a-model": Limits(limit=5)}, f"{Api.BEDROCK_JOB}/a-model"),
        ({f"{Api.BEDROCK_JOB}/*": Limits(limit=0)}, f"{Api.BEDROCK_JOB}/a-model"),
        ({}, str(Api.BRAKET_JOB)),
    ],
)
def test_a_pool_that_a_rule_names_or_closes_vanishes_a_day_later(rules: dict[str, Limits], pool: str) -> None:
    deployment = Deployment(rules=rules)
    assert took(deployment.rows, pool, "jc-a", limit=1, now=int(deployment.now * 1000))
    deployment.rows.leases.give_back(pool, "jc-a")
    for _ in range(30):
        deployment.sweep()
    assert pool in deployment.pools()
    sweep_a_day_later(deployment)
    assert pool not in deployment.pools()


def test_a_pool_with_nothing_but_the_mark_of_its_queue_vanishes() -> None:
    deployment = Deployment()
    (name,) = deployment.name(1)
    deployment.rows.mark_queue(name, now=int(deployment.now * 1000))
    for _ in range(10):
        deployment.sweep()
    sweep_a_day_later(deployment)
    assert name not in deployment.pools()


def test_a_paused_pool_vanishes_without_jobs_and_returns_paused() -> None:
    """Before, each pool of a paused API cost every sweep a query for as long as the pause lasted."""
    deployment = Deployment()
    (name,) = deployment.name(1)
    deployment.rules = pool_rules(pauses={str(Api.BEDROCK_JOB): True})
    deployment.sweep()
    sweep_a_day_later(deployment)
    assert name not in deployment.pools()
    waiting = a_job("waiting", pool=name, waiting=name, due=NOW + 10**6)
    deployment.ledger.add(replace(waiting, place=str(QueuePosition.of(waiting))))
    assert deployment.admission.admit_next(name) == 0
    for _ in range(30):
        deployment.sweep()
    assert name in deployment.pools()


def test_a_pool_cut_by_a_quota_error_stays_until_it_recovers() -> None:
    deployment = Deployment()
    (name,) = deployment.name(1)
    deployment.rows.put_cap(name, 15, now=int(deployment.now * 1000))
    for _ in range(24):  # its limit is 20, and it has one more every five minutes
        deployment.sweep()
    assert name in deployment.pools()
    for _ in range(20):
        deployment.sweep()
    sweep_a_day_later(deployment)
    assert name not in deployment.pools()


def test_a_pool_with_a_lease_or_a_waiting_job_stays() -> None:
    deployment = Deployment()
    held, waited_in = deployment.name(2)
    holder = a_job("holder", state=State.SUBMITTING, pool=held, create_at=1, due=NOW + 10**6)
    deployment.ledger.add(holder)
    deployment.rows.leases.restore(held, holder.job_id, share="", at=1)
    waiting = a_job(
        "waiting", pool=waited_in, waiting=waited_in, place="4||2026-01-01T00:00:00.000Z|jc-a", due=NOW + 10**6
    )
    deployment.ledger.add(waiting)
    deployment.rules = pool_rules({Api.BEDROCK_JOB: Limits(rate=0.000001)})
    deployment.admission.capacity.reserve_create_slot(Api.BEDROCK_JOB)
    for _ in range(30):
        deployment.sweep()
    assert {held, waited_in} <= deployment.pools()
    assert not any(row.retiring_at for row in deployment.rows.all() if row.pool in (held, waited_in))


def test_metrics_are_told_of_pools_in_use_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = Deployment()
    unused, used = deployment.name(2)
    took(deployment.rows, used, "jc-a", share="", limit=5, now=int(deployment.now * 1000))
    told: list[str] = []
    monkeypatch.setattr(
        reconcile.logger,
        "info",
        lambda text, **said: told.append(said["pool"]) if text == "pool counted" else None,
    )
    deployment.sweep()
    assert told == [used]
    assert unused in deployment.pools()


def test_a_job_that_just_came_does_not_make_its_pool_stalled() -> None:
    """Its row is new: no job was ever let in."""
    deployment = Deployment()
    (name,) = deployment.name(1)
    place = f"4||{iso(NOW - 60)}|jc-a"
    deployment.ledger.add(a_job("waiting", pool=name, waiting=name, place=place, due=NOW + 10**6))
    assert not figures_of(
        deployment.admission.capacity, deployment.admission.queues, deployment.rows.get(name)
    ).is_stalled
    deployment.now += 900
    assert figures_of(
        deployment.admission.capacity, deployment.admission.queues, deployment.rows.get(name)
    ).is_stalled


def test_an_unfinished_look_at_all_jobs_goes_on_in_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before, each sweep began with the same jobs, and was stopped before it came to the last."""
    deployment = Deployment()
    jobs = [deployment.run(number) for number in range(300)]
    deployment.provider.ended.add(jobs[-1].job_id)
    by_state = JobQueries.by_state

    def slowly(*args: Any, **said: Any) -> Iterator[Job]:
        for job in by_state(*args, **said):
            deployment.now += 0.5
            yield job

    monkeypatch.setattr(JobQueries, "by_state", slowly)
    for _ in range(5):
        deployment.sweep()
        assert deployment.took < TIMEOUT
    assert deployment.ledger.get(jobs[-1].job_id).state is State.SUCCEEDED
    assert deployment.reconciliations.notes().looked_at > NOW
    assert deployment.reconciliations.notes().job == ""


def test_a_job_in_flight_whose_lease_and_pool_are_gone_gets_both() -> None:
    deployment = Deployment()
    job = a_job("lost", state=State.RUNNING, pool=f"{Api.BEDROCK_JOB}/a-model", create_at=1)
    assert lacks_lease(job, Pools({}))
    restore_lease(deployment.rows, job, Pools({}))
    assert set(deployment.rows.get(job.pool or "").leases) == {job.job_id}


def test_what_is_refused_without_a_lease_has_a_pool_to_wait_in() -> None:
    """Its lease was lost, so its pool may have been removed."""
    deployment = Deployment()
    pool = f"{Api.BEDROCK_JOB}/a-model"
    job = a_job("refused", state=State.SUBMITTING, pool=pool, create_at=1, attempt_id="a")
    deployment.ledger.add(job)
    job = deployment.admission.refused(job, "no quota", attempt_id="a")
    assert (job.waiting, pool in deployment.pools()) == (pool, True)


def test_reconciles_see_a_queue_before_its_pool_is_left_alone() -> None:
    assert QUIET_MS >= 5 * MINUTE * 1000
    assert RETIRING_MS >= 10 * MINUTE * 1000
