"""Pools whose leases are in several items, of one lease each: never above the limit, and none is left."""

from collections.abc import Iterator
from functools import partial

from jobchute.job import Api, job_id_of
from jobchute.pools.limits import Limits
from jobchute.providers.pool_defaults import pool_rules
from tests.fakes.provider import Course, ProviderJob
from tests.fakes.queues import Letter
from tests.fakes.wire import Boundary, Fault
from tests.harness.faults.acts import Act, delivery_of
from tests.harness.faults.cases import HOUR, ended, settled
from tests.harness.faults.documents import document_of
from tests.harness.faults.provider_events import event_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

API = Api.BRAKET_JOB
LIMIT = 3
OF_ANOTHER_LANE = 8
"""The number of a job that tries another lane first than that of number LIMIT + 1."""
SECONDS = 20.0
"""How long a job runs, unless it runs long."""


def faults_in_lanes(world: World) -> Iterator[Violation]:
    """Every call that takes a lease in a lane, or gives one back, meets a fault the first three times."""
    _limit(world, LIMIT)
    world.provider.course = lambda job: Course(seconds=SECONDS)  # noqa: ARG005
    faults = [Fault.CRASH_AFTER, Fault.LOST, Fault.CRASH_BEFORE] * 3

    def decide(boundary: Boundary) -> Fault | None:
        is_in_lane = boundary.name.startswith("dynamodb:update_item/LANES")
        return faults.pop() if is_in_lane and faults else None

    world.wire.decide = decide
    for number in range(12):
        _send(world, number)
    yield from settled(world)
    yield from ended(world)


def two_messages_for_one_place(world: World, api: Api) -> tuple[Act, Act]:
    """Two jobs come to a wide pool that has room for one."""
    _limit(world, LIMIT)
    world.provider.course = lambda job: Course(seconds=HOUR)  # noqa: ARG005
    for number in range(LIMIT - 1):
        _send(world, number)
    return _message(world, api, LIMIT), _message(world, api, LIMIT + 1)


def two_messages_after_a_cut(world: World, api: Api) -> tuple[Act, Act]:
    """The limit of a wide pool was lowered, and the only job left is in a lane beyond it: there is room for one
    more, in either of two lanes. The first jobs end unnoticed before the last one comes, so their provider
    never had more than the lower limit.
    """
    _limit(world, LIMIT + 1)
    world.provider_events.delays = list
    world.schedule.is_on = False
    world.provider.course = partial(_long_in_the_last_lane, world)
    for number in range(LIMIT + 1):
        _send(world, number)
        world.clock.run(world.clock.now + SECONDS)
    world.schedule.is_on = True
    world.sweep()
    _limit(world, LIMIT - 1)
    return _message(world, api, LIMIT + 1), _message(world, api, OF_ANOTHER_LANE)


def message_and_end_in_a_lane(world: World, api: Api) -> tuple[Act, Act]:
    """A job comes to a full, wide pool while a job of a lane ends."""
    _limit(world, LIMIT - 1)
    world.provider_events.delays = list
    world.schedule.is_on = False
    world.provider.course = lambda job: Course(seconds=SECONDS)  # noqa: ARG005
    for number in range(LIMIT - 1):
        _send(world, number)
    world.clock.run(world.clock.now + SECONDS)
    world.schedule.is_on = True
    event = Letter("event-1", event_of(world.provider.jobs[1]) or "", world.clock.now)
    return _message(world, api, LIMIT), lambda: world.events.take(event)


def _long_in_the_last_lane(world: World, job: ProviderJob) -> Course:
    row = world.rows.jobs().get(job.owner or "")
    return Course(seconds=5 * HOUR if row is not None and row.lane == LIMIT else SECONDS)


def _limit(world: World, limit: int) -> None:
    world.rules = pool_rules({str(API): Limits(limit=limit, rate=1000)})


def _send(world: World, number: int) -> None:
    """And let it come."""
    document = document_of(API, number)
    world.send(document, Sent(Kind.JOB, job_id_of(API, document["request"], None)))
    world.clock.run(world.clock.now + 1)


def _message(world: World, api: Api, number: int) -> Act:
    document = document_of(api, number)
    return delivery_of(world, number, document, Sent(Kind.JOB, job_id_of(api, document["request"], None)))


MEETINGS = (two_messages_for_one_place, two_messages_after_a_cut, message_and_end_in_a_lane)
