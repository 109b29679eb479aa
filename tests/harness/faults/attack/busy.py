"""No attack: the innocents by themselves, and a function that has to go on with a file many times."""

from collections.abc import Iterator

from jobchute.job import Api
from tests.harness.faults.attack.attack import DAY, Attack, put, rest, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.innocents import Innocents
from tests.harness.faults.meter import Meter
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

JOBS = 320
SLOW = {"dynamodb": 1.25}
"""Jobs of a file, and how long calls take, so that an invocation takes in some fifteen of them."""


def nothing(world: World, innocents: Innocents) -> Iterator[Violation]:
    innocents.send()
    yield from rest(world)


def a_file_of_many_invocations(world: World, innocents: Innocents) -> Iterator[Violation]:
    """More than Lambda lets a function cause in one chain of messages, where its RecursiveLoop is not Allow."""
    meter = Meter(world, SLOW)
    documents = (document_of(Api.TRAINING_JOB, 8000 + number) for number in range(JOBS))
    uri = put(world, "requests/long.jsonl", *documents)
    yield from rest(world, patience=2 * DAY)
    stopped = world.intake.stopped
    yield from wrong(not stopped, "the chain of messages", f"Lambda stopped {stopped} invocations")
    taken = sum(job.source.uri == uri for job in world.rows.jobs().values())
    yield from wrong(taken == JOBS, "long file", f"{taken} of its {JOBS} jobs are there")
    meter.lift()
    innocents.send()
    yield from rest(world)


ATTACKS = {
    "nothing": Attack(nothing),
    "a_file_of_many_invocations": Attack(a_file_of_many_invocations, is_long=True),
}
