"""Cases of what one sender tries, or does by accident, and what becomes of the others' jobs."""

from collections.abc import Iterator

from jobchute.job import Api, State, job_id_of
from tests.fakes.provider import Course
from tests.fakes.wire import Boundary, Fault, no_fault
from tests.harness.faults.cases import HOUR, ended, settled, wrong
from tests.harness.faults.documents import document_of, object_event, text_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

KEY = "requests/theirs.json"
NINE = 9
FIVE_MINUTES = 300.0
TIMEOUT = 90.0
SECONDS_A_CALL = 0.5


def forged_notifications(world: World) -> Iterator[Violation]:
    """Old and unknown versions, told with the highest sequencer while jobs run; the old version's ends last."""
    world.provider.course = lambda job: Course(seconds=HOUR if "out-put/0" in str(job.call) else HOUR / 2)
    documents = [document_of(Api.TRAINING_JOB, number) for number in range(2)]
    versions = []
    for document in documents:
        sent = Sent(Kind.JOB, job_id_of(Api.TRAINING_JOB, document["request"], None))
        world.upload(KEY, document, sent)
        versions.append(sent.references[-1].partition("?version=")[2].partition("#")[0])
        world.clock.run(world.clock.now + 20)
    old, new = versions
    for version in (new, "no-version", old):
        world.intake.send(object_event(world.s3.bucket, KEY, version, "F" * 64))
    world.clock.run(world.clock.now + 20)
    running = [job for job in world.rows.jobs().values() if not job.state.is_final]
    yield from wrong(len(running) == len(documents), "they ended too soon to show anything")
    yield from settled(world)
    states = sorted(job.state for job in world.rows.jobs().values())
    yield from wrong(states == ["REJECTED", "SUCCEEDED", "SUCCEEDED"], f"jobs are {states}")


def forged_notifications_after_the_end(world: World) -> Iterator[Violation]:
    """A version that never was, once nothing more is told of the job."""
    document = document_of(Api.TRAINING_JOB, 1)
    world.upload(KEY, document, Sent(Kind.JOB, job_id_of(Api.TRAINING_JOB, document["request"], None)))
    yield from settled(world)
    world.intake.send(object_event(world.s3.bucket, KEY, "no-version", "F" * 64))
    yield from settled(world)
    states = sorted(job.state for job in world.rows.jobs().values())
    yield from wrong(states == [State.REJECTED, State.SUCCEEDED], f"jobs are {states}")


def large_file_in_a_batch(world: World) -> Iterator[Violation]:
    """A file of 60 documents and nine messages in one batch, where every call of AWS takes half a second."""
    begun = [0]
    invoke = world.functions.invoke

    def left() -> float:
        return TIMEOUT - SECONDS_A_CALL * (len(world.wire.names) - begun[0])

    def timed(name: str, *event: object) -> object:
        begun[0] = len(world.wire.names)
        world.wire.decide = _dies if name == "validate" else no_fault
        return invoke(name, *event)  # type: ignore[arg-type]

    def _dies(_: Boundary) -> Fault | None:
        return Fault.CRASH_BEFORE if left() <= 0 else None

    world.functions.time_left = left
    world.functions.invoke = timed  # type: ignore[method-assign, assignment]
    _upload_lines(world, 60)
    innocent = [document_of(Api.PROCESSING_JOB, number) for number in range(NINE)]
    job_ids = {job_id_of(Api.PROCESSING_JOB, each["request"], None) for each in innocent}
    for document in innocent:
        world.send(document, Sent(Kind.JOB, job_id_of(Api.PROCESSING_JOB, document["request"], None)))
    world.clock.run(world.clock.now + FIVE_MINUTES)
    there = job_ids & world.rows.images.keys()
    yield from wrong(len(there) == NINE, f"{len(there)} of {NINE} were taken within five minutes")
    yield from settled(world)
    yield from ended(world)
    yield from wrong(len(world.rows.images) == 60 + NINE, f"{len(world.rows.images)} jobs")


def no_time_to_advance(world: World) -> Iterator[Violation]:
    """A file whose readers never have time for one document: it becomes a dead letter, and no endless chain."""
    world.functions.time_left = lambda: 10.0
    sent = _upload_lines(world, 2)
    sent.kind = Kind.POISON
    world.sent.append(sent)
    yield from settled(world)
    hops = sum(name == "sqs:send_message" for name in world.wire.names)
    yield from wrong(hops <= 8, f"{hops} hops")


def _upload_lines(world: World, count: int) -> Sent:
    """A file of so many documents, which S3 tells of."""
    key = "requests/many.jsonl"
    text = "\n".join(text_of(document_of(Api.TRAINING_JOB, number)) for number in range(count))
    version, sequencer = world.s3.upload(key, text.encode())
    sent = Sent(Kind.JOB)
    sent.by_object(world.s3.bucket, key, version, sequencer)
    world.intake.send(sent.event)
    return sent


CASES = (
    forged_notifications,
    forged_notifications_after_the_end,
    large_file_in_a_batch,
    no_time_to_advance,
)
