"""What the special cases are made of."""

from collections.abc import Callable, Iterator
from typing import Any

from jobchute.job import Api, State, job_id_of
from tests.fakes.wire import Boundary, Fault
from tests.harness.faults.documents import document_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

HOUR = 3600.0
EACH = 5
"""Jobs of each API."""
Case = Callable[[World], Iterator[Violation]]
"""Makes the world what it is; what comes after `yield from settled(...)` is what must hold besides."""


def settled(world: World) -> Iterator[Violation]:
    if not world.settle():
        yield Violation("stuck", "world", "it did not come to rest")


def wrong(is_so: bool, what: str) -> Iterator[Violation]:
    if not is_so:
        yield Violation("wrong", "case", what)


def send_job(world: World, api: Api, number: int = 1, **envelope: Any) -> str:
    """A document by message; returns the job's id."""
    document = document_of(api, number, **envelope)
    job_id = job_id_of(api, document["request"], None)
    world.send(document, Sent(Kind.JOB, job_id))
    return job_id


def send_all(world: World, *, each: int = EACH) -> list[str]:
    """By message and by file in turn; returns the jobs' ids."""
    job_ids = []
    for number in range(each * len(Api)):
        api = list(Api)[number % len(Api)]
        document = document_of(api, number)
        job_ids.append(job_id_of(api, document["request"], None))
        sent = Sent(Kind.JOB, job_ids[-1])
        if number % 2:
            world.send(document, sent)
        else:
            world.upload(f"requests/{number}.json", document, sent)
    return job_ids


def ended(world: World, state: State = State.SUCCEEDED) -> Iterator[Violation]:
    states = {job.state for job in world.rows.jobs().values()}
    yield from wrong(states == {state}, f"jobs are {states}")


def during(world: World, seconds: float, service: str) -> Callable[[Boundary], Fault | None]:
    """Every call to a service is refused for so long."""
    until = world.clock.now + seconds

    def decide(boundary: Boundary) -> Fault | None:
        is_refused = world.clock.now < until and boundary.name.startswith(service)
        return Fault.REFUSED if is_refused else None

    return decide
