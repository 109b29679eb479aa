"""Pools whose leases are in several items, of two leases each."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from jobchute.job import Job, State
from jobchute.ledger.pool_items import Pace, PoolItems, PoolRow, Wish, Written
from jobchute.ledger.pool_lanes import LaneRows
from jobchute.ledger.pool_leases import LeaseRows
from jobchute.lifecycle.pool_upkeep import Pools, lacks_lease
from jobchute.lifecycle.unused_pools import QUIET_MS, RETIRING_MS
from jobchute.pools.limits import Limits
from tests.admissions import took, upkeep_of
from tests.builders import NOW
from tests.integration.pools.arriving import NOW_MS, arrivals_of, new_job
from tests.integration.pools.one_pool import POOL, Pool

SIZE = 2


@pytest.fixture
def pool() -> Pool:
    return Pool(Limits(limit=7, rate=1000), lane_size=SIZE)


def take(pool: Pool, *numbers: int, limit: int = 7) -> list[bool]:
    return [took(pool.rows, POOL, f"jc-{number}", share="ada", limit=limit, now=NOW_MS) for number in numbers]


def items_of(pool: Pool) -> list[int]:
    """How many leases each item of the pool has, its row first."""
    row = pool.rows.find(POOL)
    lanes = [lane for of_job in row.lanes.values() for lane in of_job]
    return [lanes.count(number) for number in range(max(lanes, default=0) + 1)]


def arrived(pool: Pool, number: int) -> Job:
    """A job that was admitted at once, and its row."""
    job = arrivals_of(pool).admit(new_job(number))
    assert pool.ledger.add(job) is None
    return job


def test_a_pool_of_few_leases_is_one_item(pool: Pool) -> None:
    assert take(pool, 1, 2) == [True, True]
    row = pool.rows.find(POOL)
    assert (row.is_wide, dict(row.lanes)) == (False, {})
    assert pool.rows.all() == [row]


def test_a_wide_pool_lets_in_as_many_as_its_limit(pool: Pool) -> None:
    assert take(pool, *range(9)) == [True] * 7 + [False] * 2
    assert sorted(items_of(pool), reverse=True) == [2, 2, 2, 1]
    row = pool.rows.find(POOL)
    assert set(row.leases) == set(row.shares) == {f"jc-{number}" for number in range(7)}
    assert row.admitted_at == NOW_MS
    assert pool.rows.all() == [row]


def test_a_wide_pool_takes_no_lease_into_its_row(pool: Pool) -> None:
    take(pool, 1, 2, 3)
    pool.rows.leases.give_back(POOL, "jc-1")
    assert take(pool, 4) == [True]
    assert pool.rows.find(POOL).lane_of("jc-4") is not None


def test_taking_twice_is_taking_once_and_so_is_giving_back(pool: Pool) -> None:
    assert take(pool, 1, 2, 3, 3) == [True, True, True, False]
    lane = pool.rows.find(POOL).lane_of("jc-3")
    given = [pool.rows.leases.give_back(POOL, "jc-3", lane=lane)[1] for _ in range(2)]
    assert given == [True, False]
    assert set(pool.rows.find(POOL).leases) == {"jc-1", "jc-2"}


def test_a_lowered_limit_admits_none_until_the_lanes_are_below(pool: Pool) -> None:
    take(pool, *range(7))
    assert take(pool, 10, limit=3) == [False]
    for number in range(4):
        row = pool.rows.find(POOL)
        pool.rows.leases.give_back(POOL, f"jc-{number}", lane=row.lane_of(f"jc-{number}"))
    assert take(pool, 10, limit=3) == [False]
    row = pool.rows.find(POOL)
    pool.rows.leases.give_back(POOL, "jc-4", lane=row.lane_of("jc-4"))
    assert take(pool, 10, 11, limit=3) == [True, False]


def test_jobs_that_come_at_once_name_their_lanes(pool: Pool) -> None:
    jobs = [arrived(pool, number) for number in range(5)]
    assert [job.lane is None for job in jobs] == [True, True, False, False, False]
    assert [job.create_at for job in jobs] == [NOW_MS + 2 * number for number in range(5)]
    row = pool.rows.find(POOL)
    assert [row.lane_of(job.job_id) for job in jobs] == [job.lane for job in jobs]


def test_a_job_of_a_lane_that_ends_admits_the_next(pool: Pool) -> None:
    jobs = [arrived(pool, number) for number in range(7)]
    waiting = arrivals_of(pool).admit(new_job(7))
    pool.ledger.add(waiting)
    ended = next(job for job in jobs if job.lane)
    pool.admission.leave(ended)
    assert pool.executions.started == [waiting.job_id]
    admitted = pool.ledger.get(waiting.job_id)
    assert admitted.lane == pool.rows.find(POOL).lane_of(waiting.job_id) is not None


def test_a_refused_job_gives_back_the_lease_of_its_lane(pool: Pool) -> None:
    job = [arrived(pool, number) for number in range(3)][-1]
    pool.ledger.claim(job.job_id, attempt_id="attempt", until=NOW + 60, now=NOW)
    pool.admission.refused(pool.ledger.get(job.job_id), "no quota", attempt_id="attempt")
    refused = pool.ledger.get(job.job_id)
    assert (refused.waiting, refused.lane) == (POOL, None)
    assert job.job_id not in pool.rows.find(POOL).leases


def test_the_loser_of_two_admissions_gives_back_its_own_lease(pool: Pool) -> None:
    job = [arrived(pool, number) for number in range(3)][-1]
    other = (job.lane or 0) % 3 + 1
    lease_in(pool, other, job.job_id)
    assert len(pool.rows.find(POOL).lanes[job.job_id]) == 2
    held = pool.rows.find(POOL).lanes[job.job_id][other]
    pool.admission.start(POOL, job.job_id, NOW_MS, held=held, lane=other)
    assert [*pool.rows.find(POOL).lanes[job.job_id]] == [job.lane]


def test_a_slow_admission_leaves_the_lease_that_another_took(pool: Pool) -> None:
    job = [arrived(pool, number) for number in range(3)][-1]
    other = (job.lane or 0) % 3 + 1
    lease_in(pool, other, job.job_id)
    held = pool.rows.find(POOL).lanes[job.job_id][other]
    pool.admission.start(POOL, job.job_id, NOW_MS, held=held - 1, lane=other)
    assert {*pool.rows.find(POOL).lanes[job.job_id]} == {job.lane, other}


def test_upkeep_leaves_one_lease_of_each_job(pool: Pool) -> None:
    job = [arrived(pool, number) for number in range(3)][-1]
    lease_in(pool, (job.lane or 0) % 3 + 1, job.job_id)
    upkeep_of(pool.admission).run(pool.rows.all())
    assert [*pool.rows.find(POOL).lanes[job.job_id]] == [job.lane]


def test_upkeep_gives_back_the_leases_of_ended_jobs(pool: Pool) -> None:
    jobs = [arrived(pool, number) for number in range(5)]
    for job in jobs:
        pool.ledger.move(job.job_id, State.CANCELLED, NOW)
    upkeep_of(pool.admission).run(pool.rows.all())
    assert pool.rows.find(POOL).leases == {}


def test_an_end_finds_a_lease_that_is_in_another_lane(pool: Pool) -> None:
    job = [arrived(pool, number) for number in range(3)][-1]
    pool.admission.leave(replace(job, lane=None))
    assert job.job_id not in pool.rows.find(POOL).leases


def test_an_unused_wide_pool_is_removed_with_its_lanes(pool: Pool) -> None:
    for job in [arrived(pool, number) for number in range(5)]:
        pool.ledger.move(job.job_id, State.CANCELLED, NOW)
        pool.admission.leave(job)
    upkeep = upkeep_of(pool.admission)
    pool.now += QUIET_MS / 1000 + 60
    upkeep.run(pool.rows.all())
    pool.now += RETIRING_MS / 1000 + 1
    upkeep.run(pool.rows.all())
    assert pool.rows.all() == []
    assert not [key for key in pool.client.tables["ledger"].items if key[0].startswith(("POOL", "LANES#"))]


def test_a_job_that_comes_to_an_unused_wide_pool_keeps_it(pool: Pool) -> None:
    take(pool, 1, 2, 3)
    for number in (1, 2, 3):
        row = pool.rows.find(POOL)
        pool.rows.leases.give_back(POOL, f"jc-{number}", lane=row.lane_of(f"jc-{number}"))
    pool.rows.retire(pool.rows.find(POOL), now=NOW_MS)
    marked = pool.rows.find(POOL)
    assert marked.retiring_at
    assert take(pool, 4) == [True]
    assert not pool.rows.find(POOL).retiring_at
    assert not pool.rows.remove(marked)
    assert set(pool.rows.find(POOL).leases) == {"jc-4"}


def test_a_process_remembers_wide_pools(pool: Pool) -> None:
    pool.rows = pool.rows._replace(known_wide=set())
    arrivals = arrivals_of(pool)
    arrivals = arrivals._replace(rows=pool.rows, capacity=arrivals.capacity._replace(rows=pool.rows))
    for number in range(3):
        arrivals.admit(new_job(number))
    pool.calls.clear()
    assert arrivals.admit(new_job(3)).lane is not None
    assert pool.calls[:3] == ["get_item", "query", "update_item"]
    take(pool, *range(10, 20))
    pool.rows.mark_queue(POOL, now=NOW_MS)
    assert arrivals.admit(new_job(4)).waiting == POOL


def wish_of(number: int, now: int = NOW_MS) -> Wish:
    return Wish(f"jc-{number}", "ada", now)


def test_a_lease_goes_back_if_the_limit_is_lowered_meanwhile(pool: Pool) -> None:
    take(pool, 1, 2, 3)
    lowered = lambda row: 7 if len(row.leases) < 4 else 3  # noqa: E731
    taken = pool.rows.leases.take(pool.rows.find(POOL), wish_of(4), limit_of=lowered)
    assert (taken.at, taken.lane) == (None, None)
    assert set(taken.row.leases) == set(pool.rows.find(POOL).leases) == {"jc-1", "jc-2", "jc-3"}


def test_a_call_that_is_sent_twice_takes_one_lease(pool: Pool) -> None:
    take(pool, 1, 2, 3)
    before = pool.rows.find(POOL)
    lanes = pool.rows.leases.lanes
    first, again = (lanes.take(before, wish_of(4), lambda _: 7) for _ in range(2))
    assert first.at == again.at == NOW_MS
    assert first.lane == again.lane
    assert lanes.take(before, wish_of(4, NOW_MS + 1), lambda _: 7).at is None


def test_a_full_pool_has_no_lane_to_take(pool: Pool) -> None:
    take(pool, *range(7))
    taken = pool.rows.leases.lanes.take(pool.rows.find(POOL), wish_of(8), lambda _: 7)
    assert (taken.at, len(taken.row.leases)) == (None, 7)


@pytest.mark.parametrize(("behind", "is_taken"), [(0, True), (1, False)])
def test_a_lane_is_taken_if_there_is_a_create_slot(pool: Pool, behind: int, *, is_taken: bool) -> None:
    take(pool, 1, 2, 3)
    row = pool.rows.find(POOL)._replace(next_at=NOW_MS + behind)
    wish = wish_of(4)._replace(pace=Pace(step=1, horizon=NOW_MS))
    assert (pool.rows.leases.lanes.take(row, wish, lambda _: 7).at is not None) is is_taken


def test_lanes_keep_where_the_last_admission_stopped(pool: Pool) -> None:
    take(pool, 1, 2)
    for number in (3, 4):
        wish = wish_of(number, NOW_MS + number)._replace(walked_to=f"group {number}")
        pool.rows.leases.take(pool.rows.find(POOL), wish, limit_of=lambda _: 7)
    assert pool.rows.find(POOL).walked_to == "group 4"


def test_a_pool_that_is_gone_is_made_wide(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pool.rows.leases.lanes.widen(POOL).is_wide
    make, other = PoolItems.make, "label:team=other"

    def made_by_another_call(self: PoolItems, name: str, **values: Any) -> Written:
        make(self, name)
        return make(self, name, **values)

    monkeypatch.setattr(PoolItems, "make", made_by_another_call)
    assert pool.rows.leases.lanes.widen(other).is_wide


def test_a_pool_with_a_lease_in_a_lane_is_not_removed(pool: Pool) -> None:
    take(pool, 1, 2, 3)
    for number in (1, 2):
        pool.rows.leases.give_back(POOL, f"jc-{number}")
    pool.rows.retire(pool.rows.find(POOL), now=NOW_MS)
    marked = pool.rows.find(POOL)
    assert marked.retiring_at
    assert not pool.rows.remove(marked)
    assert set(pool.rows.find(POOL).leases) == {"jc-3"}


def lease_in(pool: Pool, lane: int, job_id: str) -> None:
    """What a call left that died after it took a lease."""
    rows = LeaseRows(pool.rows.client, pool.rows.table, lane_size=SIZE)
    values = {":job": {job_id: NOW_MS}, ":share": {job_id: ""}, ":now": NOW_MS}
    update = "SET leases = :job, shares = :share, admittedAt = :now"
    assert rows.lanes._items.update(POOL, update, "attribute_not_exists(pk)", values, lane=lane).is_done


def test_a_pool_whose_lanes_cannot_be_read_is_left_out(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    take(pool, 1, 2, 3)
    took(pool.rows, "narrow", "jc-9", share="ada", limit=7, now=NOW_MS)
    refused = ClientError({"Error": {"Code": "InternalServerError"}}, "Query")

    def unread(self: LaneRows, row: PoolRow) -> PoolRow:
        raise refused

    monkeypatch.setattr(LaneRows, "whole", unread)
    errors: list[Exception] = []
    assert [row.pool for row in pool.rows.all(on_error=errors.append)] == ["narrow"]
    assert errors == [refused]
    with pytest.raises(ClientError):
        pool.rows.all()


def test_nothing_is_known_of_a_pool_that_was_not_read(pool: Pool) -> None:
    job = replace(arrived(pool, 1), state=State.RUNNING)
    assert not lacks_lease(job, Pools({}, is_whole=False))
    assert lacks_lease(job, Pools({}))
    assert lacks_lease(job, Pools({POOL: PoolRow(POOL)}, is_whole=False))
