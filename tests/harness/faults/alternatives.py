"""Jobs with alternatives: stories, meetings of two calls, and cases of their own."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from jobchute.job import Api, State
from jobchute.outcomes import Cause
from jobchute.pools.limits import Limits
from jobchute.providers.members import values_at
from jobchute.providers.pool_defaults import pool_rules
from jobchute.providers.registry import SPECS
from tests.apis import VALUES
from tests.fakes.provider import UNKNOWN, Course, ProviderJob
from tests.fakes.wire import Boundary, Fault
from tests.harness.faults.acts import Act, delivery_of
from tests.harness.faults.cases import HOUR, send_job, settled, wrong
from tests.harness.faults.retries import API, APIS, NO_CAPACITY, Courses, event_about, failing, only_job, tried
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World
from tests.scarcity import alternatives


def asked(api: Api, call: Mapping[str, Any]) -> int:
    """Which alternative a create call is for; 0 for the request itself."""
    ((_, value),) = values_at(call, SPECS[api].capacity.members[0])
    others = VALUES[api].others
    return others.index(value) + 1 if value in others else 0


def send_alternatives(world: World, api: Api, number: int = 1, **envelope: Any) -> str:
    """A job that has two alternatives, and a patience of two minutes."""
    return send_job(world, api, number, alternatives=alternatives(api), patience=120, **envelope)


def pending(*numbers: int) -> Courses:
    """Attempts of these alternatives wait at their provider for months."""

    def course(job: ProviderJob) -> Course:
        if asked(job.api, job.call) in numbers:
            return Course(seconds=91 * 24 * HOUR, pending=90 * 24 * HOUR)
        return Course()

    return course


# Stories, which are run with a fault at every call.


def impatient(world: World, api: Api) -> None:
    """The job waits at its provider for longer than its patience, so its alternative is tried."""
    world.provider.course = pending(0)
    send_alternatives(world, Api.FIREWORKS_JOB)


def impatient_and_cancelled(world: World, api: Api) -> None:
    """Cancelled while it is stopped for want of patience."""
    world.provider.course = pending(0)
    job_id = send_alternatives(world, API)
    world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(195.0,))


def without_quota(world: World, api: Api) -> None:
    """There is no quota for what the request asks for, and an alternative for which there is."""
    world.provider.lacks = lambda api, call: asked(api, call) == 0
    send_alternatives(world, API)


STORIES = (impatient, impatient_and_cancelled, without_quota)


# Meetings of two calls.


def _impatient(world: World) -> str:
    """A job whose patience at its provider is over."""
    world.provider.course = pending(0)
    world.provider_events.delays = list
    job_id = send_alternatives(world, API)
    world.clock.run(world.clock.now + 20)
    world.schedule.is_on = False
    world.clock.run(world.clock.now + 300)
    world.schedule.is_on = True
    return job_id


def cancel_and_patience(world: World, api: Api) -> tuple[Act, Act]:
    """The reconciler stops an attempt for its alternative while the job is cancelled."""
    job_id = _impatient(world)
    return delivery_of(world, 1, {"cancel": job_id}, Sent(Kind.CANCEL, job_id)), world.sweep


def cancel_and_alternative(world: World, api: Api) -> tuple[Act, Act]:
    """The stopped attempt is observed, and the alternative begins, while the job is cancelled."""
    job_id = _impatient(world)
    world.sweep()
    world.schedule.is_on = False
    world.clock.run(world.clock.now + 60)
    world.schedule.is_on = True
    return delivery_of(world, 1, {"cancel": job_id}, Sent(Kind.CANCEL, job_id)), event_about(world, 1)


def alternative_and_sweep(world: World, api: Api) -> tuple[Act, Act]:
    """An event and the reconciler begin the alternative at once."""
    cancel_and_alternative(world, api)
    world.sent.pop()
    return event_about(world, 1), world.sweep


def refusal_and_cancel(world: World, api: Api) -> tuple[Act, Act]:
    """The patience of a refused job is over while the job is cancelled."""
    world.provider.lacks = lambda api, call: asked(api, call) == 0
    job_id = send_alternatives(world, API)
    world.clock.run(world.clock.now + 20)
    world.schedule.is_on = False
    world.clock.run(world.clock.now + 300)
    world.schedule.is_on = True
    return delivery_of(world, 1, {"cancel": job_id}, Sent(Kind.CANCEL, job_id)), world.sweep


MEETINGS = (cancel_and_patience, cancel_and_alternative, alternative_and_sweep, refusal_and_cancel)
PREEMPTIONS = {meeting.__name__: 2 for meeting in MEETINGS}


# Cases.


def all_tried(world: World, job_ids: list[str], *causes: Cause) -> Iterator[Violation]:
    yield from settled(world)
    for job_id in job_ids:
        job = world.rows.jobs()[job_id]
        yield from tried(world, job, *causes)
        yield from wrong(job.alternative == len(causes), f"{job.api} succeeded with {job.alternative}")
        is_moved = (
            job.api is not API or job.pool == f"{API}/{VALUES[API].others[len(causes) - 1]}" or not causes
        )
        yield from wrong(is_moved, f"it is in pool {job.pool}")


def no_capacity_at_the_end(world: World) -> Iterator[Violation]:
    """Each attempt fails for want of capacity, until the second alternative."""
    world.provider.course = failing(NO_CAPACITY, NO_CAPACITY)
    job_ids = [send_alternatives(world, api, n) for n, api in enumerate((*APIS, Api.BEDROCK_JOB))]
    yield from all_tried(world, job_ids, Cause.CAPACITY, Cause.CAPACITY)


def no_quota_at_creation(world: World) -> Iterator[Violation]:
    """The create calls are refused, until the second alternative."""
    world.provider.lacks = lambda api, call: asked(api, call) < 2
    job_ids = [send_alternatives(world, api, n) for n, api in enumerate((*APIS, Api.BEDROCK_JOB))]
    yield from all_tried(world, job_ids, Cause.CAPACITY, Cause.CAPACITY)
    yield from wrong(len(world.provider.jobs) == len(job_ids), f"{len(world.provider.jobs)} were created")


def impatient_at_the_provider(world: World) -> Iterator[Violation]:
    """What waits at its provider is stopped, and has ended before the alternative begins."""
    world.provider.course = pending(0, 1)
    tell_waiting = (Api.BRAKET_JOB, Api.TRAINING_JOB, Api.BEDROCK_JOB, Api.FIREWORKS_JOB)
    job_ids = [send_alternatives(world, api, n) for n, api in enumerate(tell_waiting)]
    yield from all_tried(world, job_ids, Cause.CAPACITY, Cause.CAPACITY)


def the_last_alternative_waits(world: World) -> Iterator[Violation]:
    """Patience has an end only while an alternative is left."""
    days = 20 * 24 * HOUR
    world.provider.course = lambda _: Course(seconds=days + 600, pending=days)
    world.provider.lacks = lambda api, call: asked(api, call) < 2
    job_id = send_alternatives(world, API)
    yield from all_tried(world, [job_id], Cause.CAPACITY, Cause.CAPACITY)
    statuses = {execution.status for execution in world.states.executions}
    yield from wrong(statuses == {"SUCCEEDED"}, f"executions are {statuses}")


def runs_before_its_stop(world: World) -> Iterator[Violation]:
    """The attempt has succeeded when it is asked to stop: no other one begins."""
    world.provider.course = lambda job: Course(seconds=130, pending=125)  # noqa: ARG005
    world.provider_events.delays = list
    job_id = send_alternatives(world, API)
    yield from all_tried(world, [job_id])
    yield from wrong(len(world.provider.jobs) == 1, "another attempt was made")


def cancelled_as_it_is_stopped(world: World) -> Iterator[Violation]:
    """A person cancels a job that is being stopped for its alternative."""
    world.provider.course = lambda _: Course(
        seconds=91 * 24 * HOUR, pending=90 * 24 * HOUR, stop_seconds=2 * HOUR
    )
    job_id = send_alternatives(world, API)
    world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(HOUR,))
    yield from settled(world)
    yield from tried(world, only_job(world), state=State.CANCELLED)
    yield from wrong(len(world.provider.jobs) == 1, "a cancelled job was tried again")


def unknown_state_after_a_stop(world: World) -> Iterator[Violation]:
    """An attempt that was to be stopped is in a state that no table knows: it may be alive."""
    world.provider.course = lambda job: Course(seconds=600, pending=500, end=UNKNOWN)  # noqa: ARG005
    world.provider.stop = lambda job: None  # type: ignore[method-assign]  # noqa: ARG005
    job_id = send_alternatives(world, API)
    yield from settled(world)
    job = world.rows.jobs()[job_id]
    yield from wrong((job.state, job.cause) == (State.FAILED, Cause.UNKNOWN), f"{job.state}: {job.reason}")
    yield from wrong(len(world.provider.jobs) == 1, "another attempt was made")


def lost_answer_before_refusals(world: World) -> Iterator[Violation]:
    """The answer to the first create call is lost, and all others are refused: the provider is searched before
    another alternative is tried, and has the job that the first call made."""
    left = [Fault.LOST]

    def decide(boundary: Boundary) -> Fault | None:
        if not (boundary.creates and left):
            return None
        world.clock.after(0, partial(setattr, world.provider, "lacks", lambda api, call: asked(api, call) == 0))
        return left.pop()

    world.wire.decide = decide
    job_id = send_alternatives(world, Api.FIREWORKS_JOB)
    yield from all_tried(world, [job_id])
    yield from wrong(len(world.provider.jobs) == 1, f"{len(world.provider.jobs)} were created")


def crash_before_refusals(world: World) -> Iterator[Violation]:
    """The first create call never reached the provider, which no row can tell: the claim that is refused has
    searched for the job, so the alternative is tried."""
    left = [Fault.CRASH_BEFORE]
    world.wire.decide = lambda boundary: left.pop() if boundary.creates and left else None
    world.provider.lacks = lambda api, call: asked(api, call) == 0
    job_ids = [send_alternatives(world, api, number) for number, api in enumerate(APIS)]
    yield from all_tried(world, job_ids, Cause.CAPACITY)


def crowded_alternatives(world: World) -> Iterator[Violation]:
    """Ten jobs in pools of two: no pool has more than its limit, and no lease stays."""
    world.rules = pool_rules({str(api): Limits(limit=2, rate=1) for api in Api})
    world.deploy()
    world.provider.course = pending(0)
    for number in range(10):
        send_alternatives(world, API, number)
    yield from settled(world)
    for job in world.rows.jobs().values():
        yield from tried(world, job, Cause.CAPACITY)


CASES = (
    no_capacity_at_the_end,
    no_quota_at_creation,
    impatient_at_the_provider,
    the_last_alternative_waits,
    runs_before_its_stop,
    cancelled_as_it_is_stopped,
    unknown_state_after_a_stop,
    lost_answer_before_refusals,
    crash_before_refusals,
    crowded_alternatives,
)
PACES = {unknown_state_after_a_stop.__name__: {"allowance": int(HOUR)}}
