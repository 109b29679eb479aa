"""Every interleaving of two concurrent deliveries, with no fault and with one at each of their calls.

Interleavings that differ only in the order of independent calls count as one (see baton). Two intakes, or a
sweep and any other function, share rows throughout: only interleavings with at most two preemptions are run.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from jobchute.job import Api, digest_of, job_id_for_key, job_id_of
from jobchute.ledger.pool_items import LANE
from jobchute.providers.registry import SPECS
from tests.fakes.queues import Letter
from tests.fakes.states import Execution
from tests.fakes.wire import Fault, no_fault
from tests.harness.faults import alternatives, budget_meetings, changes, retries, wide
from tests.harness.faults.acts import Act, delivery_of
from tests.harness.faults.at_once import message_and_end, next_is_created
from tests.harness.faults.baton import Schedule, every
from tests.harness.faults.circles import circle_is_found, two_that_close_a_circle
from tests.harness.faults.documents import document_of, text_of
from tests.harness.faults.places import Place, places_of
from tests.harness.faults.provider_events import event_of
from tests.harness.faults.result import Result, result_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.vanishing import message_and_removal
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

FAULTS = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.LOST)
Meeting = Callable[[World, Api], tuple[Act, Act]]


def _accepted(world: World, api: Api) -> tuple[str, Execution]:
    """A job whose execution is about to run its first task."""
    document = document_of(api, 1)
    job_id = job_id_of(api, document["request"], None)
    world.states.is_holding = True
    world.send(document, Sent(Kind.JOB, job_id))
    world.clock.run(world.clock.now + 5)
    execution = world.states.named(job_id)
    assert execution is not None
    world.states.is_holding = False
    return job_id, execution


def _half_submitted(world: World, api: Api, fault: Fault) -> tuple[str, Execution]:
    """Its first attempt died at the create call; the lease is over."""
    job_id, execution = _accepted(world, api)
    world.wire.decide = lambda boundary: fault if boundary.creates else None
    world.states.is_holding = True
    world.schedule.is_on = False
    execution.tries = 7
    world.states.invoke = _nothing
    with contextlib.suppress(Exception):  # it is to die
        world.functions.invoke("dispatch", {"jobId": job_id, "taskToken": "gone"})
    world.states.invoke = world.functions.invoke
    world.wire.decide = no_fault
    execution.tries = 0
    world.clock.run(world.clock.now + world.parts.timing.lease + world.parts.timing.settle + 1)
    world.states.is_holding = False
    world.schedule.is_on = True
    return job_id, execution


def _nothing(*_: object) -> None:
    """A function that does nothing."""


def _running(world: World, api: Api, seconds: float) -> str:
    """So many seconds after its submission; no event has told of it."""
    world.provider_events.delays = list
    world.schedule.is_on = False
    job_id, execution = _accepted(world, api)
    world.states.dispatch(execution)
    world.clock.run(world.clock.now + seconds)
    world.schedule.is_on = True
    return job_id


def _event(world: World, number: int) -> Act:
    """The provider's event about the job, or the sweep where a provider sends none."""
    made = world.provider.jobs[0]
    body = event_of(made)
    if body is None:
        return world.sweep
    return partial(world.events.take, Letter(f"event-{number}", body, world.clock.now))


def same_request_twice(world: World, api: Api) -> tuple[Act, Act]:
    document = document_of(api, 1)
    job_id = job_id_of(api, document["request"], None)
    first, second = Sent(Kind.JOB, job_id), Sent(Kind.JOB, job_id)
    return delivery_of(world, 1, document, first), delivery_of(world, 2, document, second)


def two_bodies_of_a_key(world: World, api: Api) -> tuple[Act, Act]:
    acts = []
    for number in (1, 2):
        document = document_of(api, number, idempotencyKey="nightly")
        digest = digest_of(api, document["request"])
        sent = Sent(Kind.ONE_OF_KEY, job_id_for_key("nightly"), digest)
        acts.append(delivery_of(world, number, document, sent))
    return acts[0], acts[1]


def dispatch_and_sweep(world: World, api: Api) -> tuple[Act, Act]:
    """The job is due while its execution begins."""
    _, execution = _accepted(world, api)
    world.schedule.is_on = False
    world.clock.run(world.clock.now + world.parts.timing.lease + 1)
    world.schedule.is_on = True
    return lambda: world.states.dispatch(execution), world.sweep


def dispatch_and_sweep_without_execution(world: World, api: Api) -> tuple[Act, Act]:
    """The execution was aborted by hand and redriven, so both of them submit."""
    job_id, execution = _accepted(world, api)
    world.schedule.is_on = False
    world.clock.run(world.clock.now + world.parts.timing.lease + 1)
    world.schedule.is_on = True
    world.states.abort(job_id)

    def dispatch() -> None:
        execution.status = "RUNNING"
        world.states.dispatch(execution)

    return dispatch, world.sweep


def two_sweeps(world: World, api: Api) -> tuple[Act, Act]:
    """The execution was aborted by hand, so nothing but the sweep goes on with the job."""
    job_id, _ = _half_submitted(world, api, Fault.CRASH_BEFORE)
    world.states.abort(job_id)
    return world.sweep, world.sweep


def retry_and_sweep(world: World, api: Api) -> tuple[Act, Act]:
    """The first attempt died before the create call took effect."""
    _, execution = _half_submitted(world, api, Fault.CRASH_BEFORE)
    return lambda: world.states.dispatch(execution), world.sweep


def adopt_and_sweep(world: World, api: Api) -> tuple[Act, Act]:
    """The first attempt died after the create call took effect."""
    _, execution = _half_submitted(world, api, Fault.CRASH_AFTER)
    return lambda: world.states.dispatch(execution), world.sweep


def cancel_and_dispatch(world: World, api: Api) -> tuple[Act, Act]:
    job_id, execution = _accepted(world, api)
    cancel = delivery_of(world, 1, {"cancel": job_id}, Sent(Kind.CANCEL, job_id))
    return cancel, lambda: world.states.dispatch(execution)


def cancel_and_adopt(world: World, api: Api) -> tuple[Act, Act]:
    job_id, _ = _half_submitted(world, api, Fault.CRASH_AFTER)
    world.states.abort(job_id)
    return delivery_of(world, 1, {"cancel": job_id}, Sent(Kind.CANCEL, job_id)), world.sweep


def cancel_and_observe(world: World, api: Api) -> tuple[Act, Act]:
    job_id = _running(world, api, 400)
    return delivery_of(world, 1, {"cancel": job_id}, Sent(Kind.CANCEL, job_id)), _event(world, 1)


def two_observes(world: World, api: Api) -> tuple[Act, Act]:
    _running(world, api, 700)
    return _event(world, 1), _event(world, 2)


def observe_and_sweep(world: World, api: Api) -> tuple[Act, Act]:
    _running(world, api, 700)
    return _event(world, 1), world.sweep


def two_versions(world: World, api: Api) -> tuple[Act, Act]:
    """Two versions of a file with different bodies, each accepted while the other is."""
    acts = []
    for number in (1, 2):
        document = document_of(api, number)
        sent = Sent(Kind.JOB, job_id_of(api, document["request"], None))
        version, sequencer = world.s3.upload("requests/a.json", text_of(document).encode())
        sent.by_object(world.s3.bucket, "requests/a.json", version, sequencer)
        world.sent.append(sent)
        letter = Letter(f"meeting-{number}", sent.event, world.clock.now)
        acts.append(partial(world.intake.take, letter))
    return acts[0], acts[1]


def dispatch_and_end(world: World, api: Api) -> tuple[Act, Act]:
    """The job is cancelled, and its end announced at once, while its execution brings a task token."""
    cancel, dispatch = cancel_and_dispatch(world, api)
    return dispatch, lambda: [step() for step in (cancel, world.stream.read_now)]


MEETINGS: Mapping[str, Meeting] = {
    meeting.__name__: meeting
    for meeting in (
        same_request_twice,
        two_bodies_of_a_key,
        dispatch_and_sweep,
        dispatch_and_sweep_without_execution,
        two_sweeps,
        retry_and_sweep,
        adopt_and_sweep,
        cancel_and_dispatch,
        cancel_and_adopt,
        cancel_and_observe,
        two_observes,
        observe_and_sweep,
        two_versions,
        dispatch_and_end,
        message_and_removal,
        message_and_end,
        two_that_close_a_circle,
        *wide.MEETINGS,
        *budget_meetings.MEETINGS,
        *retries.MEETINGS,
        *alternatives.MEETINGS,
        *changes.MEETINGS,
    )
}
CHECKS: Mapping[str, Callable[[World], Iterator[Violation]]] = {
    two_that_close_a_circle.__name__: circle_is_found,
    message_and_end.__name__: next_is_created,
    **budget_meetings.CHECKS,
}
"""What must hold besides, after a meeting."""

OF_TRAINING = (*budget_meetings.MEETINGS, *retries.MEETINGS, *alternatives.MEETINGS, *changes.MEETINGS)
OF_WIDE_POOLS = frozenset(meeting.__name__ for meeting in wide.MEETINGS)
AT_INTAKE = (same_request_twice, two_bodies_of_a_key, two_versions, two_that_close_a_circle, message_and_end)
OF_INTAKE = OF_WIDE_POOLS | {meeting.__name__ for meeting in AT_INTAKE}
"""No job is created while these two meet: they are the same for each API."""
REPRESENTATIVES = (Api.FIREWORKS_JOB, Api.TRAINING_JOB, Api.BRAKET_JOB)
"""Where nothing, the name and a token keep a second create call from making a second job: processing jobs are
as training jobs, and Bedrock is as Braket. All ten are in every other part of the harness.
"""
LONG = ("same_request_twice", "two_versions", "message_and_removal", "message_and_end", "cancel_and_adopt")
PREEMPTIONS = {
    **dict.fromkeys((name for name in MEETINGS if "sweep" in name), 2),
    **dict.fromkeys((*LONG, "two_that_close_a_circle", *OF_WIDE_POOLS), 2),
    **budget_meetings.PREEMPTIONS,
    **retries.PREEMPTIONS,
    **alternatives.PREEMPTIONS,
    **changes.PREEMPTIONS,
}


def apis_of(meeting: str) -> tuple[Api, ...]:
    """For which a meeting is run. Without events, to observe is to sweep: then two of the meetings are one."""
    if meeting in OF_INTAKE:
        return (Api.BRAKET_JOB,)
    if meeting == message_and_removal.__name__ or MEETINGS[meeting] in OF_TRAINING:
        return (Api.TRAINING_JOB,)
    if meeting == observe_and_sweep.__name__:
        return tuple(filter(_sends_events, REPRESENTATIVES))
    return REPRESENTATIVES


def preemptions_of(api: Api, meeting: str) -> int | None:
    """How many there may be; None is all of them."""
    if meeting == two_observes.__name__ and not _sends_events(api):
        return PREEMPTIONS[two_sweeps.__name__]
    return PREEMPTIONS.get(meeting)


def _sends_events(api: Api) -> bool:
    return SPECS[api].events is not None


def run(api: Api, meeting: str, schedule: Schedule) -> Result:
    world = World(lane_size=1 if meeting in OF_WIDE_POOLS else LANE)
    acts = MEETINGS[meeting](world, api)
    world.wire.pause, world.wire.decide = schedule.pause, schedule.decide
    schedule.run(acts)
    world.wire.decide = no_fault
    result = result_of(f"two:{api.name}:{meeting}:{schedule}", world)
    found = list(CHECKS[meeting](world)) if meeting in CHECKS else []
    return result._replace(violations=result.violations + found)


def replay(name: str) -> Result:
    _, api, meeting, schedule = name.split(":")
    return run(Api[api], meeting, Schedule.of(schedule))


def all_of(api: Api, meeting: str, *, faults: tuple[Fault, ...] = FAULTS) -> Iterator[Result]:
    """Every interleaving without a fault, then with each fault at each call where it makes a difference."""
    preemptions = preemptions_of(api, meeting)
    places: dict[Place, None] = {}
    for result, schedule in every(lambda schedule: run(api, meeting, schedule), None, preemptions):
        places |= dict.fromkeys(places_of(schedule.calls, faults))
        yield result
    for place in places:
        runs = every(lambda schedule: run(api, meeting, schedule), place, preemptions)
        yield from (result for result, _ in runs)
