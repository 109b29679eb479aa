"""Messages by which functions go on with what one call has no time for, sent by somebody else (A1)."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from jobchute.job import Api
from tests.fakes.queues import PERSON
from tests.harness.faults.attack.attack import HOUR, Attack, no_dead_letters, put, rest, wrong
from tests.harness.faults.documents import document_of, text_of
from tests.harness.faults.innocents import Innocents, later
from tests.harness.faults.meter import Meter
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

LARGE = 240
SLOW = {"dynamodb": 0.16, "s3": 0.16, "sqs": 0.16, "states": 0.16}
"""Jobs of a file, and calls that take so long that several invocations have to read it."""


REPLAYS = (0.2, 5.0, 600.0, 2 * HOUR)
"""When each message is sent again, in seconds."""
MAX_HEARD = 10
"""Messages of which somebody hears: what is sent again makes functions send more of them."""


def put_large(world: World) -> str:
    documents = (document_of(Api.TRAINING_JOB, 9000 + number) for number in range(LARGE))
    return put(world, "requests/large.jsonl", *documents)


def whole(world: World, uri: str) -> Iterator[Violation]:
    ours = [job for job in world.rows.jobs().values() if job.source.uri == uri and job.api is not None]
    yield from wrong(len(ours) == LARGE, "large file", f"{len(ours)} of its {LARGE} jobs are there")
    status = world.s3.status("status/large.jsonl.json") or {}
    told = {name: status.get(name) for name in ("accepted", "rejected")}
    yield from wrong(told == {"accepted": LARGE, "rejected": 0}, "large file", f"it is told {told}")


ODD_CONTINUATIONS: tuple[dict[str, Any], ...] = (
    {"continue": "0" * 64},
    {"continue": "no such thing"},
    {"continue": ""},
    {"continue": 5},
    {"continue": {"a": 1}},
    {"continue": "x" * 5000},
    {"continue": "0" * 64, "cancel": "x"},
)
"""Of what functions might send to themselves, as somebody may guess it."""


def replays_what_functions_send(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Messages by which a function goes on with a large file, sent again by somebody, at once and later."""
    Meter(world, SLOW)
    taker = world.sqs.takers["intake"]

    heard: list[str] = []

    def overhear(body: str, attributes: Any, delay: float) -> str:
        heard.append(body)
        for seconds in REPLAYS if len(heard) <= MAX_HEARD else ():
            later(world, seconds, partial(world.intake.send, body, attributes, sender_id=PERSON))
        return taker(body, attributes, delay)

    world.sqs.takers["intake"] = overhear
    uri = put_large(world)
    for document in ODD_CONTINUATIONS:
        world.intake.send(text_of(document))
    innocents.send(at=(60.0, 90.0))
    yield from rest(world, patience=24 * HOUR)
    yield from wrong(bool(heard), "the case", "no function had to go on with anything")
    yield from whole(world, uri)
    yield from no_dead_letters(world)


ATTACKS = {"a1_replays_what_functions_send": Attack(replays_what_functions_send)}
