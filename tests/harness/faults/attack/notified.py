"""Notifications that S3 never sent, or sent long ago (A2), and one that asks for a great deal of work (A6)."""

from collections.abc import Iterator
from functools import partial

from jobchute.job import Api, State, job_id_of
from tests.harness.faults.attack.attack import (
    HOUR,
    Attack,
    answered,
    no_dead_letters,
    notification,
    notify,
    put,
    rest,
    taken_once,
    wrong,
)
from tests.harness.faults.documents import document_of, text_of
from tests.harness.faults.innocents import BROKEN, FOLDER, Innocents, later
from tests.harness.faults.meter import USUAL, Meter
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

HIGHEST = ("Z" * 16, "F" * 64, "FFFFFFFFFFFFFFFF", "zzzz", "\U0010ffff")
"""Sequencers that sort behind every one that S3 gives."""
KEYS = tuple(f"{FOLDER}/{wave}-{kind}.json" for wave in (0, 1) for kind in range(BROKEN + 1))
MOMENTS = (0.0, 60.0, 2 * HOUR)
"""When it is sent: before the innocents, once they were answered, once their jobs have ended."""


def names_no_version(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Of keys that others upload to, with a sequencer that is later than any."""

    def attack() -> None:
        for number, key in enumerate(KEYS):
            notify(world, key, sequencer=HIGHEST[number % len(HIGHEST)])

    for moment in MOMENTS:
        later(world, moment, attack)
    innocents.send()
    yield from rest(world)
    yield from no_dead_letters(world)


def names_the_real_version(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Of the very objects that others uploaded, with a later sequencer."""

    def attack() -> None:
        for number, innocent in enumerate(innocents.singles()):
            key = innocent.uri.removeprefix(f"s3://{world.s3.bucket}/")
            version = world.s3.head_object(Bucket=world.s3.bucket, Key=key)["VersionId"]
            notify(world, key, version, HIGHEST[number % len(HIGHEST)])

    innocents.send()
    for moment in (0.05, 60.0, 2 * HOUR):
        later(world, moment, attack)
    yield from rest(world)
    yield from no_dead_letters(world)


def names_versions_that_are_not_there(world: World, innocents: Innocents) -> Iterator[Violation]:
    """A well-formed version id, one that is none, and a version of another object."""

    def attack(version: str) -> None:
        for number, key in enumerate(KEYS):
            notify(world, key, version, HIGHEST[number % len(HIGHEST)])

    innocents.send()
    for number, version in enumerate(("v999999", "no version id", "v1", "null")):
        for moment in MOMENTS:
            later(world, moment + 1 + number, partial(attack, version))
    yield from rest(world)
    yield from no_dead_letters(world)


def replays_an_old_version(world: World, innocents: Innocents) -> Iterator[Violation]:
    """A file was replaced; the notification of its first version comes again, with a later sequencer too."""
    first, second = (document_of(Api.TRAINING_JOB, number) for number in (700, 701))
    uri = put(world, "requests/replaced.json", first)
    later(world, 30, partial(put, world, "requests/replaced.json", second))
    for moment in (60.0, 2 * HOUR):
        for sequencer in ("0000000000000001", *HIGHEST):
            later(world, moment, partial(notify, world, "requests/replaced.json", "v1", sequencer))
    innocents.send()
    yield from rest(world)
    told = world.s3.status("status/replaced.json.json") or {}
    expected = job_id_of(Api.TRAINING_JOB, second["request"], None)
    yield from wrong(
        (told.get("jobId"), told.get("state")) == (expected, "SUCCEEDED"), uri, f"its answer is {told}"
    )


def names_keys_that_never_were(world: World, innocents: Innocents) -> Iterator[Violation]:
    innocents.send()
    sent = [notify(world, f"requests/never/{number}.json", sequencer="F" * 16) for number in range(20)]
    sent += [notify(world, f"requests/never/{number}.json", "v1", "F" * 16) for number in range(20, 40)]
    # No object can have this one.
    sent.append(notify(world, "requests/" + "x" * 2000))
    yield from rest(world)
    yield from taken_once(world, *sent)


UNREADABLE = {"theirs": "AccessDenied", "elsewhere": "PermanentRedirect"}
ODD_BUCKETS = (
    *UNREADABLE,
    "no-such-bucket",
    "a b",
    "../drop",
    "b" * 300,
    "arn:aws:s3:us-east-1:210987654321:accesspoint/theirs",
    "DROP",
    "drop\n",
    "\u202edrop",
)


def names_buckets_that_cannot_be_read(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Of others, in other regions, that are not there, and names that no bucket can have."""
    world.s3.others = dict(UNREADABLE)
    sent = {bucket: notify(world, "requests/a.json", "v1", "F" * 16, bucket=bucket) for bucket in ODD_BUCKETS}
    innocents.send()
    yield from rest(world)
    yield from taken_once(world, *sent.values())
    yield from no_dead_letters(world)
    rejected = [job.source.uri for job in world.rows.jobs().values() if job.state is State.REJECTED]
    for bucket, message_id in sent.items():
        is_told = any(bucket in uri or message_id in uri for uri in rejected)
        yield from wrong(is_told, f"bucket {bucket[:20]!r}", "its notification is no rejection")


TIMES = 60
TOO_MANY = 10_500
"""Documents of a file: more than one may hold, which is found out by reading it to the end."""


def names_a_large_file_many_times(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Sixty records of one file in a message of 13 KB. Reading a part stands for reading 25 times as much."""
    Meter(world, {**USUAL, "s3:get_object": 0.25})
    key = "requests/huge.jsonl"
    line = text_of({"cancel": "x" * 230})
    version, sequencer = world.s3.upload(key, "\n".join([line] * TOO_MANY).encode())
    document = notification(world.s3.bucket, key, version, sequencer, times=TIMES)
    world.intake.send(text_of(document))
    innocents.send()
    yield from rest(world)
    yield from answered(world, f"s3://{world.s3.bucket}/{key}")
    yield from no_dead_letters(world)


def names_many_files(world: World, innocents: Innocents) -> Iterator[Violation]:
    """A message of a hundred records, each of another file: more than one call has time for."""
    Meter(world, {**USUAL, "dynamodb": 0.15, "s3": 0.15})
    keys = [f"requests/many/{number}.json" for number in range(100)]
    records = []
    for number, key in enumerate(keys):
        document = document_of(Api.TRAINING_JOB, 20_000 + number)
        version, sequencer = world.s3.upload(key, text_of(document).encode())
        records += notification(world.s3.bucket, key, version, sequencer)["Records"]
    world.intake.send(text_of({"Records": records}))
    innocents.send()
    yield from rest(world)
    yield from answered(world, *(f"s3://{world.s3.bucket}/{key}" for key in keys))
    yield from no_dead_letters(world)


ATTACKS = {
    "a2_names_no_version": Attack(names_no_version),
    "a2_names_the_real_version": Attack(names_the_real_version),
    "a2_names_versions_that_are_not_there": Attack(names_versions_that_are_not_there),
    "a2_replays_an_old_version": Attack(replays_an_old_version),
    "a2_names_keys_that_never_were": Attack(names_keys_that_never_were),
    "a2_names_buckets_that_cannot_be_read": Attack(names_buckets_that_cannot_be_read),
    "a6_names_a_large_file_many_times": Attack(names_a_large_file_many_times),
    "a6_names_many_files": Attack(names_many_files),
}
