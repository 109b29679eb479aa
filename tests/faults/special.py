"""Cases with a name of their own, each over all five APIs."""

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

from jobchute.dead_letters import Place
from jobchute.job import Api, State, job_id_of
from jobchute.providers.adapter import Observation
from tests.fakes.provider import Course
from tests.fakes.wire import Boundary, Fault
from tests.faults import queues
from tests.faults.checks import ended, settled, wrong
from tests.faults.documents import document_of
from tests.faults.invariants import Violation
from tests.faults.result import Result, result_of
from tests.faults.sent import Kind, Sent
from tests.faults.world import World

HOUR = 3600.0
EACH = 5
"""Jobs of each API."""
Case = Callable[[World], Iterator[Violation]]
"""Makes the world what it is; what comes after `yield from settled(...)` is what must hold besides."""


def send_all(world: World, *, each: int = EACH) -> list[str]:
    """By message and by file in turn; returns the jobs' ids."""
    job_ids = []
    for number in range(each * len(Api)):
        api = list(Api)[number % len(Api)]
        document = document_of(api, number)
        job_ids.append(job_id_of(api, document["request"], None))
        sent = Sent(Kind.JOB, job_ids[-1])
        if number % 2:
            world.send(document, sent)
        else:
            world.upload(f"requests/{number}.json", document, sent)
    return job_ids


def during(world: World, seconds: float, service: str) -> Callable[[Boundary], Fault | None]:
    """Every call to a service is refused for so long."""
    until = world.clock.now + seconds

    def decide(boundary: Boundary) -> Fault | None:
        is_refused = world.clock.now < until and boundary.name.startswith(service)
        return Fault.REFUSED if is_refused else None

    return decide


def event_before_row(world: World) -> Iterator[Violation]:
    """The function dies between the provider's answer and the row, while the only events come."""
    world.wire.decide = lambda boundary: Fault.CRASH_AFTER if boundary.creates else None
    world.event_delays = lambda: [0.0]
    job_ids = send_all(world)
    yield from settled(world)
    yield from ended(world)
    yield from wrong(len(world.provider.jobs) == len(job_ids), "not one provider job for each")


def foreign_event(world: World) -> Iterator[Violation]:
    for api in Api:
        for _ in range(EACH):
            world.provider.create(api, f"theirs-{len(world.provider.jobs)}", {}, owner=None)
    world.clock.run(world.clock.now + HOUR)
    yield from settled(world)
    yield from wrong(not world.rows.images, "rows of jobs that are not ours")
    yield from wrong(
        {*world.wire.names} <= {"dynamodb:query/byProviderId", "dynamodb:query/byDue"}, "more calls"
    )


def foreign_name(world: World) -> Iterator[Violation]:
    """Somebody else's job has the name: a clear failure where names are unique, never an adoption."""
    for number, api in enumerate(Api):
        document = document_of(api, number)
        job_id = job_id_of(api, document["request"], None)
        theirs: dict[str, Any] = {"tags": [], "Tags": []} | ({"tags": {}} if api is Api.BRAKET_JOB else {})
        world.provider.create(api, job_id[:43], {**document["request"], **theirs}, owner=None)
        world.send(document, Sent(Kind.FOREIGN_NAME, job_id))
    yield from settled(world)
    for job in world.rows.jobs().values():
        are_free = job.api in (Api.BRAKET_JOB, Api.FIREWORKS_JOB)
        expected = State.SUCCEEDED if are_free else State.FAILED
        yield from wrong(job.state is expected, f"{job.api} is {job.state}: {job.reason}")


def late_running(world: World) -> Iterator[Violation]:
    """Who looked while a job ran writes it down after the job has ended."""
    send_all(world)
    world.clock.run(world.clock.now + 400)
    seen = [job for job in world.rows.jobs().values() if job.state in (State.SUBMITTED, State.RUNNING)]
    yield from wrong(len(seen) == EACH * len(Api), "not all of them ran")
    yield from settled(world)
    for job in seen:
        world.watcher.look_after(job, Observation(native="RUNNING", state=State.RUNNING))
    yield from settled(world)
    yield from ended(world)


def events_dropped(world: World) -> Iterator[Violation]:
    world.event_delays = list
    send_all(world)
    yield from settled(world)
    yield from ended(world)


def events_five_times(world: World) -> Iterator[Violation]:
    chance = Random(5)
    world.event_delays = lambda: [chance.uniform(0, 900) for _ in range(5)]
    send_all(world)
    yield from settled(world)
    yield from ended(world)


def poison(world: World) -> Iterator[Violation]:
    """One in ten of a thousand messages is about a file that may not be read."""
    yield from _poisoned(world, 1000)


def poison_in_a_batch(world: World) -> Iterator[Violation]:
    """The same with a few batches of ten."""
    yield from _poisoned(world, 30)


def never_ends(world: World) -> Iterator[Violation]:
    """The provider's jobs run for months: each is stopped when its time is over."""
    world.provider.course = lambda job: Course(seconds=90 * 24 * HOUR)  # noqa: ARG005
    send_all(world, each=1)
    yield from settled(world)
    yield from ended(world, State.TIMED_OUT)


def cancelled_while_submitted(world: World) -> Iterator[Violation]:
    """The function dies at the provider's answer, a person cancels, the sweep adopts what runs for a day."""
    world.provider.course = lambda job: Course(seconds=24 * HOUR)  # noqa: ARG005
    world.event_delays = list
    world.wire.decide = lambda boundary: Fault.CRASH_AFTER if boundary.creates else None
    for job_id in send_all(world, each=1):
        world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(30.0,))
    yield from settled(world)
    yield from ended(world, State.CANCELLED)


def _poisoned(world: World, count: int) -> Iterator[Violation]:
    for number in range(count):
        api = list(Api)[number % len(Api)]
        document = document_of(api, number)
        if number % 10 == 3:
            key = f"requests/{number}.json"
            world.s3.forbidden.add(key)
            world.upload(key, document, Sent(Kind.POISON))
        else:
            world.send(document, Sent(Kind.JOB, job_id_of(api, document["request"], None)))
    begun = world.clock.now
    world.clock.run(begun + 60)
    good = count * 9 // 10
    yield from wrong(len(world.rows.images) == good, f"{len(world.rows.images)} of {good} at once")
    yield from settled(world)
    yield from ended(world)
    known = len(world.rows.known_letters())
    yield from wrong(known == count - good, f"{known} dead letters are known")
    again = [letter for letter in world.intake.taken.values() if letter > 1]
    yield from wrong(len(again) == count - good, f"{len(again)} messages came more than once")


def table_throttled(world: World) -> Iterator[Violation]:
    world.wire.decide = during(world, HOUR, "dynamodb")
    send_all(world)
    yield from settled(world)
    yield from ended(world)


def secret_missing(world: World) -> Iterator[Violation]:
    def put_back() -> None:
        world.secret_is_there = True

    world.secret_is_there = False
    world.clock.after(5 * HOUR, put_back)
    send_all(world)
    yield from settled(world)
    yield from ended(world)


def provider_down(world: World) -> Iterator[Violation]:
    """For an hour, from the middle of the jobs' lives; others come meanwhile."""

    def up(*, is_up: bool) -> None:
        world.provider.is_down = not is_up

    world.clock.after(300, lambda: up(is_up=False))
    world.clock.after(300 + HOUR, lambda: up(is_up=True))
    send_all(world)
    document = document_of(Api.TRAINING_JOB, 1000)
    late = Sent(Kind.JOB, job_id_of(Api.TRAINING_JOB, document["request"], None))
    world.send(document, late, delays=(400,))
    yield from settled(world)
    yield from ended(world)


def bus_down(world: World) -> Iterator[Violation]:
    """For so long that records of the stream are given up; a redrive tells of their moves all the same."""
    world.slack = 4 * HOUR
    world.wire.decide = during(world, 3 * HOUR, "events")
    send_all(world, each=1)
    world.busy_until = world.clock.now + 4 * HOUR
    yield from settled(world)
    yield from wrong(bool(world.dead[Place.STREAM]), "no record was given up")
    world.redrive()
    yield from settled(world)
    yield from ended(world)


def clock_skew(world: World) -> Iterator[Violation]:
    """The functions' clocks differ by up to twenty seconds, and every third create call loses its answer."""
    world.skew = 10.0
    world.late_by = (1.0, 30.0)
    chance = Random(7)
    kinds = (Fault.LATE, Fault.LOST, Fault.CRASH_AFTER)

    def decide(boundary: Boundary) -> Fault | None:
        return chance.choice(kinds) if boundary.creates and chance.random() < 0.3 else None

    world.wire.decide = decide
    send_all(world)
    yield from settled(world)
    yield from ended(world)


def forgotten_tokens(world: World) -> Iterator[Violation]:
    """Whatever a token made is forgotten at once, and the first two answers of every job are lost."""
    world.provider.token_lifetime = -1.0
    lost = Random(3)
    world.wire.decide = lambda boundary: Fault.LOST if boundary.creates and lost.random() < 0.7 else None
    send_all(world)
    yield from settled(world)
    yield from ended(world)


def redriven(world: World) -> Iterator[Violation]:
    """Dead letters five times, of which four are in vain; executions aborted and redriven five times."""
    sents = []
    for number, api in enumerate(Api):
        key = f"requests/{number}.json"
        document = document_of(api, number)
        world.s3.forbidden.add(key)
        sents.append(world.upload(key, document, Sent(Kind.POISON)))
        sents[-1].job_id = job_id_of(api, document["request"], None)
    for turn in range(5):
        yield from settled(world)
        yield from wrong(len(world.rows.known_letters()) == len(Api), "not all dead letters are known")
        if turn == 4:
            world.s3.forbidden.clear()
        world.redrive()
    for sent in sents:
        sent.kind = Kind.JOB
        for turn in range(5):
            world.clock.after(30 + 60 * turn, lambda job_id=sent.job_id: world.states.abort(job_id))  # type: ignore[misc]
            world.clock.after(50 + 60 * turn, lambda job_id=sent.job_id: world.states.redrive(job_id))  # type: ignore[misc]
    yield from settled(world)
    yield from ended(world)
    yield from wrong(not world.rows.known_letters(), "the ledger still knows of dead letters")


CASES: Mapping[str, Case] = {
    case.__name__: case
    for case in (
        event_before_row,
        foreign_event,
        foreign_name,
        late_running,
        events_dropped,
        events_five_times,
        poison,
        poison_in_a_batch,
        never_ends,
        cancelled_while_submitted,
        table_throttled,
        secret_missing,
        provider_down,
        bus_down,
        clock_skew,
        forgotten_tokens,
        redriven,
        *queues.CASES,
    )
}


def run(name: str) -> Result:
    world = World()
    found = list(CASES[name](world))
    result = result_of(f"special:{name}", world)
    return result._replace(violations=found + result.violations)


def replay(name: str) -> Result:
    return run(name.partition(":")[2])
