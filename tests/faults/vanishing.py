"""Cases of pools that are not used: their rows vanish, but never while a job waits in them."""

from collections.abc import Iterator

from jobchute.job import Api, job_id_of
from jobchute.pool_rows import POOL
from jobchute.pools import Limits, PoolRules
from jobchute.vanishing import QUIET_MS, RETIRING_MS
from tests.faults.cases import ended, settled, wrong
from tests.faults.documents import document_of
from tests.faults.sent import Kind, Sent
from tests.faults.violation import Violation
from tests.faults.world import MINUTE, World

API = Api.TRAINING_JOB
SLOW = {str(API): Limits(limit=1000, rate=1 / 1800)}
"""One create call in half an hour for all pools of the API: a job waits though its pool has room."""
UNUSED = f"{API}/ml.m5.large"
"""The pool that is looked at."""


def unused_pool(world: World) -> Iterator[Violation]:
    """After its last job, a pool vanishes in two steps; a job that comes later finds a new one."""
    world.rules = PoolRules.of(SLOW)
    yield from _used_once(world)
    _pass_time(world, QUIET_MS)
    world.sweep()
    yield from wrong(UNUSED in _pools(world), "it vanished at once")
    _pass_time(world, RETIRING_MS)
    world.sweep()
    yield from wrong(UNUSED not in _pools(world), "it is still there")
    _send(world, "ml.m5.large", 2)
    yield from settled(world)
    yield from ended(world)


def marked_after_a_job_came(world: World) -> Iterator[Violation]:
    """The index does not show a job that waits, so its pool is marked; it shows the job later."""
    world.rules = PoolRules.of(SLOW)
    yield from _used_once(world)
    _pass_time(world, QUIET_MS)
    _send(world, "ml.c5.xlarge", 1)  # it has the moment that the other one waits for
    world.is_lagging = lambda: True
    _send(world, "ml.m5.large", 2)
    world.sweep()
    _catch_up(world)
    yield from wrong("retiringAt" in world.rows.items[POOL, UNUSED], "it was not marked")
    _pass_time(world, RETIRING_MS)
    world.sweep()
    yield from settled(world)
    yield from ended(world)


def removed_while_a_job_comes(world: World) -> Iterator[Violation]:
    """The index does not show yet a job that came just before its pool, long marked, is to be removed."""
    world.rules = PoolRules.of(SLOW)
    yield from _used_once(world)
    _pass_time(world, QUIET_MS)
    world.sweep()
    _pass_time(world, RETIRING_MS)
    _send(world, "ml.c5.xlarge", 1)
    world.is_lagging = lambda: True
    _send(world, "ml.m5.large", 2)
    world.sweep()
    _catch_up(world)
    yield from settled(world)
    yield from ended(world)


def _used_once(world: World) -> Iterator[Violation]:
    _send(world, "ml.m5.large", 0)
    yield from settled(world)
    yield from wrong(UNUSED in _pools(world), "the pool has no row")


def _send(world: World, instance: str, number: int) -> None:
    """And let it come, between two sweeps of the schedule."""
    document = document_of(API, number)
    request = document["request"]
    request["ResourceConfig"] = {**request["ResourceConfig"], "InstanceType": instance}
    world.send(document, Sent(Kind.JOB, job_id_of(API, request, None)))
    world.clock.run(world.clock.now + 1)


def _catch_up(world: World) -> None:
    """The index shows all that was written."""
    world.is_lagging = lambda: False
    world.rows.catch_up()


def _pass_time(world: World, milliseconds: int) -> None:
    """To soon after a full minute."""
    world.clock.run((world.clock.now + milliseconds / 1000) // MINUTE * MINUTE + MINUTE + 10)


def _pools(world: World) -> set[str]:
    return {sk for pk, sk in world.rows.items if pk == POOL}


CASES = (unused_pool, marked_after_a_job_came, removed_while_a_job_comes)
