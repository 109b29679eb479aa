"""Cases of jobs that wait for each other in a circle."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from jobchute.job import Api, State
from tests.fakes.queues import Letter
from tests.fakes.wire import Boundary, Fault, no_fault
from tests.harness.faults.cases import HOUR, settled, wrong
from tests.harness.faults.named_jobs import (
    FAULTS,
    jobs_by_name,
    no_messages,
    reasons_of,
    send_named,
    stands,
)
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World


def circle_of_two(world: World) -> Iterator[Violation]:
    """Each waits for the other; an innocent job waits for neither, and one waits for both of them."""
    send_named(world, "a", ["b"])
    send_named(world, "b", ["a"])
    yield from _circle(world, "a", "b")


def circle_of_three(world: World) -> Iterator[Violation]:
    send_named(world, "a", ["b"])
    send_named(world, "b", ["c"], delay=3.0)
    send_named(world, "c", ["a"], delay=1.0)
    yield from _circle(world, "a", "b", "c")


def circle_with_faults(world: World) -> Iterator[Violation]:
    """A circle of three whose looks die half-way in many ways."""
    chance, until = Random(3), world.clock.now + HOUR

    def decide(_: Boundary) -> Fault | None:
        return chance.choice(FAULTS) if world.clock.now < until and chance.random() < 0.15 else None

    world.wire.decide = decide
    yield from circle_of_three(world)


def _circle(world: World, *names: str) -> Iterator[Violation]:
    send_named(world, "innocent")
    send_named(world, "behind", [{"job": names[0], "on": "ENDED"}, "innocent"])
    begun = world.clock.now
    yield from settled(world)
    yield from wrong(world.clock.now < begun + 3 * HOUR, "it was not found within an hour")
    yield from stands(
        world, **dict.fromkeys(names, State.CANCELLED), innocent=State.SUCCEEDED, behind=State.SUCCEEDED
    )
    reasons = reasons_of(world, *names)
    told = [reason for reason in reasons if all(f"{name} after" in reason for name in names)]
    yield from wrong(bool(told), f"no reason names the circle: {reasons}")


def two_that_close_a_circle(world: World, api: Api) -> tuple[Any, Any]:
    """The checks of `a` and of `c` each find a name: `a` after `b` after `c` after `d` after `a`."""
    world.schedule.is_on = False
    world.wire.decide = no_messages
    ids = [send_named(world, name, [other], is_file=False) for name, other in (("a", "b"), ("c", "d"))]
    for name, other in (("b", "c"), ("d", "a")):
        send_named(world, name, [other], delay=1.0, is_file=False)
    world.clock.run(world.clock.now + 3)
    world.wire.decide = no_fault
    world.schedule.is_on = True
    letters = [Letter(f"look-{job_id}", json.dumps({"look": job_id}), world.clock.now) for job_id in ids]
    first, second = letters
    return lambda: world.intake.take(first), lambda: world.intake.take(second)


def circle_is_found(world: World) -> Iterator[Violation]:
    """What must hold after that meeting."""
    jobs = jobs_by_name(world)
    states = {job.state for job in jobs.values()}
    ways = ("a after b after c after d after a", "c after d after a after b after c")
    is_told = any(way in told for way in ways for told in reasons_of(world, *jobs))
    yield from wrong(
        states == {State.CANCELLED} and is_told, f"they ended {states}, {reasons_of(world, *jobs)}"
    )
