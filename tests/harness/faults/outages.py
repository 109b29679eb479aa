"""Cases in which something that Jobchute needs is away for a while, or forgets."""

from collections.abc import Iterator, Mapping
from random import Random

from jobchute.dead_letters.messages import DeadLetterKind
from jobchute.job import Api, State, job_id_of
from tests.fakes.provider import Course
from tests.fakes.wire import Boundary, Fault
from tests.harness.faults.cases import HOUR, Case, during, ended, send_all, settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World


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


def no_such_endpoint(world: World) -> Iterator[Violation]:
    """The region lacks the providers: no host name has an address, so no job is ever sent and none is found."""
    world.provider.is_unreachable = True
    job_ids = send_all(world, each=2)
    for job_id in job_ids[::2]:
        world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(HOUR,))
    yield from settled(world)
    states = [world.rows.jobs()[job_id].state for job_id in job_ids]
    yield from wrong(set(states[::2]) == {State.CANCELLED}, f"cancelled jobs are {states[::2]}")
    yield from wrong(set(states[1::2]) == {State.TIMED_OUT}, f"the others are {states[1::2]}")
    yield from wrong(not world.provider.jobs, "jobs at providers that cannot be reached")


def bus_down(world: World) -> Iterator[Violation]:
    """For so long that records of the stream are put aside; the sweep has them told when the bus is back."""
    world.slack = 12 * HOUR
    world.wire.decide = during(world, 3 * HOUR, "events")
    send_all(world, each=1)
    world.clock.run(world.clock.now + 2 * HOUR)
    yield from wrong(bool(world.dead[DeadLetterKind.STREAM]), "no record was put aside")
    yield from settled(world)
    yield from wrong(not world.dead[DeadLetterKind.STREAM], "letters are left")
    yield from ended(world)


def queries_fail(world: World) -> Iterator[Violation]:
    """Every second query for due jobs fails, while jobs that never end by themselves pass their limits."""
    chance = Random(5)

    def decide(boundary: Boundary) -> Fault | None:
        is_refused = boundary.name.startswith("dynamodb:query/byDue") and chance.random() < 0.5
        return Fault.REFUSED if is_refused else None

    world.wire.decide = decide
    world.provider.course = lambda job: Course(seconds=90 * 24 * HOUR)  # noqa: ARG005
    send_all(world)
    yield from settled(world)
    yield from ended(world, State.TIMED_OUT)


def pools_unread(world: World) -> Iterator[Violation]:
    """Most reads of the rows of pools and of the reconciler's notes fail, while jobs that have lost their
    executions wait, and pass their limits.
    """
    chance, began = Random(5), world.clock.now

    def decide(boundary: Boundary) -> Fault | None:
        is_read = boundary.name in ("dynamodb:query/POOL", "dynamodb:query/LANES", "dynamodb:get_item/POOLS")
        return Fault.REFUSED if is_read and chance.random() < 0.95 else None

    world.provider.course = lambda job: Course(seconds=90 * 24 * HOUR)  # noqa: ARG005
    world.states.is_holding = True
    send_all(world)
    world.clock.run(world.clock.now + 5)
    for job_id in world.rows.jobs():
        world.states.abort(job_id)
    world.states.is_holding = False
    world.wire.decide = decide
    yield from settled(world)
    yield from ended(world, State.TIMED_OUT)
    late = [job.created_at for job in world.provider.jobs if job.created_at > began + HOUR]
    if late:
        yield Violation("stuck", "jobs without executions", f"{len(late)} were created after an hour")


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


OUTAGES: Mapping[str, Case] = {
    case.__name__: case
    for case in (
        table_throttled,
        secret_missing,
        provider_down,
        no_such_endpoint,
        bus_down,
        queries_fail,
        pools_unread,
        clock_skew,
        forgotten_tokens,
    )
}
