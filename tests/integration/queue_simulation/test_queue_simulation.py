"""A short form of `python -m tests.harness.queue_simulation`, and the defects that it must see."""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from jobchute.cli.forecast.starts import Start
from jobchute.ledger.pool_items import PoolItems, Written
from jobchute.ledger.pool_leases import LeaseRows, Taken, Wish
from jobchute.ledger.pools import PoolRow, PoolRows
from jobchute.ledger.queues import QueueRows
from jobchute.lifecycle import admit
from jobchute.lifecycle.pool_capacity import PoolCapacity
from jobchute.lifecycle.pool_upkeep import PoolUpkeep
from jobchute.pools.limits import QueuePosition
from tests.fakes.wire import Fault
from tests.harness.faults.removal import rewritten
from tests.harness.queue_simulation import figures
from tests.harness.queue_simulation.figures import MAX_RATIO, figures_of
from tests.harness.queue_simulation.ideal import Work, ended_by
from tests.harness.queue_simulation.order import Group, Waiting, WaitingQueue
from tests.harness.queue_simulation.plan import POOLS, PoolPlan, plan_of
from tests.harness.queue_simulation.questions import Asking
from tests.harness.queue_simulation.starts import MAX_INSIDE, MIN_INSIDE, Said, start_figures
from tests.harness.queue_simulation.world import BEGIN, QueueWorld

pytestmark = pytest.mark.sampled

HOUR = 3600.0
FIVE = tuple(POOLS[place] for place in (0, 1, 2, 7, 14))
SCARCE = replace(POOLS[0], limit=10, quota=(0.0, 0.8, 4))
"""A pool whose provider takes fewer than its limit."""
CROWD = POOLS[-1:]
"""A pool of hundreds of shares, whose line is not read whole at each admission."""
IS_OPEN = re.compile(r"jc-\w+ (still holds a lease|is [A-Z]+)")
"""What is told of a job that has not ended when the simulation stops."""
Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """What faults make the functions log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def run(
    jobs: int, pools: tuple[PoolPlan, ...], patience: float = 100 * HOUR, **options: Any
) -> tuple[QueueWorld, bool]:
    world = QueueWorld(plan_of(jobs, pools, seed=1), seed=1, **options)
    return world, world.run(patience)


def test_with_faults_no_lease_is_lost_and_the_order_is_kept() -> None:
    world, is_over = run(600, FIVE, failing=1 / 30)
    assert world.watch.findings.broken == []
    assert is_over
    assert world.faults.count > 300
    assert world.questions.places.compared > 20_000
    assert sum(pool.admissions + pool.at_once for pool in world.watch.pools.values()) > 550


def test_without_faults_pools_are_as_fast_as_their_limits_allow() -> None:
    world, is_over = run(200, FIVE, failing=0)
    assert is_over
    assert world.watch.findings.broken == []
    found = list(figures_of(world, BEGIN))
    assert max(each.ratio for each in found) <= MAX_RATIO
    assert figures.is_good(found, world.watch)


@pytest.mark.slow
def test_each_of_hundreds_of_shares_has_its_turn() -> None:
    """Only the first eight hours are simulated, so jobs that are still open at the end are expected."""
    world, _ = run(700, CROWD, 8 * HOUR, failing=0.001)
    assert [broken for broken in world.watch.findings.broken if not IS_OPEN.fullmatch(broken.what)] == []
    assert world.watch.pools[CROWD[0].name].crowded > 100


def test_the_same_seed_is_the_same_run() -> None:
    first, second = (run(60, POOLS[:2])[0] for _ in range(2))
    assert (first.calls, first.faults.count, first.clock.now) == (
        second.calls,
        second.faults.count,
        second.clock.now,
    )


def test_a_request_that_met_a_fault_each_time_is_redriven() -> None:
    world = QueueWorld(plan_of(10, POOLS[:1], seed=1), failing=0)
    none, until = world.wire.decide, BEGIN + 2 * HOUR
    world.wire.decide = lambda call: Fault.CRASH_BEFORE if world.clock.now < until else none(call)
    assert world.run()
    assert world.calls["redriven"] > 0
    assert world.watch.findings.broken == []


@pytest.mark.slow
def test_jobs_start_when_they_were_said_to_start() -> None:
    world, is_over = run(400, (POOLS[14],), asking=Asking(admissions=100, minutes=30))
    assert is_over
    told = start_figures(world.questions.starts.all())
    assert told.asked * told.known > 200
    assert MIN_INSIDE <= told.inside <= MAX_INSIDE
    assert told.width < told.wait


def never(*_: Any, **__: Any) -> None:
    return None


def leases_stay(patch: Patch) -> None:
    patch.setattr(admit.Admission, "leave", never)
    patch.setattr(PoolUpkeep, "_repair_lease", never)


def no_lease_is_repaired(patch: Patch) -> None:
    patch.setattr(PoolUpkeep, "_repair_lease", never)


def no_limit(patch: Patch) -> None:
    patch.setattr(PoolCapacity, "limit_now", lambda *_: 1000)


def no_cap(patch: Patch) -> None:
    """Nothing is let in fewer for a while: the pool's item says so, and nobody heeds it."""
    patch.setattr(PoolCapacity, "limit_now", lambda self, row: self.rules().limit_of(row.pool))


ORDER = "in_order(_each_once(places), row.shares.values(), now)"
last_comes_first = rewritten(admit, "_in_order", (ORDER, f"reversed([*{ORDER}])"))
nothing_is_fair = rewritten(admit, "_in_order", ("row.shares.values()", "()"))


def ages_count_for_nothing(patch: Patch) -> None:
    """Of the jobs in the queue, as they are admitted and as they are shown."""
    patch.setattr(QueuePosition, "raised", lambda self, _: self.priority)


def give_back_twice(patch: Patch) -> None:
    """As a count would go down twice: another's lease goes too."""
    give_back = LeaseRows.give_back

    def twice(self: LeaseRows, pool: str, job_id: str, **said: Any) -> tuple[PoolRow, bool]:
        row, was_held = give_back(self, pool, job_id, **said)
        for other in sorted(row.leases)[:1]:
            row, _ = give_back(self, pool, other)
        return row, was_held

    patch.setattr(LeaseRows, "give_back", twice)


def shares_stay(patch: Patch) -> None:
    update = PoolItems.update

    def without_shares(self: PoolItems, pool: str, text: str, *rest: Any, **said: Any) -> Written:
        text = text.replace("REMOVE leases.#job, shares.#job", "REMOVE leases.#job")
        return update(self, pool, text, *rest, **said)

    patch.setattr(PoolItems, "update", without_shares)


def two_pools(patch: Patch) -> None:
    """Whoever takes a lease takes one of the next pool too."""
    take = LeaseRows.take

    def both(self: LeaseRows, row: PoolRow, wish: Wish, **said: Any) -> Taken:
        for other in PoolRows(*self).all():
            if other.pool.startswith(("label:", "braket:")) and other.pool != row.pool:
                self.restore(other.pool, wish.job_id, share="", at=wish.now)
        return take(self, row, wish, **said)

    patch.setattr(LeaseRows, "take", both)


def front_alone(patch: Patch) -> None:
    """Each admission reads the same part of a line."""
    line = QueueRows.read
    patch.setattr(QueueRows, "read", lambda self, pool, **said: line(self, pool, **{**said, "walked_to": ""}))


@pytest.mark.parametrize(
    ("defect", "kind", "pools", "jobs", "patience"),
    [
        (leases_stay, "late", POOLS[:2], 80, 1.5),
        (no_lease_is_repaired, "late", POOLS[:2], 400, 4),
        (no_limit, "above", POOLS[:1], 80, 1),
        (no_cap, "above", (SCARCE,), 80, 3),
        (last_comes_first, "order", POOLS[:2], 80, 1),
        (nothing_is_fair, "order", POOLS[:2], 80, 1),
        (ages_count_for_nothing, "place", POOLS[:1], 80, 4),
        (give_back_twice, "lost", POOLS[:2], 80, 1),
        (shares_stay, "shares", POOLS[:2], 80, 1),
        (two_pools, "double", POOLS[:2], 80, 0.2),
        (front_alone, "order", CROWD, 700, 4),
    ],
)
def test_a_defect_is_seen(
    defect: Callable[[Patch], None],
    kind: str,
    pools: tuple[PoolPlan, ...],
    jobs: int,
    patience: float,
    monkeypatch: Patch,
) -> None:
    defect(monkeypatch)
    world, _ = run(jobs, pools, patience * HOUR)
    assert kind in {broken.kind for broken in world.watch.findings.broken if broken.kind != "ended"}


def test_a_pool_that_waits_for_lost_leases_is_seen_to_be_slow(monkeypatch: Patch) -> None:
    monkeypatch.setattr(admit.Admission, "leave", never)
    world, is_over = run(60, (replace(POOLS[0], minutes=5),), failing=0)
    assert is_over
    assert world.watch.findings.broken == []
    assert not figures.is_good(list(figures_of(world, BEGIN)), world.watch)


def test_the_model_of_the_order_knows_hours_shares_and_ages() -> None:
    line = WaitingQueue()
    jobs = {
        name: Waiting(since, name) for name, since in {"old": 0.0, "young": 100.0, "urgent": 5000.0}.items()
    }
    ada, bob = Group(5, "ada"), Group(5, "bob")
    line.add(ada, jobs["old"])
    line.add(bob, jobs["young"])
    assert line.ahead_of(bob, jobs["young"], 200, ()) == {"ada"}
    line.in_flight["ada"] += 1
    assert line.ahead_of(bob, jobs["young"], 200, ()) == set()
    line.add(Group(6, "ada"), jobs["urgent"])
    assert line.ahead_of(bob, jobs["young"], 3600, ()) == {"ada"}  # "old" is an hour old, "young" is not yet
    assert line.ahead_of(bob, jobs["young"], 3600, {"old", "urgent"}) == set()


def test_starts_are_counted_inside_before_and_after_their_ranges() -> None:
    start = Start(100, 160)
    said = [Said(0, start, at) for at in (99, 100, 130, 161)] + [Said(0, None, 5)]
    told = start_figures(said)
    assert tuple(told) == (5, 0.8, 0.5, 0.25, 0.25, 60, 115)
    assert told.is_good
    assert not start_figures(said * 200).is_good


def test_list_scheduling_heeds_limit_rate_arrival_and_growth() -> None:
    work = [Work(0, 100), Work(0, 50), Work(0, 50), Work(500, 10)]
    assert ended_by(work, rate=1, limit=lambda _: 2, growth=300) == 510
    assert ended_by(work[:3], rate=1, limit=lambda _: 1, growth=300) == 200
    assert ended_by(work[:3], rate=0.01, limit=lambda _: 9, growth=300) == 250
    assert ended_by(work[:3], rate=1, limit=lambda now: int(now // 300), growth=300) == 500
