"""Keys that are too long (A3), and small documents with a great deal wrong in them (A3, A4)."""

from collections.abc import Iterator, Mapping
from typing import Any

from jobchute.job import Api, State, job_id_of
from jobchute.ledger.items import JOB, to_dynamodb
from tests.aws import TABLE
from tests.harness.faults.attack.attack import (
    IN_TIME,
    Attack,
    answered,
    no_dead_letters,
    notify,
    put,
    rest,
    wrong,
)
from tests.harness.faults.documents import document_of, invalid, text_of
from tests.harness.faults.innocents import Innocents, answers
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

LONG = 1024
"""Bytes of the longest key that S3 takes."""


def keys_are_too_long_to_answer(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Keys of 1,013 to 1,024 bytes, whose status keys would have more than S3 takes."""
    uris = []
    for number, length in enumerate((1013, 1020, 1021, 1022, 1023, 1024)):
        key = f"requests/{number}-".ljust(length - 1, "x") + "y"
        uris.append(put(world, key, document_of(Api.TRAINING_JOB, 300 + number)))
        uris.append(put(world, key.replace("requests/", "requests/!")[:LONG], invalid(number)))
    uris.append(put(world, "requests/" + "é" * 507, document_of(Api.BRAKET_JOB, 310)))
    several = "requests/".ljust(LONG - 6, "z") + ".jsonl"
    documents = [document_of(Api.BRAKET_JOB, 320 + number) for number in range(5)]
    uris.append(put(world, several, *documents, invalid(9)))
    innocents.send()
    yield from rest(world)
    yield from answered(world, *uris)
    yield from no_dead_letters(world)
    found = {answer["source"].get("document") for answer in answers(world, uris[-1])}
    yield from wrong({*range(6)} <= found, "attacker's file", f"of its documents are answered {found}")


def keys_of_another_bucket(world: World, innocents: Innocents) -> Iterator[Violation]:
    """There, the bucket's name is a part of the status key, so shorter keys are too long."""
    world.s3.others = {"another-bucket-with-a-long-name-that-is-read-too": ""}
    bucket = next(iter(world.s3.others))
    uris = []
    for number, length in enumerate((940, 949, 960, 1000, 1024)):
        key = f"{number}-".ljust(length, "x")
        uris.append(put(world, key, document_of(Api.TRAINING_JOB, 330 + number), bucket=bucket))
    innocents.send()
    yield from rest(world)
    yield from answered(world, *uris)
    yield from no_dead_letters(world)


def a_row_is_too_large_for_the_bus(world: World, innocents: Innocents) -> Iterator[Violation]:
    """A thousand unknown keys: less than an item holds, and more than an event."""
    uris = [
        put(world, f"requests/many/{number}.json", {f"{n:04}{number}".ljust(100, "k"): 1 for n in range(1050)})
        for number in range(8)
    ]
    innocents.send()
    yield from rest(world)
    yield from answered(world, *uris)


def a_row_of_before_the_limits(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Rejections that an older version wrote, with 300 KB of problems."""
    problem = {"path": "p" * 1000, "code": "UNKNOWN_KEY", "message": "m" * 1000}
    uris = [put(world, f"requests/old/{number}.json", invalid(number)) for number in range(8)]
    world.clock.run(world.clock.now + 5)
    for job in [job for job in world.rows.jobs().values() if job.source.uri in uris]:
        item = world.rows.items[job.job_id, JOB]
        old_id = "rj-" + job.job_id[3:][::-1]
        changes = {"pk": old_id, "jobId": old_id, "problems": [problem] * 150}
        world.dynamodb.put_item(TableName=TABLE, Item={**item, **to_dynamodb(changes)})
    innocents.send()
    yield from rest(world)


def _duplicates() -> dict[str, Any]:
    """598 KB of problems in 20 KB."""
    axes = {f"HyperParameters.{name * 90}": [1] * 1000 for name in "abc"}
    return document_of(Api.TRAINING_JOB, 1, matrix=axes)


def _unknown_in(number: int, names: Mapping[str, Any]) -> dict[str, Any]:
    document = document_of(Api.TRAINING_JOB, number)
    return {**document, "request": {**document["request"], **names}}


POISON: Mapping[str, dict[str, Any]] = {
    "a matrix of duplicates": _duplicates(),
    "2,400 unknown keys": {f"unknown-{number}": 1 for number in range(2400)},
    "2,400 unknown members of the body": _unknown_in(2, {f"Unknown{number}": 1 for number in range(2400)}),
    "a key of 200 KB": {"k" * 200_000: 1, "api": "sagemaker:CreateTrainingJob"},
    "a member of 200 KB": _unknown_in(3, {"k" * 200_000: 1}),
    "members of 120 KB": _unknown_in(4, {"k" * 120_000: 1, "l" * 120_000: 1}),
    "a path of many long members": _unknown_in(5, {"Environment": {"e" * 100_000: {"f" * 100_000: []}}}),
    "a cancel of 3,000 characters": {"cancel": "x" * 3000},
    "a cancel of a file of 3,000 characters": {"cancel": "requests/" + "x" * 3000},
    "a cancel of 200 KB": {"cancel": "é" * 100_000},
    "a job to wait for of 3,000 characters": document_of(Api.TRAINING_JOB, 6, after=["x" * 3000]),
    "labels of 3,000 characters": document_of(Api.TRAINING_JOB, 7, labels={"k" * 3000: "v" * 3000}),
    "an API of 200 KB": {"api": "a" * 200_000, "request": {}},
    "an idempotency key of 200 KB": document_of(Api.TRAINING_JOB, 8, idempotencyKey="i" * 200_000),
    "a job to retry of 200 KB": document_of(Api.TRAINING_JOB, 9, retryOf="r" * 200_000),
    "a name of 200 KB": _unknown_in(10, {"TrainingJobName": "n" * 200_000}),
    "a model of 200 KB": {
        **document_of(Api.BEDROCK_JOB, 11),
        "request": {**document_of(Api.BEDROCK_JOB, 11)["request"], "modelId": "m" * 200_000},
    },
}
"""Small documents that make large rows, or keys that the table does not take."""
MAX_ANSWER_BYTES = 64 * 1024
"""Of a rejection, as its sender reads it: 32 KB of problems, and the rest."""


def much_is_wrong_in_a_little(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Each by object and by message, as many as there are."""
    uris = {}
    for number, (name, document) in enumerate(POISON.items()):
        uris[put(world, f"requests/poison/{number}.json", document)] = name
        uris[f"sqs://{world.intake.send(text_of(document))}"] = name
    innocents.send()
    begun = world.clock.now
    world.clock.run(begun + IN_TIME)
    in_time = {uri for uri in uris if answers(world, uri)}
    yield from rest(world)
    for uri, name in uris.items():
        yield from wrong(uri in in_time, f"{name}, {uri[:30]}", "it had no answer in time")
        sizes = [len(text_of(answer)) for answer in answers(world, uri)]
        largest = max(sizes, default=0)
        yield from wrong(largest < MAX_ANSWER_BYTES, f"{name}, {uri[:30]}", f"its answer has {largest:,} bytes")
    yield from no_dead_letters(world)


def a_bad_line_in_a_file(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Each of them in a file of its own, between good ones: what is behind it is taken."""
    good: dict[str, list[str]] = {}
    for number, document in enumerate(POISON.values()):
        behind = [document_of(Api.BRAKET_JOB, 400 + 10 * number + place) for place in range(4)]
        uri = put(world, f"requests/bad-line/{number}.jsonl", behind[0], document, *behind[1:])
        good[uri] = [job_id_of(Api.BRAKET_JOB, each["request"], None) for each in behind]
    innocents.send()
    begun = world.clock.now
    world.clock.run(begun + IN_TIME)
    rows = world.rows.jobs()
    for (uri, job_ids), name in zip(good.items(), POISON, strict=True):
        missing = [job_id for job_id in job_ids if job_id not in rows]
        yield from wrong(
            not missing, f"{name} in {uri}", f"{len(missing)} jobs beside it are not there in time"
        )
    yield from rest(world)
    for (uri, job_ids), name in zip(good.items(), POISON, strict=True):
        status = world.s3.status(f"status/{uri.partition('/requests/')[2]}.json") or {}
        told = [status.get(key) for key in ("accepted", "rejected")]
        yield from wrong(told == [len(job_ids), 1], f"{name} in {uri}", f"the file is told {told}")
    ended = {row.state for job_ids in good.values() for row in map(world.rows.jobs().get, job_ids) if row}
    yield from wrong(ended <= {State.SUCCEEDED}, "jobs beside bad lines", f"they are {ended}")


def a_notification_of_a_long_key(world: World, innocents: Innocents) -> Iterator[Violation]:
    """S3 has no such key; the ledger's rows of it would have keys that are too long."""
    for length in (1025, 2048, 5000, 100_000):
        notify(world, "requests/" + "k" * length, "v1", "0" * 16)
        notify(world, "k" * length, "v1", "0" * 16, bucket="another-bucket")
    innocents.send()
    yield from rest(world)
    yield from no_dead_letters(world)


ATTACKS = {
    "a3_keys_are_too_long_to_answer": Attack(keys_are_too_long_to_answer),
    "a3_keys_of_another_bucket": Attack(keys_of_another_bucket),
    "a3_a_row_is_too_large_for_the_bus": Attack(a_row_is_too_large_for_the_bus),
    "a3_a_row_of_before_the_limits": Attack(a_row_of_before_the_limits),
    "a3_a_notification_of_a_long_key": Attack(a_notification_of_a_long_key),
    "a4_much_is_wrong_in_a_little": Attack(much_is_wrong_in_a_little),
    "a4_a_bad_line_in_a_file": Attack(a_bad_line_in_a_file),
}
