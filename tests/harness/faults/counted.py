"""Cases of files of several documents: their jobs are counted until all have ended, whatever happens."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any

from jobchute.job import Api, State, job_id_of
from jobchute.ledger.files import FileRow, file_row_of
from tests.fakes.provider import Course, ProviderJob
from tests.fakes.wire import Boundary, Fault, no_fault
from tests.harness.faults.cases import HOUR, during, settled, wrong
from tests.harness.faults.documents import document_of, invalid, object_event, text_of
from tests.harness.faults.meter import Meter
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

KEY = "requests/many.jsonl"
MANY = 30
OBJECTIVE = {"metric": "validation:auc", "goal": "maximize"}
"""Of the jobs of all files. Of the fakes' jobs, those that train reach a value."""
Line = tuple[Mapping[str, Any], Sent]


def upload_lines(
    world: World, lines: Sequence[Line], *, key: str = KEY, delays: Sequence[float] = (0.0,)
) -> None:
    """A person uploads a file of several documents, and S3 tells of it after each of the delays."""
    data = "\n".join(text_of(document) for document, _ in lines).encode()
    version, sequencer = world.s3.upload(key, data)
    for index, (_, sent) in enumerate(lines):
        sent.by_document(world.s3.bucket, key, version, sequencer, index)
        world.sent.append(sent)
    for delay in delays:
        world.intake.send(object_event(world.s3.bucket, key, version, sequencer), delays=(delay,))


def job(number: int) -> Line:
    api = list(Api)[number % len(Api)]
    document = document_of(api, number, objective=OBJECTIVE)
    return document, Sent(Kind.JOB, job_id_of(api, document["request"], None))


def lines_of(count: int, *, first: int = 0) -> list[Line]:
    """Of ten documents, one would be refused by every provider, and one cancels what nobody knows."""
    found = [job(first + number) for number in range(count)]
    for number in range(3, count, 10):
        found[number] = (invalid(first + number), Sent(Kind.INVALID))
    for number in range(6, count, 10):
        found[number] = ({"cancel": f"nobody-{first + number}"}, Sent(Kind.MISTYPED))
    return found


def file_counted_with_faults(world: World) -> Iterator[Violation]:
    """One call in thirty fails for two hours, and S3 tells of the file three times."""
    chance = Random(9)
    _ends_of_many_kinds(world, chance)
    _fail(world, chance, seconds=2 * HOUR, share=0.03)
    upload_lines(world, lines_of(MANY), delays=(0.0, 30.0, 900.0))
    yield from settled(world)
    (row,) = _rows(world)
    yield from wrong(row.reading.finished, "it was not read to its end")
    rejected = sum(number % 10 == 3 for number in range(MANY))
    yield from wrong(row.states.get("REJECTED") == rejected, f"it counts {row.states}")


def file_cancelled_in_the_middle(world: World) -> Iterator[Violation]:
    """It is cancelled while calls still read it and some of its jobs run; then once more, after its end."""
    world.provider.course = lambda made: Course(seconds=24 * HOUR)  # noqa: ARG005
    meter = Meter(world, {"dynamodb": 1.0})
    upload_lines(world, lines_of(2 * MANY))
    _until_some_is_read(world)
    world.send({"cancel": KEY}, Sent(Kind.CANCEL))
    world.clock.run(world.clock.now + 5)
    meter.lift()
    yield from settled(world)
    (row,) = _rows(world)
    unread = row.documents - row.reading.position.index
    yield from wrong(not row.reading.finished and unread > 0, "it was read to its end before")
    yield from wrong(row.states.get("CANCELLED", 0) > 0, f"it counts {row.states}")
    ended_at, told = row.ended_at, len(world.bus.heard)
    world.send({"cancel": KEY}, Sent(Kind.CANCEL))
    world.clock.run(world.clock.now + 1)
    yield from settled(world)
    (row,) = _rows(world)
    yield from wrong(row.ended_at == ended_at, "a cancel after the end moved it")
    yield from wrong(len(world.bus.heard) == told, "a cancel after the end was told")


def file_replaced_in_the_middle(world: World) -> Iterator[Violation]:
    """A newer version comes while the older one's jobs run; the older one's end last, and are its own."""
    longest = {job_id_of(api, document_of(api, number)["request"], None) for number, api in enumerate(Api)}

    def course(made: ProviderJob) -> Course:
        return Course(seconds=9 * HOUR if made.owner in longest else HOUR)

    world.provider.course = course
    chance = Random(11)
    upload_lines(world, lines_of(10))
    world.clock.after(600, partial(upload_lines, world, lines_of(10, first=8), delays=(0.0, 40.0)))
    world.clock.after(300, partial(_fail, world, chance, seconds=HOUR))
    world.busy_until = world.clock.now + HOUR
    yield from settled(world)
    rows = _rows(world)
    yield from wrong(len(rows) == 2, f"{len(rows)} versions")
    ends = [row.ended_at or "" for row in rows]
    yield from wrong(min(ends) == ends[1], f"the newer one did not end first: {ends}")


def file_read_by_many_calls(world: World) -> Iterator[Violation]:
    """Its first jobs end long before the last are accepted: between two calls S3 is out for half an hour."""
    world.provider.course = lambda made: Course(seconds=1)  # noqa: ARG005
    meter = Meter(world, {"dynamodb": 1.0})
    upload_lines(world, lines_of(2 * MANY), delays=(0.0, 400.0))
    _until_some_is_read(world)
    world.wire.decide = during(world, HOUR / 2, "s3:get_object")
    world.clock.run(world.clock.now + HOUR / 3)
    (row,) = _rows(world)
    yield from wrong(not row.reading.finished, "it was read to its end")
    yield from wrong({*row.states} <= {"SUCCEEDED", "REJECTED"}, f"it counts {row.states}")
    yield from wrong(not any("endedAt" in detail for detail in world.bus.heard), "its end was told")
    meter.lift()
    yield from settled(world)
    (row,) = _rows(world)
    yield from wrong(sum(row.states.values()) == 2 * MANY - 6, f"it counts {row.states}")


def file_that_the_index_lags_behind(world: World) -> Iterator[Violation]:
    """The index does not show the last job when all others have ended: it is open, and is waited for."""
    until = world.clock.now + HOUR

    def decide(boundary: Boundary) -> Fault | None:
        is_second = boundary.name == "dynamodb:put_item/REQUEST" and bool(world.rows.images)
        return Fault.REFUSED if is_second and world.clock.now < until else None

    world.wire.decide = decide
    upload_lines(world, [job(0), job(1)])
    world.clock.run(until)
    yield from wrong(len(world.rows.images) == 1, "both were accepted")
    catch_up = world.rows.catch_up
    world.schedule.is_on, world.is_lagging, world.rows.catch_up = False, lambda: True, lambda: None
    while not _rows(world)[0].reading.finished:
        world.clock.step()
    world.clock.run(world.clock.now + HOUR / 4)
    world.sweep()
    world.schedule.is_on, world.is_lagging, world.rows.catch_up = True, lambda: False, catch_up
    catch_up()
    yield from settled(world)
    (row,) = _rows(world)
    yield from wrong(row.states == {"SUCCEEDED": 2}, f"it counts {row.states}")


def file_whose_reader_dies_slowly(world: World) -> Iterator[Violation]:
    """All writes of status documents land up to a minute late, those of readers behind those of the sweep."""
    world.late_by = (20.0, 55.0)
    until = world.clock.now + HOUR

    def decide(boundary: Boundary) -> Fault | None:
        is_late = boundary.name == "s3:put_object" and boundary.place % 3 and world.clock.now < until
        return Fault.LATE if is_late else None

    world.wire.decide = decide
    upload_lines(world, lines_of(10))
    yield from settled(world)


def messages_of_several(world: World) -> Iterator[Violation]:
    """Files without a name: each message is one. One of them holds nothing but what is rejected."""
    chance = Random(12)
    _fail(world, chance, seconds=HOUR)
    for number in range(0, 20, 2):
        world.intake.send("\n".join(text_of(job(number + each)[0]) for each in range(2)))
    world.intake.send("\n".join(text_of(invalid(number)) for number in range(2)))
    yield from settled(world)


def mistyped_cancels(world: World) -> Iterator[Violation]:
    """Of nothing that is known, and malformed; the function dies at every other call for a while."""
    chance = Random(13)
    _fail(world, chance, seconds=HOUR, share=0.3)
    wrong_ones: list[dict[str, Any]] = [
        {"cancel": "nobody"},
        {"cancel": "requests/nothing.jsonl"},
        {"cancel": 7},
        {"cancel": "a", "job": "b"},
    ]
    for number, document in enumerate(wrong_ones):
        world.send(document, Sent(Kind.MISTYPED), delays=(0.0, 50.0))
        world.upload(
            f"requests/cancel-{number}.json", document, Sent(Kind.MISTYPED), delays=(0.0, 60.0, 3700.0)
        )
    yield from settled(world)
    states = [row.state for row in world.rows.jobs().values()]
    yield from wrong(State.REJECTED not in states, f"rows of {states}")


def _until_some_is_read(world: World) -> None:
    while not any(row.reading.processed for row in _rows(world)):
        world.clock.step()


def _fail(world: World, chance: Random, *, seconds: float, share: float = 0.125) -> None:
    until = world.clock.now + seconds
    faults = tuple(Fault)

    def decide(boundary: Boundary) -> Fault | None:
        if world.clock.now > until:
            world.wire.decide = no_fault
            return None
        return chance.choice(faults) if chance.random() < share and not boundary.creates else None

    world.wire.decide = decide


def _ends_of_many_kinds(world: World, chance: Random) -> None:
    courses: dict[str, Course] = {}

    def course(made: ProviderJob) -> Course:
        new = Course(seconds=chance.uniform(1, 3 * HOUR), is_good=chance.random() < 0.7)
        return courses.setdefault(made.provider_id, new)

    world.provider.course = course


def _rows(world: World) -> list[FileRow]:
    """The versions, the older first."""
    rows = map(file_row_of, world.rows.files.values())
    return sorted(rows, key=lambda row: row.source.sequencer)


CASES = (
    file_counted_with_faults,
    file_cancelled_in_the_middle,
    file_replaced_in_the_middle,
    file_read_by_many_calls,
    file_that_the_index_lags_behind,
    file_whose_reader_dies_slowly,
    messages_of_several,
    mistyped_cancels,
)
