"""What is lost without anybody's doing, and must not take others along (A8)."""

from collections.abc import Iterator

from jobchute.job import Api, State, job_id_for_key
from tests.harness.faults.attack.attack import HOUR, Attack, answered, keep_sweeping, put, rest, wrong
from tests.harness.faults.documents import document_of, invalid
from tests.harness.faults.innocents import Innocents, answers, later
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

DEPENDENTS = 10


def a_dependent_has_vanished(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Eleven jobs wait for one; of one of them the row is gone, as by hand or by its time to live."""
    put(world, "requests/first.json", document_of(Api.BRAKET_JOB, 1, idempotencyKey="first"))
    world.clock.run(world.clock.now + 5)
    first = job_id_for_key("first")
    for number in range(DEPENDENTS):
        document = document_of(Api.TRAINING_JOB, 50 + number, after=["first"], idempotencyKey=f"after-{number}")
        put(world, f"requests/after-{number}.json", document)
    # It sorts before the others, and has no row.
    world.parts.ledger.dependencies.wait_for(first, f"jc-{'0' * 64}")
    innocents.send(at=(1.0, 700.0))
    yield from rest(world)
    states = {key: row.state for key, row in world.rows.jobs().items()}
    waiting = [state for key, state in states.items() if state is not State.SUCCEEDED and key.startswith("jc-")]
    yield from wrong(not waiting, "dependents", f"{len(waiting)} did not run: {waiting}")


SILENT_HOURS = 30


def the_stream_is_silent_for_too_long(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Nobody reads it for thirty hours: of jobs that ended in the first, and of rejections, nothing is left."""
    world.slack = 40 * HOUR
    _be_silent(world, seconds=SILENT_HOURS * HOUR)
    keep_sweeping(world, hours=SILENT_HOURS + 8, every=600)
    uris = _send(world)
    innocents.send(at=(SILENT_HOURS * HOUR + 1, SILENT_HOURS * HOUR + 60))
    yield from rest(world, patience=60 * HOUR)
    yield from wrong(world.stream.trimmed > len(uris), "the stream", "it has forgotten nothing")
    yield from _told(world, uris)


def the_table_was_restored(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Its rows are as they were, and its stream is a new one: what the old one had not told is lost."""
    world.slack = 10 * HOUR
    _be_silent(world, seconds=1200)
    keep_sweeping(world, hours=8)
    uris = _send(world)
    later(world, 1199, world.stream.forget)
    innocents.send(at=(1201.0, 1260.0))
    yield from rest(world, patience=24 * HOUR)
    yield from wrong(world.stream.trimmed > len(uris), "the stream", "it has forgotten nothing")
    yield from _told(world, uris)


def _be_silent(world: World, *, seconds: float) -> None:
    """Nobody reads the stream, and what is lost is looked for."""
    world.is_looking_for_lost = True
    world.stream.is_read = False
    later(world, seconds, lambda: setattr(world.stream, "is_read", True))


def _send(world: World) -> list[str]:
    """Two jobs of each API, and two rejections."""
    documents = [document_of(api, 60 + number) for api in Api for number in range(2)]
    documents += [invalid(60), invalid(61)]
    return [put(world, f"requests/early/{number}.json", each) for number, each in enumerate(documents)]


def _told(world: World, uris: list[str]) -> Iterator[Violation]:
    yield from answered(world, *uris)
    rows = world.rows.jobs()
    for uri in uris:
        for answer in answers(world, uri):
            told, state = answer["state"], rows[answer["jobId"]].state
            yield from wrong(told == state, uri, f"its answer says {told}, the row {state}")


ATTACKS = {
    "a8_a_dependent_has_vanished": Attack(a_dependent_has_vanished),
    "a8_the_stream_is_silent_for_too_long": Attack(the_stream_is_silent_for_too_long),
    "a8_the_table_was_restored": Attack(the_table_was_restored),
}
