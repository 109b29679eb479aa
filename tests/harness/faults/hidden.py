"""Cases of jobs whose create call lost its answer, and that their providers do not show yet."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import count

from jobchute.job import Api, State
from jobchute.outcomes import Cause
from tests.fakes.provider import Course
from tests.fakes.wire import Boundary, Fault, client_error
from tests.harness.faults.alternatives import asked, send_alternatives
from tests.harness.faults.cases import HOUR, settled, wrong
from tests.harness.faults.retries import API, only_job
from tests.harness.faults.stops import first
from tests.harness.faults.unseen import all_ended, send_one
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

NAMED = (Api.TRAINING_JOB, Api.FIREWORKS_INFERENCE_JOB)
"""Found by their names."""


def _hide_new(world: World, seconds: float) -> None:
    for made in world.provider.jobs:
        if not made.hidden_until:
            world.provider.hide(made, seconds)


def _lose_and_hide(world: World, seconds: float, *, then: Callable[[], None] | None = None) -> None:
    """The answer to the first create call of each API is lost, and its job is not shown for so long."""
    lost: set[str] = set()

    def decide(boundary: Boundary) -> Fault | None:
        if not boundary.creates or boundary.name in lost:
            return None
        lost.add(boundary.name)
        world.clock.after(0, partial(_hide_new, world, seconds))
        if then is not None:
            world.clock.after(0, then)
        return Fault.LOST

    world.wire.decide = decide


def hidden_as_created(world: World) -> Iterator[Violation]:
    """The answer to a create call is lost. The name is taken then, and nothing is found under it."""
    _lose_and_hide(world, 400)
    for api in NAMED:
        send_one(world, api)
    yield from all_ended(world, State.SUCCEEDED)


def cancelled_while_hidden(world: World) -> Iterator[Violation]:
    """The same of a job that is cancelled meanwhile: it is stopped once it is shown."""
    world.provider.course = first(Course(seconds=30 * HOUR, pending=60))
    _lose_and_hide(world, 400)
    for api in NAMED:
        send_one(world, api, cancelled_after=30.0)
    yield from all_ended(world, State.CANCELLED, Cause.CANCELLED)
    for made in world.provider.jobs:
        yield from wrong(made.stopped_at is not None, "it ran on at its provider")


def refused_while_hidden(world: World) -> Iterator[Violation]:
    """The same of a job with alternatives; create calls after the lost one are refused for want of quota."""

    def lack() -> None:
        world.provider.lacks = lambda api, call: asked(api, call) == 0

    world.provider.course = first(Course(seconds=3 * HOUR, pending=60))
    world.provider.is_full_first = True
    _lose_and_hide(world, 600, then=lack)
    send_alternatives(world, API)
    yield from all_ended(world, State.SUCCEEDED)


def cancelled_before_its_slot(world: World) -> Iterator[Violation]:
    """Create calls after a lost one are throttled, and a cancellation comes while one waits for its slot."""
    world.provider.course = first(Course(seconds=30 * HOUR, pending=60))
    _lose_and_hide(world, 400)
    lose = world.wire.decide

    def decide(boundary: Boundary) -> Fault | None:
        if boundary.creates and world.provider.jobs:
            world.parts.job_canceller.cancel(only_job(world).job_id)
            raise client_error("Create", "ThrottlingException", "Rate exceeded")
        return lose(boundary)

    world.wire.decide = decide
    send_one(world, API)
    yield from all_ended(world, State.CANCELLED, Cause.CANCELLED)
    yield from wrong(world.provider.jobs[0].stopped_at is not None, "it ran on at its provider")


def refused_for_good_while_hidden(world: World) -> Iterator[Violation]:
    """Create calls after a lost one are refused for good: what the first one created may be shown yet."""
    _lose_and_hide(world, 400)
    lose = world.wire.decide

    def decide(boundary: Boundary) -> Fault | None:
        if boundary.creates and world.provider.jobs:
            raise client_error("Create", "ValidationException", "could not assume role")
        return lose(boundary)

    world.wire.decide = decide
    send_one(world, API)
    yield from all_ended(world, State.SUCCEEDED)


def cancelled_while_look_ups_fail(world: World) -> Iterator[Violation]:
    """No create call is answered, and every second look-up fails: a cancellation takes a while."""
    looks = count()

    def decide(boundary: Boundary) -> Fault | None:
        if boundary.creates:
            return Fault.CRASH_BEFORE
        is_lost = boundary.name.startswith("sagemaker:describe") and next(looks) % 2
        return Fault.LOST if is_lost else None

    world.wire.decide = decide
    send_one(world, API, cancelled_after=30.0)
    begun = world.clock.now
    yield from settled(world)
    job = only_job(world)
    lasted = datetime.fromisoformat(job.updated_at).timestamp() - begun
    yield from wrong(job.state is State.CANCELLED and lasted < HOUR / 2, f"{job.state} after {lasted:.0f} s")


def refused_after_a_crash(world: World) -> Iterator[Violation]:
    """All create calls are refused for want of quota; before one of the last, the process dies."""
    world.provider.quota = 0
    late, left = world.clock.now + 4.75 * HOUR, [Fault.CRASH_BEFORE]

    def decide(boundary: Boundary) -> Fault | None:
        return left.pop() if boundary.creates and world.clock.now > late and left else None

    world.wire.decide = decide
    send_one(world, API)
    yield from settled(world)
    for job in world.rows.jobs().values():
        told = [entry for entry in job.refused if not entry["code"]]
        yield from wrong(job.cause is Cause.CAPACITY and len(told) < 2, f"{job.api} {job.cause}: {told}")


CASES = (
    refused_after_a_crash,
    hidden_as_created,
    cancelled_while_hidden,
    refused_while_hidden,
    cancelled_before_its_slot,
    refused_for_good_while_hidden,
    cancelled_while_look_ups_fail,
)
PACES: Mapping[str, Mapping[str, int]] = {refused_after_a_crash.__name__: {"wait_limit": 5 * 3600}}
