"""What tests of arriving jobs share."""

from dataclasses import replace

from jobchute.job import Api, Job, iso
from jobchute.lifecycle.arrive import Arrivals
from jobchute.pools.limits import QueuePosition
from tests.builders import NOW, a_job
from tests.harness.faults.documents import document_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.world import World
from tests.integration.pools.one_pool import POOL, Pool

NOW_MS = NOW * 1000


def arrivals_of(pool: Pool) -> Arrivals:
    return Arrivals(pool.ledger, pool.rows, pool.admission.capacity, pool.admission)


def new_job(number: int, pool: str = POOL) -> Job:
    """As a request builds it; the ledger does not have it yet."""
    job = a_job(f"new {number}", created_at=iso(NOW), pool=pool, share="ada", due=NOW + 10**6)
    return replace(job, waiting=pool, place=str(QueuePosition.of(job)))


def admitted(pool: Pool) -> Job:
    """Its lease is taken, and its row not written."""
    job = arrivals_of(pool).admit(new_job(1))
    assert pool.rows.find(POOL).leases
    return job


def send(world: World, number: int) -> list[str]:
    """The calls of its delivery."""
    document = document_of(Api.BRAKET_JOB, number, idempotencyKey="one" if number > 1 else "first")
    begin = len(world.wire.names)
    world.send(document, Sent(Kind.JOB, ""))
    world.clock.run(world.clock.now + 0.1)
    return world.wire.names[begin:]
