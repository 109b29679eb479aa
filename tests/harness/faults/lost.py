"""Cases of announcements: one that cannot be made, and such as were lost."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from jobchute.dead_letters.messages import DeadLetterKind
from jobchute.job import Api, State, job_id_for_key, job_id_of
from jobchute.ledger.lost_announcements import LOOK
from tests.aws import TABLE
from tests.fakes.provider import Course
from tests.harness.faults.cases import HOUR, ended, send_all, settled, wrong
from tests.harness.faults.documents import document_of, invalid
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

INNOCENT = 40
PROMPT = 300.0
"""Seconds: within so many each innocent document is answered."""
POISON = "requests/poison.json"


def send_beside_poison(world: World, code: str) -> list[Sent]:
    """A file whose status document S3 refuses, and forty others right behind it."""
    world.s3.refused["status/poison.json.json"] = code
    document = document_of(Api.TRAINING_JOB, 1000)
    world.upload(POISON, document, Sent(Kind.JOB, job_id_of(Api.TRAINING_JOB, document["request"], None)))
    sent = []
    for number in range(INNOCENT):
        document = document_of(list(Api)[number % len(Api)], number)
        of_job = Sent(Kind.JOB, job_id_of(list(Api)[number % len(Api)], document["request"], None))
        sent.append(world.send(document, of_job, delays=(1.0 + number,)))
    return sent


def unanswered(world: World, sent: list[Sent]) -> list[str]:
    keys = [each.status_keys[-1] for each in sent]
    return [key for key in keys if world.s3.status(key) is None]


def refused_for_good(world: World) -> Iterator[Violation]:
    """An answer that can never be written keeps no other waiting, nor its own event and execution."""
    sent = send_beside_poison(world, "KeyTooLongError")
    world.clock.run(world.clock.now + INNOCENT + PROMPT)
    late = unanswered(world, sent)
    yield from wrong(not late, f"{len(late)} of {INNOCENT} documents are not answered in {PROMPT:.0f} s")
    yield from settled(world)
    yield from ended(world)
    about = {job_id for letter in world.parts.letter_rows.all() for job_id in letter.job_ids}
    yield from wrong(about == {poisoned_job(world)}, f"letters are about {about}")
    world.s3.refused.clear()
    world.redrive()
    yield from settled(world)
    yield from wrong(not world.rows.known_letters(), "the ledger still knows of dead letters")


def refused_for_hours(world: World) -> Iterator[Violation]:
    """An answer refused for the moment holds its shard up for a quarter of an hour at the most."""
    world.slack = 12 * HOUR
    sent = send_beside_poison(world, "SlowDown")
    world.clock.after(5 * HOUR, world.s3.refused.clear)
    world.clock.run(world.clock.now + 1100)
    late = unanswered(world, sent)
    yield from wrong(not late, f"{len(late)} of {INNOCENT} documents are not answered in 1,100 s")
    yield from settled(world)
    yield from ended(world)
    yield from wrong(not world.dead[DeadLetterKind.STREAM], "letters are left")


def refused_events(world: World) -> Iterator[Violation]:
    """For half an hour the bus takes two of three events, and the jobs are done within a second."""
    world.provider.course = lambda job: Course(seconds=0.0)  # noqa: ARG005
    world.busy_until = world.clock.now + HOUR
    world.bus.failing = fails_each(3)
    world.clock.after(HOUR / 2, lambda: setattr(world.bus, "failing", lambda entry: ""))  # noqa: ARG005
    send_all(world)
    yield from settled(world)
    yield from ended(world)
    orders = defaultdict(list)
    for detail in world.bus.heard:
        orders[detail["jobId"]].append(int(detail["id"].rpartition(":")[2]))
    late = [order for order in orders.values() if order != sorted(order) and order[-1] != max(order)]
    yield from wrong(not late, f"moves were told in the order {late}")


def told_late(world: World) -> Iterator[Violation]:
    """Nothing is read of the stream until all jobs have ended: a batch has all moves of a job."""
    world.slack = 3 * HOUR
    world.stream.is_read = False
    world.clock.after(2 * HOUR, lambda: setattr(world.stream, "is_read", True))
    job_ids = send_all(world)
    yield from settled(world)
    yield from ended(world)
    written = sum(call.startswith("s3:put_object") for call in world.wire.names)
    yield from wrong(written <= 2 * len(job_ids), f"{written} documents were written of {len(job_ids)} jobs")


def fails_each(number: int) -> Callable[[Any], str]:
    """Each so many-th entry is refused for the moment."""
    counts = itertools.count(1)
    return lambda entry: "ThrottlingException" if next(counts) % number == 0 else ""  # noqa: ARG005


def stream_stands_still(world: World) -> Iterator[Violation]:
    """For 30 hours nothing is read of the stream, which keeps a record for 24."""
    look_for_lost(world, hours=42)
    send_all(world, each=1)
    world.clock.run(world.clock.now + 100)
    world.stream.is_read = False
    world.send(invalid(1), Sent(Kind.INVALID))
    world.clock.after(30 * HOUR, lambda: setattr(world.stream, "is_read", True))
    yield from settled(world)
    yield from ended_or_rejected(world)
    yield from few_retold(world, most=8)


def table_restored(world: World) -> Iterator[Violation]:
    """Jobs ended, a request was rejected, and the new stream has none of the changes that were not told."""
    look_for_lost(world, hours=10)
    send_all(world, each=1)
    world.clock.run(world.clock.now + 100)
    world.stream.is_read = False
    world.send(invalid(1), Sent(Kind.INVALID))

    def restore() -> None:
        world.stream.forget(before=world.clock.now + 1)
        world.stream.is_read = True

    world.clock.after(6 * HOUR, restore)
    yield from settled(world)
    yield from ended_or_rejected(world)
    yield from few_retold(world, most=5)


def token_is_lost(world: World) -> Iterator[Violation]:
    """Executions were aborted, and redriven when their jobs had ended and were told of: their new tokens are in
    rows whose changes the stream has lost."""
    look_for_lost(world, hours=6)
    job_ids = send_all(world, each=1)
    world.clock.run(world.clock.now + 100)
    for job_id in job_ids:
        world.states.abort(job_id)
    world.clock.run(world.clock.now + HOUR)
    yield from ended(world)
    world.stream.is_read = False
    for job_id in job_ids:
        world.states.redrive(job_id)
    world.clock.run(world.clock.now + 100)
    world.stream.forget(before=world.clock.now + 1)
    world.stream.is_read = True
    yield from settled(world)
    yield from few_retold(world, most=2)


def nothing_is_lost(world: World) -> Iterator[Violation]:
    """Where all is told, a look makes nothing be told again."""
    look_for_lost(world, hours=6)
    send_all(world)
    yield from settled(world)
    yield from ended(world)
    yield from few_retold(world, most=0)
    yield from wrong((LOOK["pk"], LOOK["sk"]) in world.rows.items, "no look came to its end")


def sibling_is_gone(world: World) -> Iterator[Violation]:
    """Nine jobs wait for one; a tenth that waits for it has no row any more."""
    first = document_of(Api.TRAINING_JOB, 0, idempotencyKey="first")
    world.send(first, Sent(Kind.JOB, job_id_for_key("first")))
    world.clock.run(world.clock.now + 20)
    for number in range(1, 10):
        document = document_of(Api.BRAKET_JOB, number, idempotencyKey=f"n{number}", after=["first"])
        world.send(document, Sent(Kind.JOB, job_id_for_key(f"n{number}")))
    world.clock.run(world.clock.now + 20)
    world.dynamodb.update_item(
        TableName=TABLE,
        Key={"pk": {"S": job_id_for_key("first")}, "sk": {"S": "JOB"}},
        UpdateExpression="ADD dependents :gone",
        ExpressionAttributeValues={":gone": {"SS": ["jc-0gone"]}},
    )
    world.clock.run(world.clock.now + HOUR)
    waiting = [job for job in world.rows.jobs().values() if job.state is State.QUEUED and job.waits_for]
    yield from wrong(not waiting, f"{len(waiting)} jobs still wait for one that has ended")
    yield from settled(world)
    yield from ended(world)


def look_for_lost(world: World, *, hours: int) -> None:
    """The schedule runs, whether there is something to do or not, until all must have been told."""
    world.is_looking_for_lost = True
    world.slack = hours * HOUR
    world.busy_until = world.clock.now + hours * HOUR
    for turn in range(2 * hours):
        world.clock.after(turn * HOUR / 2 + 7, world.sweep)


def ended_or_rejected(world: World) -> Iterator[Violation]:
    states = {job.state for job in world.rows.jobs().values()}
    yield from wrong(states == {State.SUCCEEDED, State.REJECTED}, f"jobs are {states}")


def few_retold(world: World, *, most: int) -> Iterator[Violation]:
    retold = max(job.retold for job in world.rows.jobs().values())
    yield from wrong(retold <= most, f"a job was told again {retold} times")


def poisoned_job(world: World) -> str:
    """The job of the poisoned file."""
    return next(job.job_id for job in world.rows.jobs().values() if job.source.uri.endswith(POISON))


CASES = (
    refused_for_good,
    refused_for_hours,
    refused_events,
    told_late,
    stream_stands_still,
    table_restored,
    token_is_lost,
    nothing_is_lost,
    sibling_is_gone,
)
