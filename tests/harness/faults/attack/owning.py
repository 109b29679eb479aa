"""An owner who knows every id, key and file of another, and senders who belong to no owner (A11)."""

from collections.abc import Iterator
from functools import partial

from jobchute.job import Api, Job, State, job_id_for_key
from jobchute.requests.owners import Owner
from tests.harness.faults.attack.attack import HOUR, Attack, answered, no_dead_letters, put, rest, wrong
from tests.harness.faults.documents import document_of, text_of
from tests.harness.faults.innocents import KEYS, Innocents, later
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

ADA, BOB, STRANGER = "AROAEXAMPLEADA123456:session", "AIDAEXAMPLEBOB123456", "AIDAEXAMPLESTRANGER1"
OWNERS = {"ada": Owner(principals=("AROAEXAMPLEADA123456",)), "bob": Owner(principals=(BOB,))}
MOMENTS = (0.05, 40.0, HOUR)
"""When Bob reaches for Ada's jobs: as they arrive, while they run, and once they have ended."""


def reaches_for_anothers_jobs(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Bob takes Ada's next keys first; he cancels her jobs by id, key and file, and waits for them."""
    _divide(world, innocents)
    for number, key in enumerate(KEYS):
        world.intake.send(text_of(_taken(number, key)), sender_id=BOB)
    innocents.send()
    for moment in MOMENTS:
        later(world, moment, partial(_reach, world, innocents, f"{moment:.0f}"))
    yield from rest(world)
    yield from no_dead_letters(world)
    yield from _fates(world, "ada", innocents)
    yield from _fates(world, "bob", innocents)


def belongs_to_no_owner(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Documents and cancellations from an unknown principal, from a forged folder, from outside all folders."""
    _divide(world, innocents)
    innocents.send()
    outside = put(world, "requests/outside.json", document_of(Api.TRAINING_JOB, 1))
    beside = put(world, "requests/adah/0.json", document_of(Api.TRAINING_JOB, 2))
    for moment in MOMENTS:
        later(world, moment, partial(_send_targets, world, innocents, STRANGER))
    world.intake.send(text_of(document_of(Api.BRAKET_JOB, 3)), sender_id=STRANGER)
    yield from rest(world)
    yield from answered(world, outside, beside)
    yield from no_dead_letters(world)
    yield from _fates(world, "ada", innocents)
    owned = {job.owner for job in world.rows.jobs().values() if job.state is not State.REJECTED}
    yield from wrong(owned == {"ada"}, "jobs", f"their owners are {owned}")


def _divide(world: World, innocents: Innocents) -> None:
    world.owners |= OWNERS
    innocents.owner, innocents.sender_id = "ada", ADA


def _taken(number: int, key: str) -> dict[str, object]:
    return document_of([*Api][number % len(Api)], number, idempotencyKey=key)


def _reach(world: World, innocents: Innocents, name: str) -> None:
    _send_targets(world, innocents, BOB)
    for number, target in enumerate(_targets(innocents)):
        put(world, f"requests/bob/{name}-{number}.json", {"cancel": target})
    for number, innocent in enumerate(innocents.singles()):
        after = _taken(number, f"after-{name}-{number}") | {"after": [innocent.job_id]}
        world.intake.send(text_of(after), sender_id=BOB)


def _send_targets(world: World, innocents: Innocents, sender_id: str) -> None:
    for target in _targets(innocents):
        world.intake.send(text_of({"cancel": target}), sender_id=sender_id)


def _targets(innocents: Innocents) -> list[str]:
    """What a cancellation of Ada's may name, but for her keys: Bob has jobs of his own under the same ones."""
    ids = {innocent.job_id for innocent in innocents.all if innocent.job_id}
    files = {innocent.uri for innocent in innocents.all if innocent.uri.startswith("s3://")}
    return sorted(ids | files | {file.partition("//")[2].partition("/")[2] for file in files})


def _fates(world: World, owner: str, innocents: Innocents) -> Iterator[Violation]:
    """Of an owner's jobs under those keys: all that are valid have succeeded."""
    rows = world.rows.jobs()
    valid = {each.job_id for each in innocents.all if each.job_id}
    if owner == "bob":
        valid = {job_id_for_key(key, "bob") for key in KEYS}
    for job_id in sorted(valid):
        job: Job | None = rows.get(job_id)
        state = None if job is None else job.state
        yield from wrong(state is State.SUCCEEDED, f"{owner}'s {job_id}", f"it is {state}")


ATTACKS = {
    "a11_reaches_for_anothers_jobs": Attack(reaches_for_anothers_jobs),
    "a11_belongs_to_no_owner": Attack(belongs_to_no_owner),
}
