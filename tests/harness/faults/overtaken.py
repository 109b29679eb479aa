"""Cases of rows that have changed since a call read them, and of jobs that wait in a queue and exist."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from jobchute.attempts import Policy
from jobchute.job import Api, State
from jobchute.ledger.items import to_dynamodb
from jobchute.ledger.plans import PLAN
from jobchute.outcomes import Cause
from jobchute.pools.limits import Limits
from jobchute.pools.pauses import paused
from jobchute.providers.pool_defaults import pool_rules
from tests.aws import TABLE
from tests.fakes.provider import Course, lacks_nothing
from tests.fakes.wire import Boundary, Fault, ignore
from tests.harness.faults.alternatives import asked, pending, send_alternatives
from tests.harness.faults.cases import HOUR, send_job, settled, wrong
from tests.harness.faults.retries import API, only_job
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.unseen import all_ended
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import ROOMY, World
from tests.scarcity import alternatives

ONE_AT_A_TIME = {str(api): Limits(limit=1, rate=1000) for api in Api}
STOPPED = (Api.TRAINING_JOB, Api.FIREWORKS_JOB, Api.BEDROCK_JOB)
"""Of each way in which a provider tells that a job was stopped."""


def _pause_at(world: World, of: Callable[[Boundary], bool], act: Callable[[], object]) -> None:
    """What happens between such a call and the one before it, once."""

    def pause(boundary: Boundary) -> None:
        if of(boundary):
            world.wire.pause = ignore
            act()

    world.wire.pause = pause


def _looks_up(boundary: Boundary) -> bool:
    return ":list" in boundary.name or ":search" in boundary.name


def cancelled_while_refused(world: World) -> Iterator[Violation]:
    """A job is cancelled during its create call, which is refused for want of quota, and its pool is paused."""
    world.provider.quota = 0
    begun = world.clock.now
    job_id = send_job(world, Api.BRAKET_JOB)
    _pause_at(world, lambda seen: seen.creates, lambda: world.parts.job_canceller.cancel(job_id))
    world.clock.run(begun + 20)
    world.rules = pool_rules(ROOMY, pauses=paused({}, str(Api.BRAKET_JOB)))
    world.clock.run(begun + HOUR / 2)
    yield from wrong(only_job(world).state is State.CANCELLED, "it was not cancelled within half an hour")
    yield from settled(world)


def _run_for(world: World, course: Course) -> None:
    world.provider.course = lambda _: course


def _lose_the_first(world: World, fault: Fault) -> None:
    left = [fault]
    world.wire.decide = lambda seen: left.pop() if seen.creates and left else None


def _hidden_and_refused(world: World, seconds: float, quota: int) -> None:
    """The answer to a create call is lost, the job is not shown for so long, and others are refused."""
    _run_for(world, Course(seconds=20 * HOUR, stop_seconds=1200))
    world.provider.is_full_first = True
    _lose_the_first(world, Fault.LOST)
    send_job(world, Api.PROCESSING_JOB)
    world.clock.run(world.clock.now + 3)
    world.provider.quota = quota
    world.provider.hide(world.provider.jobs[0], seconds)


def hidden_by_its_quota(world: World) -> Iterator[Violation]:
    """It uses up the quota itself, and jobs of higher priority come: it is found, and they wait for its end."""
    world.rules = pool_rules(ONE_AT_A_TIME)
    _hidden_and_refused(world, 240, 1)
    for number in (2, 3):
        send_job(world, Api.PROCESSING_JOB, number, priority=9)
    world.clock.run(world.clock.now + 270)
    world.provider.quota = None
    world.clock.run(world.clock.now + HOUR / 2)
    states = [str(job.state) for job in world.rows.jobs().values()]
    yield from wrong(sorted(states) == ["QUEUED", "QUEUED", "RUNNING"], f"jobs are {states}")
    yield from wrong(len(world.provider.jobs) == 1, "the pool has more jobs than it allows")
    yield from all_ended(world, State.SUCCEEDED)


def cancelled_in_the_queue(world: World) -> Iterator[Violation]:
    """It is not shown for so long that it waits in its queue, and is found as it is cancelled there."""
    world.rules = pool_rules(ONE_AT_A_TIME)
    _hidden_and_refused(world, 1500, 0)
    world.clock.run(world.clock.now + 1400)
    job = only_job(world)
    yield from wrong(job.waiting is not None, "it does not wait in its queue")
    world.send({"cancel": job.job_id}, Sent(Kind.CANCEL, job.job_id), delays=(300.0,))
    world.clock.run(world.clock.now + 600)
    job = only_job(world)
    yield from wrong(job.state is State.CANCELLING and job.waiting is None, f"it is {job.state}, {job.waiting}")
    row = world.parts.pool_rows.get(str(job.pool))
    yield from wrong(job.job_id in row.leases, "it takes up no room of its pool")
    yield from all_ended(world, State.CANCELLED, Cause.CANCELLED)


def _sweep_while(world: World, act: Callable[[], object]) -> None:
    """A reconciliation whose first look-up is so slow that the job is stopped meanwhile."""
    world.schedule.is_on = False

    def meanwhile() -> None:
        world.clock.now += 5
        act()
        world.clock.run(world.clock.now + 15)

    _pause_at(world, _looks_up, meanwhile)
    world.sweep()
    world.schedule.is_on = True


def stopped_by_another(world: World) -> Iterator[Violation]:
    """Two reconciliations meet in a job whose patience is over: its alternative is tried."""
    waits = pending(0)
    world.provider.course = lambda job: replace(
        waits(job) if asked(job.api, job.call) == 0 else Course(pending=60), stop_seconds=5
    )
    world.provider_events.delays = list
    for api in STOPPED:
        job_id = send_alternatives(world, api)
        world.clock.run(world.clock.now + 20)
        world.clock.run(world.rows.jobs()[job_id].deadline - 1)
        _sweep_while(world, world.sweep)
    yield from settled(world)
    for job in world.rows.jobs().values():
        is_so = job.state is State.SUCCEEDED and job.attempt > 1
        yield from wrong(is_so, f"{job.api} {job.state}, attempt {job.attempt}")


def stopped_at_its_limit_by_another(world: World) -> Iterator[Violation]:
    """Two reconciliations meet in a job whose time to wait at its provider is over."""
    _run_for(world, Course(seconds=90 * 24 * HOUR, pending=60, stop_seconds=5))
    world.provider_events.delays = list
    send_job(world, Api.FIREWORKS_JOB)
    world.clock.run(world.clock.now + 2 * HOUR)
    world.clock.run(only_job(world).deadline - 1)
    _sweep_while(world, world.sweep)
    yield from all_ended(world, State.TIMED_OUT, Cause.CAPACITY)


def cancelled_during_a_look_up(world: World) -> Iterator[Violation]:
    """The reason of a job that is cancelled during a look-up says so."""
    _run_for(world, Course(seconds=90 * 24 * HOUR, pending=60, stop_seconds=5))
    world.provider_events.delays = list
    job_id = send_job(world, Api.FIREWORKS_JOB)
    world.clock.run(world.clock.now + 2 * HOUR)
    _sweep_while(world, lambda: world.parts.job_canceller.cancel(job_id))
    yield from all_ended(world, State.CANCELLED, Cause.CANCELLED)
    reason = only_job(world).reason or ""
    yield from wrong("on request" in reason, f"its reason is {reason!r}")


def ended_by_one_that_dies(world: World) -> Iterator[Violation]:
    """Two reconciliations meet in a job that a person stopped at its provider. The one that ends it dies before
    it gives the lease back, so the other one does.
    """
    world.rules = pool_rules(ONE_AT_A_TIME)
    _run_for(world, Course(seconds=90 * 24 * HOUR, pending=60, stop_seconds=5))
    send_job(world, Api.FIREWORKS_JOB)
    world.clock.run(world.clock.now + HOUR)
    world.provider.stop(world.provider.jobs[0])

    def act() -> None:
        world.clock.run(world.clock.now + 15)
        world.wire.decide = lambda seen: Fault.CRASH_AFTER if seen.name.endswith("JOB:CANCELLED") else None
        world.sweep()
        world.wire.decide = lambda _: None

    _sweep_while(world, act)
    job = only_job(world)
    leases = world.parts.pool_rows.get(str(job.pool)).leases
    yield from wrong(job.state is State.CANCELLED and not leases, f"it is {job.state}, leases: {leases}")
    yield from settled(world)


def admitted_after_its_patience(world: World) -> Iterator[Violation]:
    """A waiting job whose alternatives are lost is admitted as its patience ends: it is submitted then."""
    world.provider.lacks = lambda api, call: asked(api, call) == 0
    world.rules = pool_rules(ONE_AT_A_TIME)
    begun = world.clock.now
    job_id = send_alternatives(world, API)
    world.clock.run(begun + 20)
    world.schedule.is_on = False
    world.clock.run(begun + 400)
    key = {"pk": job_id, "sk": f"{PLAN}{Policy.of(only_job(world)).plan}"}
    world.parts.ledger.client.delete_item(TableName=TABLE, Key=to_dynamodb(key))

    def act() -> None:
        world.provider.lacks = lacks_nothing
        world.rules = pool_rules(ROOMY)
        world.parts.admission.admit_next(str(only_job(world).pool))

    _pause_at(world, lambda seen: seen.name.startswith("dynamodb:update_item/JOB"), act)
    world.sweep()
    world.schedule.is_on = True
    world.clock.run(world.clock.now + HOUR)
    yield from all_ended(world, State.SUCCEEDED)


def patience_after_a_crash(world: World) -> Iterator[Violation]:
    """The first create call crashes, the next is refused, and the pool is paused: the job does not stay due."""
    _lose_the_first(world, Fault.CRASH_BEFORE)
    world.provider.lacks = lambda api, call: asked(api, call) == 0
    send_job(world, API, alternatives=alternatives(API), patience=1800)
    world.clock.run(world.clock.now + 1000)
    yield from wrong(only_job(world).waiting is not None, "it does not wait in its queue")
    world.rules = pool_rules(ROOMY, pauses=paused({}, str(API)))
    world.clock.run(world.clock.now + HOUR)
    job = only_job(world)
    is_late = job.attempt == 1 and job.due is not None and job.due < world.clock.now - 300
    yield from wrong(not is_late, "it has been due for more than five minutes")
    world.rules = pool_rules(ROOMY)
    yield from all_ended(world, State.SUCCEEDED)


CASES = (
    cancelled_while_refused,
    hidden_by_its_quota,
    cancelled_in_the_queue,
    stopped_by_another,
    stopped_at_its_limit_by_another,
    cancelled_during_a_look_up,
    ended_by_one_that_dies,
    admitted_after_its_patience,
    patience_after_a_crash,
)
