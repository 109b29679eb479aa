"""Names that make pools (A5), and many shares beside one job that has waited (A7)."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from jobchute.job import Api, Job, State, job_id_of
from jobchute.ledger.pools import POOL
from jobchute.pools.limits import Limits
from jobchute.providers.pool_defaults import pool_rules
from tests.aws import TABLE
from tests.harness.faults.attack.attack import HOUR, Attack, keep_sweeping, put, rest, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.innocents import Innocents
from tests.harness.faults.meter import USUAL, Meter
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import ROOMY, World

NAMES = 300
MAX_UNUSED = 12
"""Pools that may be left when all is over: those that the innocents' jobs made, and a few more."""


def _of_model(number: int) -> dict[str, Any]:
    document = document_of(Api.BEDROCK_JOB, 30_000 + number)
    return {**document, "request": {**document["request"], "modelId": f"amazon.nova-{number}-v1:0"}}


def names_make_pools(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Three hundred models in a file of 9 KB. Once their jobs have ended, sweeps cost what they cost before.

    A day later the pools are gone.
    """
    world.sweep()
    before = _calls_of_a_sweep(world)
    put(world, "requests/models.jsonl", *map(_of_model, range(NAMES)))
    innocents.send()
    yield from rest(world)
    keep_sweeping(world, hours=6)
    yield from rest(world)
    after = _calls_of_a_sweep(world)
    yield from wrong(after <= before + 5 * MAX_UNUSED, "a sweep", f"it makes {after} calls, {before} before")
    keep_sweeping(world, hours=24)
    yield from rest(world, patience=25 * HOUR)
    pools = [name for pk, name in world.rows.items if pk == POOL]
    yield from wrong(len(pools) <= MAX_UNUSED, "pools", f"{len(pools)} are left of jobs that have ended")


def _calls_of_a_sweep(world: World) -> int:
    begun = len(world.wire.names)
    world.sweep()
    return len(world.wire.names) - begun


POOLS = 7300
FEWER_POOLS = 800
"""Stand for as many, as each call takes nine times as long then."""
UNMEASURED = {**USUAL, "dynamodb": 0.03}
"""The harness leaves out two of three queries that a sweep makes for a pool, those for metrics."""
SLOW: Mapping[str, float] = {"dynamodb": 0.12, "s3": 0.12, "sqs": 0.12, "states": 0.12}


def pools_without_end(
    world: World, innocents: Innocents, *, count: int, costs: Mapping[str, float]
) -> Iterator[Violation]:
    """More pools than a sweep has time to look at, while no event tells of the innocents' jobs."""
    world.provider_events.delays = list
    put(world, "requests/model.json", _of_model(0))
    yield from rest(world)
    _copy_pool(world, count)
    Meter(world, costs)
    innocents.send()
    keep_sweeping(world, hours=2)
    yield from rest(world, patience=3 * HOUR)
    rows = world.rows.jobs()
    ours = [rows[innocent.job_id] for innocent in innocents.all if innocent.job_id in rows]
    open_ = sum(not job.state.is_final for job in ours)
    yield from wrong(not open_, "innocent jobs", f"{open_} that have ended are open after two hours of sweeps")


def _copy_pool(world: World, count: int) -> None:
    """Rows as other model names would have left them a while ago."""
    (item,) = (item for (pk, name), item in world.rows.items.items() if pk == POOL and "nova-0" in name)
    for number in range(count):
        name = f"{Api.BEDROCK_JOB}/amazon.nova-{number + 1}-v1:0"
        world.dynamodb.put_item(TableName=TABLE, Item={**item, "sk": {"S": name}})


SHARES = 230
CROWD = "label:team=crowd"
FIRST_TURNS = 20
"""An old job outranks all others, so it is among so many that are let in first."""


def shares_without_end(world: World, innocents: Innocents) -> Iterator[Violation]:
    """One job of the lowest priority has waited 240 hours; then come 230 shares with jobs of the highest."""
    world.rules = pool_rules(ROOMY, {CROWD: Limits(limit=0, rate=1)})
    old = _in_crowd(0, priority=0)
    put(world, "requests/old.json", old)
    world.clock.run(world.clock.now + 240 * HOUR)
    for number in range(1, SHARES + 1):
        put(world, f"requests/share-{number:03}/job.json", _in_crowd(number, priority=9))
    innocents.send()
    world.clock.run(world.clock.now + 300)
    world.rules = pool_rules(ROOMY, {CROWD: Limits(limit=5, rate=1)})
    yield from rest(world, patience=30 * HOUR)
    crowd = [job for job in world.rows.jobs().values() if job.pool == CROWD]
    created = {made.owner: made.created_at for made in world.provider.jobs}
    first = sorted((job for job in crowd if job.job_id in created), key=lambda job: created[job.job_id])
    place = _place(first, job_id_of(Api.TRAINING_JOB, old["request"], None))
    yield from wrong(
        place < FIRST_TURNS, "the old job", f"{place} jobs that came ten days later were let in first"
    )
    ended = {job.state for job in crowd}
    yield from wrong(ended == {State.SUCCEEDED}, "the crowd", f"its jobs are {ended}")


def _place(jobs: list[Job], job_id: str) -> int:
    return next((place for place, job in enumerate(jobs) if job.job_id == job_id), len(jobs))


def _in_crowd(number: int, *, priority: int) -> dict[str, Any]:
    return document_of(Api.TRAINING_JOB, 40_000 + number, labels={"team": "crowd"}, priority=priority)


ATTACKS = {
    "a5_names_make_pools": Attack(names_make_pools),
    "a5_pools_without_end": Attack(partial(pools_without_end, count=FEWER_POOLS, costs=SLOW)),
    "a5_7300_pools": Attack(partial(pools_without_end, count=POOLS, costs=UNMEASURED), is_long=True),
    "a7_shares_without_end": Attack(shares_without_end),
}
