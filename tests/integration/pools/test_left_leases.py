"""What calls leave that died or were slow, and what is renewed: leases, marks, requests. Over the fakes."""

from dataclasses import replace

from jobchute.job import State
from jobchute.ledger.items import JOB
from jobchute.ledger.pool_leases import Wish
from jobchute.ledger.request_bodies import REQUEST
from jobchute.ledger.table import TIME_TO_LIVE
from jobchute.lifecycle.admit import STARTING_SECONDS
from jobchute.pools.limits import Limits
from tests.admissions import took, upkeep_of
from tests.fakes.wire import Boundary, ignore
from tests.harness.faults.world import BEGIN, World
from tests.integration.pools.arriving import NOW_MS, admitted, arrivals_of, new_job, send
from tests.integration.pools.one_pool import POOL, Pool


def test_a_lease_without_a_row_holds_a_pool_for_three_minutes() -> None:
    pool = Pool(Limits(limit=1, rate=1))
    admitted(pool)
    pool.rows.mark_queue(POOL, now=NOW_MS)
    waiting = pool.wait(2)
    for _ in range(3):
        assert pool.executions.started == []
        pool.now += 60
        upkeep_of(pool.admission, repair_interval=300).run(pool.rows.all())
    assert pool.executions.started == [waiting.job_id]


def test_a_job_with_a_young_lease_is_started_a_minute_later() -> None:
    pool = Pool(Limits(limit=1, rate=1))
    waiting = pool.wait(1)
    assert took(pool.rows, POOL, waiting.job_id, limit=1, now=NOW_MS)
    pool.now += STARTING_SECONDS - 1
    upkeep_of(pool.admission, repair_interval=300).run(pool.rows.all())
    assert pool.executions.started == []
    pool.now += 60
    upkeep_of(pool.admission, repair_interval=300).run(pool.rows.all())
    assert pool.executions.started == [waiting.job_id]


def test_a_slow_call_starts_no_job_whose_lease_is_gone() -> None:
    """Another delivery started the job with that lease, and its provider refused it."""
    pool = Pool(Limits(limit=1, rate=1))
    job, waiting = admitted(pool), new_job(1)
    pool.ledger.add(replace(waiting, state=State.SUBMITTING))
    pool.rows.leases.give_back(POOL, job.job_id)
    assert arrivals_of(pool).hand_over(job, waiting).waiting == POOL
    assert pool.rows.find(POOL).leases == {}


def test_a_pool_that_another_call_makes_meanwhile_is_marked_too() -> None:
    world, other = World(), Wish("jc-other", "ada", NOW_MS)
    rows = world.parts.pool_rows

    def take_in_between(boundary: Boundary) -> None:
        if boundary.name == "dynamodb:put_item/POOL":
            world.wire.pause = ignore
            rows.leases.take_at_once(POOL, other, limit_of=lambda _: 1)

    world.wire.pause = take_in_between
    row = rows.mark_queue(POOL, now=NOW_MS)
    assert (row.leases, row.queued_at) == ({"jc-other": NOW_MS}, NOW_MS)


def expiry_in(world: World, sk: str) -> int:
    (item,) = (item for key, item in world.rows.items.items() if key[1] == sk)
    return int(item[TIME_TO_LIVE]["N"])


def test_a_job_that_is_sent_again_later_renews_its_request() -> None:
    world = World()
    send(world, 1)
    assert world.settle()
    first = expiry_in(world, REQUEST)
    world.clock.run(expiry_in(world, JOB))
    del world.rows.items[next(key for key in world.rows.items if key[1] == JOB)]
    passed = world.clock.now - BEGIN
    send(world, 1)
    assert expiry_in(world, REQUEST) == int(first + passed)
