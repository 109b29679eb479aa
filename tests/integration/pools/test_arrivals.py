"""New jobs that are admitted by the first write of their rows, and the marks of queues, over the fakes."""

from dataclasses import replace

import pytest

from jobchute.job import Api, Job, State
from jobchute.ledger.pool_leases import Pace, Wish
from jobchute.ledger.pools import MARK_MS
from jobchute.lifecycle.pool_upkeep import NEVER_CAME_SECONDS
from jobchute.lifecycle.queue_marks import CLEAR_MS
from jobchute.pools.limits import Limits
from tests.admissions import took, upkeep_of
from tests.builders import NOW
from tests.harness.faults.world import World
from tests.integration.pools.arriving import NOW_MS, admitted, arrivals_of, new_job, send
from tests.integration.pools.one_pool import POOL, Pool

OF_A_MODEL = f"{Api.BEDROCK_JOB}/a-model"


def test_a_lone_job_is_admitted_by_one_write_of_its_pool() -> None:
    pool = Pool(Limits(limit=2, rate=1))
    pool.rows.get(POOL)
    pool.calls.clear()
    job = arrivals_of(pool).admit(new_job(1))
    assert pool.calls == ["update_item"]
    assert (job.waiting, job.place, job.reason) == (None, None, None)
    assert (job.create_at, job.due) == (NOW_MS, NOW + 120)
    row = pool.rows.get(POOL)
    assert (row.leases, row.shares) == ({job.job_id: NOW_MS}, {job.job_id: "ada"})
    assert (row.admitted_at, row.queued_at) == (NOW_MS, 0)


def test_the_first_job_of_a_pool_makes_its_row() -> None:
    pool = Pool(Limits(limit=2, rate=1))
    job = arrivals_of(pool).admit(new_job(1))
    assert job.create_at == NOW_MS
    assert pool.rows.find(POOL).leases == {job.job_id: NOW_MS}
    assert pool.slots() == 1


def test_leases_of_jobs_that_come_together_are_a_step_apart() -> None:
    pool = Pool(Limits(limit=9, rate=1))
    jobs = [arrivals_of(pool).admit(new_job(number)) for number in range(3)]
    assert [job.create_at for job in jobs] == [NOW_MS, NOW_MS + 1010, NOW_MS + 2020]
    assert pool.rows.find(POOL).leases == {job.job_id: job.create_at for job in jobs}


def test_a_job_for_which_there_is_no_room_marks_the_queue_once() -> None:
    pool = Pool(Limits(limit=1, rate=1))
    arrivals_of(pool).admit(new_job(1))
    pool.calls.clear()
    second = arrivals_of(pool).admit(new_job(2))
    assert second.waiting == POOL
    assert pool.rows.find(POOL).queued_at == NOW_MS
    pool.calls.clear()
    pool.now += MARK_MS / 1000
    assert arrivals_of(pool).admit(new_job(3)).waiting == POOL
    assert pool.calls == []  # none that took effect
    pool.now += 0.001
    arrivals_of(pool).admit(new_job(4))
    assert pool.rows.find(POOL).queued_at == NOW_MS + MARK_MS + 1


def test_a_job_waits_where_others_wait_although_there_is_room() -> None:
    pool = Pool(Limits(limit=9, rate=1))
    pool.rows.mark_queue(POOL, now=NOW_MS)
    assert arrivals_of(pool).admit(new_job(1)).waiting == POOL
    assert pool.rows.find(POOL).leases == {}


def test_a_closed_pool_gets_a_row_for_the_reconciler() -> None:
    pool = Pool(Limits(limit=0))
    assert arrivals_of(pool).admit(new_job(1)).waiting == POOL
    assert [row.queued_at for row in pool.rows.all()] == [NOW_MS]


@pytest.mark.parametrize("taken", [1, 2])
def test_a_call_repeated_by_its_client_takes_one_lease(taken: int) -> None:
    pool = Pool(Limits(limit=9, rate=1))
    for number in range(taken - 1):
        arrivals_of(pool).admit(new_job(number))
    wish = Wish("jc-a", "ada", NOW_MS, Pace(1010, NOW_MS + 60_000))
    found = [pool.rows.leases.take_at_once(POOL, wish, limit_of=lambda _: 9).at for _ in range(2)]
    assert found == [NOW_MS + (taken - 1) * 1010] * 2
    assert pool.slots() == taken


def test_another_delivery_s_lease_is_not_taken_for_its_own() -> None:
    pool = Pool(Limits())
    mine, other = (Wish("jc-a", "ada", now) for now in (NOW_MS, NOW_MS + 1))
    found = [pool.rows.leases.take_at_once(POOL, wish, limit_of=lambda _: 9).at for wish in (mine, mine, other)]
    assert found == [NOW_MS, NOW_MS, None]


def test_a_lease_goes_back_if_the_shared_rate_has_no_slot() -> None:
    pool = Pool(Limits(), {OF_A_MODEL: Limits(limit=5), Api.BEDROCK_JOB: Limits(rate=1 / 100)})
    jobs = [arrivals_of(pool).admit(new_job(number, OF_A_MODEL)) for number in range(2)]
    assert [bool(job.create_at) for job in jobs] == [True, False]
    row = pool.rows.find(OF_A_MODEL)
    assert (list(row.leases), row.queued_at) == ([jobs[0].job_id], NOW_MS)


def test_the_lease_goes_to_the_row_that_another_delivery_wrote() -> None:
    pool = Pool(Limits(limit=1, rate=1))
    job = admitted(pool)
    pool.ledger.add(new_job(1))
    row = arrivals_of(pool).hand_over(job, new_job(1))
    assert (row.waiting, row.create_at) == (None, job.create_at)
    assert pool.executions.started == [job.job_id]
    assert set(pool.rows.find(POOL).leases) == {job.job_id}


@pytest.mark.parametrize(
    "existing",
    [
        replace(new_job(1), state=State.CANCELLED, waiting=None, place=None, due=None),
        replace(new_job(1), waiting=None, place=None, waits_for=frozenset({"jc-other"})),
        new_job(1, "label:team=other"),
    ],
    ids=["it has ended", "it waits for another", "it is in another pool"],
)
def test_a_lease_that_another_delivery_s_row_needs_not_returns(existing: Job) -> None:
    pool = Pool(Limits(limit=1, rate=1))
    job = admitted(pool)
    pool.ledger.add(existing)
    assert arrivals_of(pool).hand_over(job, existing) == existing
    assert (pool.executions.started, pool.rows.find(POOL).leases) == ([], {})


def test_a_lease_without_a_row_goes_to_the_next_job() -> None:
    pool = Pool(Limits(limit=1, rate=1))
    job, waiting = admitted(pool), pool.wait(2)
    pool.rows.mark_queue(POOL, now=NOW_MS)
    arrivals_of(pool).give_up(job)
    assert pool.executions.started == [waiting.job_id]


def test_a_lease_whose_row_was_never_written_is_given_back() -> None:
    pool = Pool(Limits(limit=1, rate=1))
    admitted(pool)
    pool.now += NEVER_CAME_SECONDS
    upkeep_of(pool.admission, repair_interval=0).run(pool.rows.all())
    assert pool.rows.find(POOL).leases
    pool.now += 1
    upkeep_of(pool.admission, repair_interval=0).run(pool.rows.all())
    assert pool.rows.find(POOL).leases == {}


def test_a_lease_of_a_job_of_another_pool_is_given_back() -> None:
    pool = Pool(Limits(limit=1, rate=1))
    job = admitted(pool)
    pool.ledger.add(new_job(1, "label:team=other"))
    upkeep_of(pool.admission).run(pool.rows.all())
    assert pool.rows.find(POOL).leases == {}
    assert job.job_id not in pool.executions.started


def test_a_job_that_ends_alone_reads_no_queue() -> None:
    pool = Pool(Limits(limit=1, rate=1))
    job = admitted(pool)
    pool.calls.clear()
    pool.admission.leave(job)
    assert pool.calls == ["update_item"]


@pytest.mark.parametrize(("age", "is_marked"), [(CLEAR_MS - 1, True), (CLEAR_MS, False)])
def test_an_old_mark_is_removed_if_the_queue_is_empty(age: int, is_marked: bool) -> None:
    pool = Pool(Limits(limit=1, rate=1))
    job = admitted(pool)
    pool.rows.mark_queue(POOL, now=NOW_MS)
    pool.now = NOW + age / 1000
    pool.admission.leave(job)
    assert bool(pool.rows.find(POOL).queued_at) is is_marked


def test_an_old_mark_stays_while_a_job_waits() -> None:
    pool = Pool(Limits(limit=1, rate=1))
    job, _, _ = admitted(pool), pool.wait(2), pool.wait(3)
    pool.rows.mark_queue(POOL, now=NOW_MS)
    pool.now += CLEAR_MS
    pool.admission.leave(job)
    assert pool.rows.find(POOL).queued_at == NOW_MS


def test_a_mark_that_was_written_again_is_not_removed() -> None:
    pool = Pool(Limits(limit=1, rate=1))
    row = pool.rows.mark_queue(POOL, now=NOW_MS)
    pool.rows.mark_queue(POOL, now=NOW_MS + CLEAR_MS)
    pool.rows.clear_queue_mark(row)
    assert pool.rows.find(POOL).queued_at == NOW_MS + CLEAR_MS


def test_a_mark_that_is_lost_comes_back_with_the_next_reconcile() -> None:
    pool = Pool(Limits(limit=1, rate=1))
    assert took(pool.rows, POOL, "jc-a", limit=1, now=NOW_MS)
    pool.wait(2)
    upkeep_of(pool.admission).run(pool.rows.all())
    assert pool.rows.find(POOL).queued_at == NOW_MS


def test_a_job_that_finds_its_mark_removed_writes_it_again() -> None:
    pool = Pool(Limits(limit=1, rate=1))
    assert took(pool.rows, POOL, "jc-a", limit=1, now=NOW_MS)
    assert pool.admission.admit_next(POOL, enqueued=pool.wait(2)) == 0
    assert pool.rows.find(POOL).queued_at == NOW_MS


def test_a_lone_job_takes_four_calls_and_a_duplicate_no_lease() -> None:
    world = World()
    send(world, 1)
    assert send(world, 2)[:4] == [
        "dynamodb:put_item/REQUEST",
        "dynamodb:update_item/POOL:job+admittedAt+nextAt",
        "dynamodb:put_item/JOB",
        "states:start_execution",
    ]
    world.clock.run(world.clock.now + 5)
    assert not any("POOL" in call for call in send(world, 2))
