"""What the attacks are made of."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from tests.harness.faults.documents import text_of
from tests.harness.faults.innocents import Innocents, answers, later
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

HOUR = 3600.0
DAY = 24 * HOUR
PATIENCE = 12 * HOUR
"""Until then a world must have come to rest after an attack; the jobs of the innocents last ten minutes."""
IN_TIME = 300.0
"""Seconds in which a document of the attacker's own is answered too, where it deserves an answer."""
SOURCE = "jobchuteSource"
"""An attribute that was once believed, whoever had sent it."""

Run = Callable[[World, Innocents], Iterator[Violation]]


class Attack(NamedTuple):
    """run: sends the attack and the innocents, lets the world come to rest, and tells what is wrong besides
    what must always hold. is_long: left to `python -m tests.harness.faults`.
    """

    run: Run
    is_long: bool = False


def rest(world: World, *, patience: float = PATIENCE) -> Iterator[Violation]:
    """Let all happen that is to happen by then."""
    until = world.clock.now + patience
    while not world.is_quiet():
        if world.clock.next_at is None or world.clock.next_at > until:
            yield Violation("stuck", "world", f"it did not come to rest within {patience / HOUR:.0f} hours")
            return
        world.clock.step()


def wrong(is_so: bool, about: str, what: str) -> Iterator[Violation]:
    if not is_so:
        yield Violation("wrong", about, what)


def forge(world: World, source: Mapping[str, Any], *documents: Mapping[str, Any]) -> str:
    """A message that claims to go on with another document. Returns its id."""
    attribute = {"DataType": "String", "StringValue": json.dumps(source)}
    return world.intake.send("\n".join(map(text_of, documents)), {SOURCE: attribute})


def notification(
    bucket: str, key: str, version: str = "", sequencer: str = "", *, times: int = 1
) -> dict[str, Any]:
    """As S3 makes it, of so many equal records; what is empty is left out."""
    entry = {"key": quote_plus(key), "versionId": version, "sequencer": sequencer, "size": 1}
    s3 = {"bucket": {"name": bucket}, "object": {name: value for name, value in entry.items() if value}}
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}
    return {"Records": [record] * times}


def notify(world: World, key: str, version: str = "", sequencer: str = "", *, bucket: str = "") -> str:
    """A message that claims that S3 sent it. Returns its id."""
    return world.intake.send(text_of(notification(bucket or world.s3.bucket, key, version, sequencer)))


def put(world: World, key: str, *documents: Mapping[str, Any], bucket: str = "") -> str:
    """Upload a file as anybody may; S3 tells of it. Returns its uri."""
    bucket = bucket or world.s3.bucket
    version, sequencer = world.s3.upload(key, "\n".join(map(text_of, documents)).encode(), bucket=bucket)
    notify(world, key, version, sequencer, bucket=bucket)
    return f"s3://{bucket}/{key}"


def answered(world: World, *uris: str) -> Iterator[Violation]:
    """Each of these has an answer that speaks of it."""
    for uri in uris:
        if not answers(world, uri):
            yield Violation("lost", f"attacker's {uri[:60]}", "it has no answer")


def no_dead_letters(world: World) -> Iterator[Violation]:
    """What is wrong for good is told to its sender, and is not tried again."""
    for place, letters in world.dead.items():
        if letters:
            bodies = [letter.body[:100] for letter in letters.values()]
            yield Violation("wrong", f"dead letters of {place}", f"{len(bodies)}, such as {bodies[0]}")


def taken_once(world: World, *message_ids: str) -> Iterator[Violation]:
    for message_id in message_ids:
        count = world.intake.taken[message_id]
        yield from wrong(count == 1, f"attacker's {message_id}", f"it was delivered {count} times")


def keep_sweeping(world: World, *, hours: float, every: float = 300.0) -> None:
    """The schedule runs for so long, whether the harness sees a reason or not."""
    for number in range(1, int(hours * HOUR / every) + 1):
        later(world, number * every, world.sweep)
