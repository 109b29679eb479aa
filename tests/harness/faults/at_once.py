"""Cases of jobs that are admitted at once: never before one that waits, and never above a limit."""

import itertools
from collections.abc import Iterator

from jobchute.job import Api, job_id_of
from jobchute.lifecycle.admit import STARTING_SECONDS
from jobchute.pools.limits import Limits
from jobchute.providers.pool_defaults import pool_rules
from tests.fakes.provider import Course
from tests.fakes.queues import Letter
from tests.fakes.wire import Boundary, Fault
from tests.harness.faults.acts import Act, delivery_of
from tests.harness.faults.cases import HOUR, ended, send_job, settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.provider_events import event_of
from tests.harness.faults.queues import ONE
from tests.harness.faults.schedule import MINUTE
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

API = Api.BRAKET_JOB
SECONDS = 20.0
"""How long a job runs."""


def not_overtaken(world: World) -> Iterator[Violation]:
    """The call that brings a second job dies before it looks for room; a third one comes when there is room."""
    _full_pool(world)
    left = ["dynamodb:get_item/POOL"]

    def decide(boundary: Boundary) -> Fault | None:
        if not left or boundary.name != left[0]:
            return None
        left.pop()
        return Fault.CRASH_BEFORE

    world.wire.decide = decide
    _send(world, 1)
    yield from wrong(not left, "the pool was not read after the job came into its queue")
    world.clock.run(world.clock.now + SECONDS + 6)
    _send(world, 2)
    yield from settled(world)
    yield from ended(world)
    yield from _in_order(world, 3)


def unseen_in_the_queue(world: World) -> Iterator[Violation]:
    """A job ends, and the index does not show yet the one that waits; a third one comes a moment later."""
    _full_pool(world)
    world.clock.run(world.clock.now + SECONDS - 4)
    world.is_lagging = lambda: True
    _send(world, 1)
    world.clock.run(world.clock.now + 8)
    yield from wrong(not world.rows.leases(), "the first job has not ended")
    world.is_lagging = lambda: False
    world.rows.catch_up()
    _send(world, 2)
    yield from settled(world)
    yield from ended(world)
    yield from _in_order(world, 3)


def cut_while_none_waits(world: World) -> Iterator[Violation]:
    """A pool is cut after a quota error, and no job waits in it."""
    world.rules = pool_rules({str(API): Limits(limit=10, rate=1000)})
    world.provider.course = lambda job: Course(seconds=SECONDS)  # noqa: ARG005
    _send(world, 0)
    world.parts.pool_rows.put_cap(str(API), 1, now=int(world.clock.now * 1000))
    for number in (1, 2):
        _send(world, number)
    yield from settled(world)
    yield from ended(world)
    yield from _in_order(world, 3)
    times = sorted((job.created_at, job.ended_at or 0.0) for job in world.provider.jobs)
    yield from wrong(times[1][0] >= times[0][1], "two were at the provider, and the cut allowed one")


def started_while_refused(world: World) -> Iterator[Violation]:
    """A provider refuses a job after seconds. A sweep finds it in the queue, with its lease, and starts it,
    before the refused call gives the lease back.
    """
    world.provider.quota = 0
    left = ["update_item/POOL:leases.#job", "update_item/POOL:queuedAt"]

    def sweep_in_between(boundary: Boundary) -> None:
        if boundary.creates and len(left) > 1:
            world.clock.now += STARTING_SECONDS + 2
        elif world.provider.jobs or not left or left[-1] not in boundary.name:
            return
        else:
            left.pop()
            if not left:
                world.provider.quota = None
                world.sweep()

    world.wire.pause = sweep_in_between
    _full_pool(world, seconds=HOUR)
    world.clock.run(world.clock.now + SECONDS)
    yield from wrong(not left, "it was not refused")
    _send(world, 1)
    yield from settled(world)
    yield from ended(world)
    yield from _one_by_one(world)


def refused_while_its_call_is_slow(world: World) -> Iterator[Violation]:
    """A call takes seconds between a lease and its job's row. A duplicate starts the job with that lease, and
    the provider refuses it, so the lease is gone when the first call continues.
    """
    world.provider.quota = 0
    left = ["dynamodb:put_item/JOB"]

    def duplicate_in_between(boundary: Boundary) -> None:
        if boundary.name in left:
            left.clear()
            world.clock.now += STARTING_SECONDS + 2
            _send(world, 0)
            world.clock.run(world.clock.now + SECONDS)
            world.provider.quota = None

    world.wire.pause = duplicate_in_between
    _full_pool(world, seconds=HOUR)
    _send(world, 1)
    yield from settled(world)
    yield from ended(world)
    yield from _one_by_one(world)


def refused_while_its_admission_is_slow(world: World) -> Iterator[Violation]:
    """A call takes seconds between a waiting job's lease and its start. A sweep starts the job with that lease,
    and the provider refuses it, so the lease is gone when the first call continues.
    """
    _full_pool(world)
    _send(world, 1)
    left = ["dynamodb:update_item/JOB:createAt+due"]

    def sweep_in_between(boundary: Boundary) -> None:
        if boundary.name in left:
            left.clear()
            world.provider.quota = 0
            world.provider.course = lambda job: Course(seconds=HOUR)  # noqa: ARG005
            world.parts.pool_rows.mark_repaired(str(API), now=0)
            world.clock.now += STARTING_SECONDS + 2
            world.sweep()
            world.clock.run(world.clock.now + SECONDS)
            world.provider.quota = None

    world.wire.pause = sweep_in_between
    world.clock.run(world.clock.now + SECONDS)
    yield from wrong(not left, "it was not admitted")
    _send(world, 2)
    yield from settled(world)
    yield from ended(world)
    yield from _one_by_one(world)


def message_and_end(world: World, api: Api) -> tuple[Act, Act]:
    """A job comes to a pool of one while the one that is in flight ends."""
    world.provider_events.delays = list
    _full_pool(world)
    world.clock.run(world.clock.now + SECONDS)
    event = Letter("event-1", event_of(world.provider.jobs[0]) or "", world.clock.now)
    document = document_of(api, 1)
    sent = Sent(Kind.JOB, job_id_of(api, document["request"], None))
    return delivery_of(world, 1, document, sent), lambda: world.events.take(event)


def next_is_created(world: World) -> Iterator[Violation]:
    """At once, unless a fault was met: no sweep was needed."""
    made = [job.created_at for job in world.provider.jobs]
    if not world.wire.hit:
        yield from wrong(len(made) == 2 and made[1] - made[0] < SECONDS + 5, f"created at {made}")


def _full_pool(world: World, seconds: float = SECONDS) -> None:
    """A pool of one, with a job in flight, soon after a sweep: the next one comes when all is over."""
    world.clock.run(world.clock.now // MINUTE * MINUTE + MINUTE + 1)
    world.rules = pool_rules(ONE)
    world.provider.course = lambda job: Course(seconds=seconds)  # noqa: ARG005
    _send(world, 0)


def _send(world: World, number: int) -> None:
    """And let it come."""
    send_job(world, API, number)
    world.clock.run(world.clock.now + 1)


def _in_order(world: World, count: int) -> Iterator[Violation]:
    """The jobs were created in the order in which they came."""
    came = [sent.job_id for sent in world.sent]
    made = [job.owner for job in sorted(world.provider.jobs, key=lambda job: job.created_at)]
    yield from wrong(len(made) == count and made == came, f"came {came}, created {made}")


def _one_by_one(world: World) -> Iterator[Violation]:
    times = sorted((job.created_at, job.ended_at or 0.0) for job in world.provider.jobs)
    overlaps = [later for (_, end), (later, _) in itertools.pairwise(times) if later < end]
    yield from wrong(not overlaps, f"{len(overlaps) + 1} were at the provider at once")


CASES = (
    not_overtaken,
    unseen_in_the_queue,
    cut_while_none_waits,
    started_while_refused,
    refused_while_its_call_is_slow,
    refused_while_its_admission_is_slow,
)
