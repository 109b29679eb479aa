"""Names that never come, and looks that anyone asks for (A9)."""

from collections.abc import Iterator

from jobchute.job import Api, State
from jobchute.requests.ordering import MAX_DEPENDENCIES
from tests.harness.faults.attack.attack import Attack, no_dead_letters, put, rest, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.innocents import Innocents
from tests.harness.faults.meter import USUAL, Meter
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

JOBS = 300
CHAIN = 250
LOOKS = 200


def names_that_never_come(world: World, innocents: Innocents) -> Iterator[Violation]:
    """A file of jobs that wait for twenty names each, and look for them again and again."""
    meter = Meter(world, USUAL)
    documents = [
        document_of(
            Api.TRAINING_JOB,
            40_000 + number,
            idempotencyKey=f"waits-{number}",
            after=[f"never-{number}-{place}" for place in range(MAX_DEPENDENCIES)],
        )
        for number in range(JOBS)
    ]
    uri = put(world, "requests/patient.jsonl", *documents)
    innocents.send(at=(1.0, 12.0, 60.0, 3590.0))
    yield from rest(world)
    meter.lift()
    states = {job.state for job in world.rows.jobs().values() if job.source.uri == uri}
    yield from wrong(states == {State.CANCELLED}, "the file", f"its jobs are {states}")
    yield from no_dead_letters(world)


def a_long_chain_behind_a_name(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Many jobs find the same names at once, and a long chain of jobs is behind each name."""
    meter = Meter(world, USUAL)
    chain = [
        document_of(
            Api.BRAKET_JOB,
            50_000 + number,
            idempotencyKey=f"link-{number}",
            after=[f"link-{number - 1}" if number else "hook"],
        )
        for number in range(CHAIN)
    ]
    put(world, "requests/chain.jsonl", *chain)
    last = f"link-{CHAIN - 1}"
    crowd = [
        document_of(
            Api.BRAKET_JOB, 60_000 + number, idempotencyKey=f"crowd-{number}", after=[f"end-{number // 90}"]
        )
        for number in range(LOOKS)
    ]
    put(world, "requests/crowd.jsonl", *crowd)
    ends = [
        document_of(Api.BRAKET_JOB, 70_000 + number, idempotencyKey=f"end-{number}", after=[last])
        for number in range(LOOKS // 90 + 1)
    ]
    put(world, "requests/ends.jsonl", *ends)
    innocents.send(at=(1.0, 8.0, 20.0, 60.0))
    yield from rest(world)
    meter.lift()
    yield from no_dead_letters(world)


ATTACKS = {
    "a9_names_that_never_come": Attack(names_that_never_come),
    "a9_a_long_chain_behind_a_name": Attack(a_long_chain_behind_a_name),
}
