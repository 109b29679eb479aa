"""Messages with the attribute by which functions once told each other how to go on (A1)."""

from collections.abc import Iterator
from typing import Any

from jobchute.job import Api
from jobchute.ledger.dead_letters import DEAD_LETTER
from jobchute.ledger.items import from_dynamodb
from tests.fakes.queues import BATCH
from tests.harness.faults.attack.attack import (
    HOUR,
    Attack,
    answered,
    forge,
    notification,
    rest,
    taken_once,
    wrong,
)
from tests.harness.faults.attack.continued import SLOW, put_large, whole
from tests.harness.faults.documents import document_of, invalid
from tests.harness.faults.innocents import Innocents, answers, later
from tests.harness.faults.meter import Meter
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

DRY_RUN = document_of(Api.TRAINING_JOB, 1, dryRun=True)


def overwrites_answers(world: World, innocents: Innocents) -> Iterator[Violation]:
    """A dry run and a rejection, said to be others' documents, once these were answered and once they ended."""

    def attack() -> None:
        for innocent in innocents.all:
            claims = {"uri": innocent.uri, "status_key": innocent.place, "index": innocent.index}
            forge(world, claims, DRY_RUN)
            forge(world, {**claims, "uri": f"sqs://forged-{innocent.place}"}, invalid(1))

    innocents.send()
    later(world, 120, attack)
    later(world, 2 * HOUR, attack)
    yield from rest(world)


def writes_anywhere(world: World, innocents: Innocents) -> Iterator[Violation]:
    """A dry run written under a name of the attacker's choice, before somebody's answer is there."""
    innocents.send()
    places = ("status/elsewhere.json", "requests/evil.json", f"status/{'x' * 1100}.json", "")
    sent = [forge(world, {"uri": "sqs://forged", "status_key": place}, DRY_RUN) for place in places]
    yield from rest(world)
    told = [place for place in places if place in world.s3.statuses]
    yield from wrong(not told, "attacker", f"he had {told} written")
    yield from taken_once(world, *sent)


def finishes_a_file(world: World, innocents: Innocents) -> Iterator[Violation]:
    """While a large file is read by several calls, a short message claims to go on with it."""
    Meter(world, SLOW)
    uri = put_large(world)
    claims = {
        "uri": uri,
        "status_key": "status/large.jsonl.json",
        "version": "v1",
        "sequencer": "0000000000000001".ljust(64, "0"),
    }
    # More than a batch of them, so that some come before the file is read on.
    for _ in range(3 * BATCH):
        forge(world, claims, invalid(1), invalid(2))
    innocents.send(at=(60.0, 90.0))
    yield from rest(world, patience=24 * HOUR)
    yield from whole(world, uri)


def hides_a_dead_letter(world: World, innocents: Innocents) -> Iterator[Violation]:
    """The notification of a file that may not be read claims to be about another document."""
    key = "requests/forbidden.json"
    world.s3.forbidden.add(key)
    version, sequencer = world.s3.upload(key, b"{}")
    innocents.send()
    later(world, 1, lambda: _notify_in_disguise(world, key, version, sequencer))
    yield from rest(world, patience=24 * HOUR)
    letters = [from_dynamodb(item) for (pk, _), item in world.rows.items.items() if pk == DEAD_LETTER]
    about = [name for letter in letters for name in letter["about"]]
    uri = f"s3://{world.s3.bucket}/{key}"
    yield from wrong(about == [f"{uri}?version={version}"], "dead letter", f"it is of {about}")
    told = [answer for answer in answers(world, uri) if "deadLetter" in answer]
    yield from wrong(len(told) == 1, "dead letter", "the file's own answer does not tell of it")


def _notify_in_disguise(world: World, key: str, version: str, sequencer: str) -> None:
    claims = {"uri": "sqs://elsewhere", "status_key": "status/elsewhere.json"}
    forge(world, claims, notification(world.s3.bucket, key, version, sequencer))


WRONG_TYPES: tuple[dict[str, Any], ...] = (
    {"uri": "sqs://a", "status_key": 5},
    {"uri": 5, "status_key": "status/a.json"},
    {"uri": "sqs://b", "status_key": "status/b.json", "version": [1]},
    {"uri": "sqs://c", "status_key": "status/c.json", "sequencer": {"a": 1}},
    {"uri": "sqs://d", "status_key": "status/d.json", "index": "x"},
    {"uri": "sqs://e", "status_key": "status/e.json", "combination": {"a": 1}},
    {"uri": "sqs://f", "status_key": None},
    {"uri": "", "status_key": ""},
    {"uri": "sqs://g", "status_key": "requests/g.json"},
    {"uri": "sqs://h", "status_key": f"status/{'h' * 1100}.json"},
    {"uri": "sqs://i", "status_key": "status/i.json", "sequencer": "ZZZ"},
    {"uri": "sqs://j", "status_key": "status/\ud800.json"},
)


def poisons_the_stream(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Rejections, and jobs, whose sources hold values of wrong types or keys that cannot be written."""
    sent = []
    for number, claims in enumerate(WRONG_TYPES):
        sent.append(forge(world, claims, invalid(number)))
        sent.append(forge(world, claims, document_of(Api.TRAINING_JOB, 800 + number)))
    innocents.send()
    yield from rest(world, patience=24 * HOUR)
    yield from taken_once(world, *sent)
    yield from answered(world, *(f"sqs://{message_id}" for message_id in sent))


ATTACKS = {
    "a1_overwrites_answers": Attack(overwrites_answers),
    "a1_writes_anywhere": Attack(writes_anywhere),
    "a1_finishes_a_file": Attack(finishes_a_file),
    "a1_hides_a_dead_letter": Attack(hides_a_dead_letter),
    "a1_poisons_the_stream": Attack(poisons_the_stream),
}
