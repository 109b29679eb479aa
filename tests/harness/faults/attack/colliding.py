"""Objects with names at which other documents are answered (A9)."""

from collections.abc import Iterator
from functools import partial

from jobchute.job import Api
from tests.harness.faults.attack.attack import Attack, answered, no_dead_letters, put, rest, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.innocents import BROKEN, Innocents, answers, later
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

OTHER = "other"


def files_are_answered_at_one_place(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Objects are put where the documents of files, of messages and of other buckets are answered."""
    world.s3.others = {OTHER: ""}
    innocents.send()
    for number, key in enumerate(("requests/a.jsonl", "requests/b/c.jsonl")):
        innocents.upload(key, [0, 1, BROKEN])
        for index in range(3):
            later(world, 60, partial(innocents.upload, f"{key}/{index}", [4]))
        innocents.upload(f"requests/before-{number}.jsonl/1", [2])
        later(world, 60, partial(innocents.upload, f"requests/before-{number}.jsonl", [3, 4]))
    innocents.message([0, 1])
    innocents.message([2])
    messages = {each.uri.removeprefix("sqs://") for each in innocents.all if each.uri.startswith("sqs://")}
    for message_id in sorted(messages):
        innocents.upload(f"requests/sqs/{message_id}", [1])
        innocents.upload(f"requests/sqs/{message_id}/0", [1])
    documents = [document_of(Api.BRAKET_JOB, 69 + number) for number in range(2)]
    there = [put(world, f"{name}.json", each, bucket=OTHER) for name, each in zip("xy", documents, strict=True)]
    innocents.upload(f"requests/{OTHER}/x.json", [2])
    yield from rest(world)
    yield from answered(world, *there)
    yield from no_dead_letters(world)


def jobs_of_a_matrix_are_answered_at_one_place(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Of a document with a matrix in a file, beside the documents of a file of that name, and objects."""
    axes = {"StoppingCondition.MaxRuntimeInSeconds": [3600, 3601, 3602]}
    swept = document_of(Api.TRAINING_JOB, 71, matrix=axes)
    alone = put(world, "requests/m.json", swept)
    swept_too = document_of(Api.TRAINING_JOB, 72, matrix=axes)
    several = put(world, "requests/n.jsonl", document_of(Api.TRAINING_JOB, 73), swept_too)
    innocents.send()
    for key in ("requests/m.json/0", "requests/m.json/2", "requests/n.jsonl/1", "requests/n.jsonl/1/1"):
        later(world, 60, partial(innocents.upload, key, [2]))
    yield from rest(world)
    for uri in (alone, several):
        sources = [answer["source"] for answer in answers(world, uri)]
        found = sorted(source["combination"] for source in sources if "combination" in source)
        yield from wrong(found == [0, 1, 2], uri, f"answered are its combinations {found}")


ATTACKS = {
    "a9_files_are_answered_at_one_place": Attack(files_are_answered_at_one_place),
    "a9_jobs_of_a_matrix_are_answered_at_one_place": Attack(jobs_of_a_matrix_are_answered_at_one_place),
}
