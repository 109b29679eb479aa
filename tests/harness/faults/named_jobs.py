"""Jobs with names, sent in any order, and what must hold of them."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from jobchute.job import Api, Job, State, job_id_for_key
from tests.fakes.wire import Boundary, Fault
from tests.harness.faults.cases import wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

SOON = 300.0
"""Seconds from when a name is known until the waiting job has found it, even if messages were lost."""
FAULTS = tuple(Fault)


def documents_in_any_order(name: str, size: int, chance: Random) -> list[dict[str, Any]]:
    """Each but the first waits for one to three of those before it; shuffled."""
    made = []
    for number in range(size):
        before = chance.sample(range(number), min(number, chance.randint(1, 3)))
        after = {"after": [f"{name}-{place}" for place in before]} if before else {}
        api = chance.choice(list(Api))
        made.append(document_of(api, chance.getrandbits(30), idempotencyKey=f"{name}-{number}", **after))
    chance.shuffle(made)
    return made


def send_named(
    world: World, name: str, after: Sequence[object] = (), *, delay: float = 0.0, is_file: bool | None = None
) -> str:
    """By file or by message; in turn where nothing is said. Returns the job's id."""
    number = len(world.sent)
    envelope = {"after": list(after)} if after else {}
    document = document_of(list(Api)[number % len(Api)], number, idempotencyKey=name, **envelope)
    sent = Sent(Kind.JOB, job_id_for_key(name))
    if number % 2 if is_file is None else is_file:
        world.upload(f"requests/{name}.json", document, sent, delays=(delay,))
    else:
        world.send(document, sent, delays=(delay,))
    return sent.job_id


def jobs_by_name(world: World) -> Mapping[str, Job]:
    return {job.idempotency_key: job for job in world.rows.jobs().values() if job.idempotency_key}


def stands(world: World, **states: State) -> Iterator[Violation]:
    jobs = jobs_by_name(world)
    found = {name: jobs[name].state if name in jobs else None for name in states}
    yield from wrong(found == states, f"jobs are {found}, not {states}")


def in_their_order(world: World) -> Iterator[Violation]:
    """All succeeded, and each was created when those before it had ended."""
    made = {job.owner: job for job in world.provider.jobs}
    for job in world.rows.jobs().values():
        yield from wrong(job.state is State.SUCCEEDED, f"{job.idempotency_key} is {job.state}: {job.reason}")
        yield from wrong(not job.awaits, f"{job.idempotency_key} did not wait for {job.awaits}")
        for entry in job.after:
            before, behind = made.get(entry["job"]), made.get(job.job_id)
            is_after = before and behind and before.ended_at and before.ended_at <= behind.created_at
            yield from wrong(bool(is_after), f"{job.idempotency_key} did not wait for {entry['job']}")


def no_messages(boundary: Boundary) -> Fault | None:
    return Fault.REFUSED if boundary.name == "sqs:send_message" else None


def reasons_of(world: World, *names: str) -> list[str]:
    jobs = jobs_by_name(world)
    return [jobs[name].reason or "" for name in names]
