"""Cases of jobs that wait for names: documents in any order, names that never come, circles."""

import itertools
import json
from collections.abc import Iterator
from random import Random

from jobchute.job import Api, State, job_id_for_key
from jobchute.ledger.dependencies import MAX_DEPENDENTS
from jobchute.lifecycle.name_checks import NAME_WAIT_SECONDS
from tests.fakes.provider import Course
from tests.fakes.wire import Boundary, Fault
from tests.harness.faults.cases import HOUR, settled, wrong
from tests.harness.faults.circles import circle_of_three, circle_of_two, circle_with_faults
from tests.harness.faults.documents import document_of, text_of
from tests.harness.faults.named_jobs import (
    FAULTS,
    SOON,
    in_their_order,
    jobs_by_name,
    no_messages,
    send_named,
    stands,
)
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World


def three_in_any_order(world: World) -> Iterator[Violation]:
    """Each order of three documents: the second waits for the first, and the third for both."""
    for number, order in enumerate(itertools.permutations(range(3))):
        names = [f"{number}-{letter}" for letter in "abc"]
        for turn, place in enumerate(order):
            send_named(world, names[place], names[:place], delay=2.0 * turn)
    yield from settled(world)
    yield from in_their_order(world)


def ten_in_any_order(world: World) -> Iterator[Violation]:
    """Chains of ten: the last one first, and by chance."""
    chance = Random(10)
    for number in range(4):
        names = [f"{number}-{letter}" for letter in "abcdefghij"]
        order = chance.sample(range(10), 10) if number else [*range(10)][::-1]
        for place in order:
            send_named(world, names[place], names[max(place - 1, 0) : place], delay=chance.uniform(0, 20))
    yield from settled(world)
    yield from in_their_order(world)


def ten_in_any_order_with_faults(world: World) -> Iterator[Violation]:
    """The same, while one call in ten fails."""
    chance, until = Random(19), world.clock.now + HOUR / 2

    def decide(_: Boundary) -> Fault | None:
        return chance.choice(FAULTS) if world.clock.now < until and chance.random() < 0.1 else None

    world.wire.decide = decide
    yield from ten_in_any_order(world)


def one_file_in_any_order(world: World) -> Iterator[Violation]:
    """A file whose last document is the first to run."""
    names = [f"name-{number}" for number in range(6)]
    after = [{"after": [name]} for name in names[1:]]
    documents = [
        document_of(Api.TRAINING_JOB, number, idempotencyKey=name, **envelope)
        for number, (name, envelope) in enumerate(zip(names, [*after, {}], strict=True))
    ]
    world.intake.send("\n".join(map(text_of, documents)), message_id="all-of-them")
    yield from settled(world)
    yield from wrong(len(world.rows.jobs()) == len(names), f"{len(world.rows.jobs())} rows")
    yield from in_their_order(world)


def found_soon(world: World) -> Iterator[Violation]:
    """A name is found soon after it is known, though every message that asks for a look is lost."""
    world.wire.decide = no_messages
    send_named(world, "later", ["first"])
    for minutes in (0.1, 9, 40):
        name = f"at-{minutes}"
        send_named(world, f"after-{name}", [name])
        send_named(world, name, delay=60.0 * minutes)
    send_named(world, "first", delay=20.0)
    known = world.clock.now
    world.clock.run(known + 40 * 60 + SOON)
    waiting = [name for name, job in jobs_by_name(world).items() if job.awaits]
    yield from wrong(not waiting, f"{waiting} still wait for names that are known")
    yield from settled(world)
    yield from in_their_order(world)


def looks_are_messages(world: World) -> Iterator[Violation]:
    """The sweep is not needed for the usual race: its job waits for seconds alone."""
    world.schedule.is_on = False
    send_named(world, "later", ["first"])
    send_named(world, "first", delay=4.0)
    world.clock.run(world.clock.now + 12)
    later = jobs_by_name(world)["later"]
    yield from wrong(not later.awaits, "twelve seconds later it had not found the name")
    world.schedule.is_on = True
    yield from settled(world)
    yield from in_their_order(world)


def never_comes(world: World) -> Iterator[Violation]:
    """A name that never comes ends its job within a bounded time; an innocent job beside it runs."""
    begun = world.clock.now
    job_id = send_named(world, "patient", ["never", "there"])
    send_named(world, "there")
    send_named(world, "behind", [{"job": "patient", "on": "ENDED"}])
    send_named(world, "innocent")
    world.clock.run(begun + 600)
    told = next(each for each in map(world.s3.status, world.s3.statuses) if (each or {}).get("jobId") == job_id)
    waits_for = [each["name"] for each in (told or {}).get("awaits", [])]
    yield from wrong(waits_for == ["never"], f"its status document says that it waits for {waits_for}")
    yield from settled(world)
    yield from stands(
        world,
        patient=State.CANCELLED,
        there=State.SUCCEEDED,
        behind=State.SUCCEEDED,
        innocent=State.SUCCEEDED,
    )
    waited = world.written_at[job_id, jobs_by_name(world)["patient"].moves] - begun
    is_in_time = NAME_WAIT_SECONDS - 60 < waited < NAME_WAIT_SECONDS + SOON
    yield from wrong(is_in_time, f"it ended after {waited:.0f} s")
    reason = jobs_by_name(world)["patient"].reason or ""
    yield from wrong("'never'" in reason and "retry" in reason, f"the reason is {reason}")


def cancelled_while_it_waits(world: World) -> Iterator[Violation]:
    """By id, by key and with its file; what waits for it is told, and the name that comes then wakes nobody."""
    names = ["by-id", "by-key", "by-file"]
    for name in names:
        send_named(world, name, ["late"], is_file=True)
        send_named(world, f"behind-{name}", [{"job": name, "on": ["CANCELLED"]}])
    for target in (job_id_for_key("by-id"), "by-key", "requests/by-file.json"):
        world.intake.send(json.dumps({"cancel": target}), delays=(30.0,))
    send_named(world, "late", delay=60.0)
    yield from settled(world)
    yield from stands(
        world,
        late=State.SUCCEEDED,
        **dict.fromkeys(names, State.CANCELLED),
        **dict.fromkeys([f"behind-{name}" for name in names], State.SUCCEEDED),
    )


def ended_before_it_is_found(world: World) -> Iterator[Violation]:
    """The jobs of the names have ended when they are found: as wanted, and otherwise."""
    world.provider.course = lambda job: Course(seconds=1.0, is_good="bad" not in str(job.call))
    world.wire.decide = no_messages
    send_named(world, "content", ["good"])
    send_named(world, "cancelled", ["bad"])
    send_named(world, "mender", [{"job": "bad", "on": "FAILED"}])
    bad = document_of(Api.PROCESSING_JOB, 99, idempotencyKey="bad")
    bad["request"]["Environment"] = {"KIND": "bad"}
    world.send(bad, Sent(Kind.JOB, job_id_for_key("bad")), delays=(2.0,))
    send_named(world, "good", delay=2.0)
    yield from settled(world)
    yield from stands(
        world,
        good=State.SUCCEEDED,
        bad=State.FAILED,
        content=State.SUCCEEDED,
        cancelled=State.CANCELLED,
        mender=State.SUCCEEDED,
    )


def forged_looks(world: World) -> Iterator[Violation]:
    """Anyone asks a hundred times for looks at a job that waits, at one that runs, at one that is unknown."""
    waiting = send_named(world, "waiting", ["name"])
    running = send_named(world, "running")
    world.clock.run(world.clock.now + 30)
    for job_id in (waiting, running, f"jc-{'0' * 64}") * 100:
        world.intake.send(json.dumps({"look": job_id}))
    begun = len(world.wire.names)
    world.clock.run(world.clock.now + 20)
    asked = world.wire.names[begun:].count("sqs:send_message")
    yield from wrong(asked <= 3, f"{asked} further looks were asked for")
    send_named(world, "name")
    yield from settled(world)
    yield from in_their_order(world)


def refused_in_a_new_pool(world: World) -> Iterator[Violation]:
    """Its look lets a job into the line of a pool that has no row yet, and fails then."""
    world.provider.course = lambda job: Course(seconds=1.0)  # noqa: ARG005
    document = document_of(Api.BRAKET_JOB, 0, idempotencyKey="later", after=["first"])
    world.send(document, Sent(Kind.JOB, job_id_for_key("later")))
    first = document_of(Api.TRAINING_JOB, 1, idempotencyKey="first")
    world.send(first, Sent(Kind.JOB, job_id_for_key("first")), delays=(6.0,))
    left = ["dynamodb:update_item/JOB:waiting+place+reason+due", "dynamodb:get_item/POOL"]

    def decide(boundary: Boundary) -> Fault | None:
        """The first read of a pool after the job came into its line."""
        if left and boundary.name == left[0]:
            left.pop(0)
            return None if left else Fault.REFUSED
        return None

    world.wire.decide = decide
    yield from settled(world)
    yield from wrong(not left, "the pool was not read after the job came into its line")
    yield from in_their_order(world)


def too_many_wait(world: World) -> Iterator[Violation]:
    """More jobs wait for a name than can wait for one job: the last ones end CANCELLED and say why."""
    world.provider.course = lambda job: Course(seconds=HOUR)  # noqa: ARG005
    for number in range(MAX_DEPENDENTS + 3):
        send_named(world, f"n{number}", ["one"])
    send_named(world, "one", delay=2.0)
    yield from settled(world)
    states = [job.state for job in world.rows.jobs().values()]
    found = (states.count(State.SUCCEEDED), states.count(State.CANCELLED), len(states))
    expected = (MAX_DEPENDENTS + 1, 3, MAX_DEPENDENTS + 4)
    yield from wrong(found == expected, f"succeeded, cancelled and all are {found}, not {expected}")


def repeated_where_too_many_wait(world: World) -> Iterator[Violation]:
    """Documents come again before their jobs look for a name for which as many others wait as can."""
    world.provider.course = lambda job: Course(seconds=HOUR)  # noqa: ARG005
    for number in range(3):
        name = f"late-{number}"
        document = document_of(Api.TRAINING_JOB, 900 + number, idempotencyKey=name, after=["one"])
        world.send(document, Sent(Kind.JOB, job_id_for_key(name)), delays=(0.0, 4.0))
    send_named(world, "one", delay=1.0)
    for number in range(MAX_DEPENDENTS):
        send_named(world, f"n{number}", ["one"], delay=2.0)
    yield from settled(world)
    states = [job.state for job in world.rows.jobs().values()]
    found = (states.count(State.SUCCEEDED), states.count(State.CANCELLED), len(states))
    expected = (MAX_DEPENDENTS + 1, 3, MAX_DEPENDENTS + 4)
    yield from wrong(found == expected, f"succeeded, cancelled and all are {found}, not {expected}")


CASES = (
    three_in_any_order,
    ten_in_any_order,
    ten_in_any_order_with_faults,
    one_file_in_any_order,
    found_soon,
    looks_are_messages,
    never_comes,
    circle_of_two,
    circle_of_three,
    circle_with_faults,
    cancelled_while_it_waits,
    ended_before_it_is_found,
    forged_looks,
    refused_in_a_new_pool,
    too_many_wait,
    repeated_where_too_many_wait,
)
