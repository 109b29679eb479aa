"""Cases of pools that are not used: their rows vanish, but never while a job waits in them."""

from collections.abc import Iterator

from jobchute.job import Api, job_id_of
from jobchute.ledger.pools import POOL
from jobchute.lifecycle.unused_pools import QUIET_MS, RETIRING_MS
from jobchute.pools.limits import Limits
from jobchute.providers.pool_defaults import pool_rules
from tests.fakes.dynamodb import Item
from tests.harness.faults.acts import Act, delivery_of
from tests.harness.faults.cases import HOUR, ended, send_job, settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.schedule import MINUTE
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

API = Api.TRAINING_JOB


def unused_pool(world: World) -> Iterator[Violation]:
    """After its last job, a pool vanishes in two steps; a job that comes later finds a new one."""
    marked_pool(world, API)
    yield from wrong(len(_pools(world)) == 1, "it vanished at once, or never was")
    world.sweep()
    yield from wrong(not _pools(world), "it is still there")
    _send(world, 2)
    yield from settled(world)
    yield from ended(world)


def marked_after_a_job_came(world: World) -> Iterator[Violation]:
    """The index does not show a job that waits, so its pool is marked; it shows the job later."""
    _used_once(world, API)
    world.is_lagging = lambda: True
    _send(world, 2)
    _pass_time(world, QUIET_MS)
    world.sweep()
    yield from wrong(any("retiringAt" in row for row in _pools(world)), "it was not marked")
    _catch_up(world)
    _pass_time(world, RETIRING_MS)
    world.sweep()
    yield from settled(world)
    yield from ended(world)


def removed_while_a_job_comes(world: World) -> Iterator[Violation]:
    """The index does not show yet a job that came just before its pool, long marked, is to be removed."""
    marked_pool(world, API)
    world.is_lagging = lambda: True
    _send(world, 2)
    world.sweep()
    _catch_up(world)
    yield from settled(world)
    yield from ended(world)


def marked_pool(world: World, api: Api) -> None:
    """A pool whose row the next sweep removes. A job that comes waits for hours, though there is room."""
    _used_once(world, api)
    world.sweep()
    _pass_time(world, RETIRING_MS)


def message_and_removal(world: World, api: Api) -> tuple[Act, Act]:
    """A sweep removes the pool that a job enters, and in which it waits."""
    marked_pool(world, api)
    document = document_of(api, 2)
    sent = Sent(Kind.JOB, job_id_of(api, document["request"], None))
    return delivery_of(world, 1, document, sent), world.sweep


def _used_once(world: World, api: Api) -> None:
    """A pool that was used a while ago: by the one job of its API that may be created in 26 hours."""
    world.rules = pool_rules({str(api): Limits(limit=1000, rate=1 / (26 * HOUR))})
    _send(world, 0, api)
    world.settle()
    _pass_time(world, QUIET_MS)


def _send(world: World, number: int, api: Api = API) -> None:
    """And let it come, between two sweeps of the schedule."""
    send_job(world, api, number)
    world.clock.run(world.clock.now + 1)


def _catch_up(world: World) -> None:
    """The index shows all that was written."""
    world.is_lagging = lambda: False
    world.rows.catch_up()


def _pass_time(world: World, milliseconds: int) -> None:
    """To soon after a full minute. No sweep of a day finds anything to do, so none of them is run."""
    world.schedule.is_on = False
    world.clock.run((world.clock.now + milliseconds / 1000) // MINUTE * MINUTE + MINUTE + 10)
    world.schedule.is_on = True


def _pools(world: World) -> list[Item]:
    """The rows of pools that can vanish: no rule names them."""
    rules = world.rules.rules
    return [item for (pk, sk), item in world.rows.items.items() if pk == POOL and sk not in rules]


CASES = (unused_pool, marked_after_a_job_came, removed_while_a_job_comes)
