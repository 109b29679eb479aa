"""Special cases of dead letters: messages that fail until they get there, and their redrive."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from jobchute.job import Api, State, digest_of, job_id_for_key, job_id_of
from tests.fakes.queues import MAX_RECEIVES
from tests.fakes.wire import Boundary, Fault, no_fault
from tests.harness.faults.cases import HOUR, Case, during, ended, send_all, settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World


def poison(world: World) -> Iterator[Violation]:
    """Access to the file of every tenth of a thousand messages is denied."""
    yield from _poisoned(world, 1000)


def poison_in_a_batch(world: World) -> Iterator[Violation]:
    """The same with thirty messages."""
    yield from _poisoned(world, 30)


def redriven(world: World) -> Iterator[Violation]:
    """Redrive all dead letters five times, the last time with success, and each execution five times."""
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
            world.clock.after(30 + 60 * turn, partial(world.states.abort, sent.job_id))
            world.clock.after(50 + 60 * turn, partial(world.states.redrive, sent.job_id))
    yield from settled(world)
    yield from ended(world)
    yield from wrong(not world.rows.known_letters(), "the ledger still knows of dead letters")


def dead_with_its_key(world: World) -> Iterator[Violation]:
    """Of two bodies under a key, the first is a dead letter, as its row cannot be written.

    The second is refused, and the first becomes the job once it is redriven. Those of other keys are left.
    """
    for turn in ("redriven", "left"):
        for number, api in enumerate(Api):
            _body_of_key(world, api, f"{turn}-{number}", number)
        world.wire.decide = during(world, 24 * HOUR, "dynamodb:put_item/JOB")
        yield from settled(world)
        world.wire.decide = no_fault
        for number, api in enumerate(Api):
            _body_of_key(world, api, f"{turn}-{number}", number + 1000)
        yield from settled(world)
        if turn == "redriven":
            yield from ended(world, State.REJECTED)
            world.redrive()
            yield from settled(world)
    states = Counter(job.state for job in world.rows.jobs().values())
    yield from wrong(states == {State.REJECTED: 2 * len(Api), State.SUCCEEDED: len(Api)}, f"jobs are {states}")


def answered_and_dead(world: World) -> Iterator[Violation]:
    """Cancellations by file of jobs that have ended are answered, but each message becomes a dead letter.

    Its last delivery dies once the answer is noted. The answers stay, before it is redriven and after that.
    """
    places = []
    job_ids = send_all(world, each=1)
    yield from settled(world)
    for number, job_id in enumerate(job_ids):
        sent = Sent(Kind.CANCEL, job_id)
        places += world.upload(f"requests/cancel-{number}.json", {"cancel": job_id}, sent).status_keys
        world.wire.decide = _dying_at_last("dynamodb:update_item/SOURCE:isOver+outcome")
        yield from settled(world)
    world.wire.decide = no_fault
    yield from wrong(len(world.rows.known_letters()) == len(job_ids), "not all dead letters are known")
    for _ in range(2):
        answers = [world.s3.status(place) for place in places]
        kept = [answer for answer in answers if "cancel" in answer and "deadLetter" not in answer]
        yield from wrong(len(kept) == len(job_ids), f"{len(job_ids) - len(kept)} answers were replaced")
        world.redrive()
        yield from settled(world)
    yield from ended(world)


def _dying_at_last(call: str) -> Callable[[Boundary], Fault | None]:
    """A call is refused in each delivery but the last, which dies after it."""
    deliveries = itertools.count(1)

    def decide(boundary: Boundary) -> Fault | None:
        if boundary.name != call:
            return None
        return Fault.CRASH_AFTER if next(deliveries) >= MAX_RECEIVES else Fault.REFUSED

    return decide


def _body_of_key(world: World, api: Api, key: str, number: int) -> None:
    document = document_of(api, number, idempotencyKey=key)
    world.send(document, Sent(Kind.ONE_OF_KEY, job_id_for_key(key), digest_of(api, document["request"])))


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
    world.clock.run(world.clock.now + 60)
    good = count * 9 // 10
    yield from wrong(len(world.rows.images) == good, f"{len(world.rows.images)} of {good} at once")
    yield from settled(world)
    yield from ended(world)
    yield from wrong(len(world.rows.known_letters()) == count - good, "not all dead letters are known")
    again = [letter for letter in world.intake.taken.values() if letter > 1]
    yield from wrong(len(again) == count - good, f"{len(again)} messages came more than once")


CASES: tuple[Case, ...] = (poison, poison_in_a_batch, redriven, dead_with_its_key, answered_and_dead)
