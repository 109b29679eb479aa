"""What calls do to a job that were about an attempt before its newest one."""

from collections.abc import Iterator
from dataclasses import replace

from jobchute.job import Api, State
from jobchute.money.budgets import Budgets
from jobchute.outcomes import Cause
from jobchute.pools.limits import Limits
from jobchute.providers.adapter import Observation
from jobchute.providers.pool_defaults import pool_rules
from tests.fakes.provider import Course, ProviderJob
from tests.fakes.wire import Fault
from tests.harness.faults import budgets
from tests.harness.faults.alternatives import all_tried, send_alternatives
from tests.harness.faults.cases import HOUR, ended, settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.retries import API, INTERNAL, NO_CAPACITY, failing, only_job, send, tried
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import ROOMY, World


def second_create_is_lost(world: World) -> Iterator[Violation]:
    """The second attempt's first create call never reaches its provider, which has the first attempt's job."""
    left = [None, Fault.CRASH_BEFORE]
    world.wire.decide = lambda boundary: left.pop(0) if boundary.creates and left else None
    world.provider.course = failing(NO_CAPACITY)
    job_id = send_alternatives(world, Api.BRAKET_JOB)
    yield from all_tried(world, [job_id], Cause.CAPACITY)


def late_writes_of_an_attempt(world: World) -> Iterator[Violation]:
    """Calls that were about the first attempt write down what they know while the second one runs."""

    def course(job: ProviderJob) -> Course:
        ends = failing(NO_CAPACITY, then=Course(seconds=4 * HOUR))(job)
        return replace(ends, pending=30)

    world.provider.course = course
    job_id = send_alternatives(world, API)
    world.clock.run(world.clock.now + 400)
    old = world.rows.jobs()[job_id]
    world.clock.run(world.clock.now + 1800)
    parts = world.parts
    parts.observer.apply(old, Observation(native="Failed", state=State.FAILED, cause=Cause.CODE))
    parts.stopper.stop(old, State.TIMED_OUT)
    at, id_of_old = int(world.clock.now), old.provider_id
    parts.ledger.move(job_id, State.CANCELLING, at, attempt=old.attempt, provider_id=id_of_old)
    yield from wrong((old.state, old.attempt) == (State.RUNNING, 1), f"it was {old.attempt} {old.state}")
    yield from all_tried(world, [job_id], Cause.CAPACITY)


def only_the_reconciler_knows_budgets(world: World) -> Iterator[Violation]:
    """As deployed: the function that observes an end leaves to the reconciler what has to be reserved again."""
    world.money.prices = budgets.PRICES
    budgets.use(world, Budgets("team", {budgets.TEAM: budgets.BOUND * 3}))
    world.provider.course = failing(INTERNAL)
    knowing, sweep = world.parts.attempts, world.schedule.sweep
    blind = world.parts.attempts = knowing._replace(budgets=None)

    def seeing() -> None:
        world.parts.attempts = knowing
        sweep()
        world.parts.attempts = blind

    world.schedule.sweep = seeing
    send(world, labels={"team": budgets.TEAM})
    yield from settled(world)
    yield from tried(world, only_job(world), Cause.INTERNAL)


def sent_again_between_attempts(world: World) -> Iterator[Violation]:
    """Deliveries of the document while the job waits for its second attempt do not make it begin earlier."""
    world.provider.course = failing(NO_CAPACITY)
    retry = {"attempts": 2, "after": "2h"}
    job_id = send(world, retry=retry)
    for delay in (700.0, 900.0):
        world.send(document_of(API, 1, retry=retry), Sent(Kind.JOB, job_id), delays=(delay,))
    yield from settled(world)
    yield from tried(world, only_job(world), Cause.CAPACITY)
    first, second = world.provider.jobs
    waited = second.created_at - (first.ended_at or 0)
    yield from wrong(waited >= 2 * HOUR, f"the second attempt began after {waited:.0f} s")


def lease_of_an_old_attempt(world: World) -> Iterator[Violation]:
    """In a pool of one: a slow call restores the lease of the first attempt, when it has ended, another job is
    in flight, and the second attempt waits.
    """
    world.rules = pool_rules({**ROOMY, str(API): Limits(limit=1, rate=1000)})
    fails = failing(INTERNAL)
    world.provider.course = lambda job: fails(job) if job.owner == first else Course(seconds=4 * HOUR)
    first = send(world)
    world.clock.run(world.clock.now + 300)
    old = world.rows.jobs()[first]
    send(world, number=2)
    world.clock.run(world.clock.now + HOUR)
    restored = world.parts.pool_rows.leases.restore(
        str(old.pool), first, share=old.share, at=old.create_at or 0
    )
    yield from wrong(restored and old.state is State.RUNNING, f"the lease of {old.state} was there")
    waiting = world.rows.jobs()[first]
    yield from wrong((waiting.attempt, waiting.waiting) == (2, old.pool), f"it waits in {waiting.waiting}")
    yield from settled(world)
    yield from ended(world)


CASES = (
    lease_of_an_old_attempt,
    second_create_is_lost,
    late_writes_of_an_attempt,
    only_the_reconciler_knows_budgets,
    sent_again_between_attempts,
)
