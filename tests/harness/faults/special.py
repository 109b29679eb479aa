"""Cases with a name of their own, each over all APIs."""

from collections.abc import Iterator, Mapping
from random import Random

from jobchute.job import Api, State, job_id_of
from jobchute.providers.adapter import Observation, name_for
from jobchute.providers.registry import SPECS
from tests.apis import VALUES
from tests.fakes.provider import UNKNOWN, Course, ProviderJob
from tests.fakes.wire import Boundary, Fault
from tests.harness.faults import (
    alternatives,
    at_once,
    budgets,
    changes,
    counted,
    dead_letters,
    dry_runs,
    going_on,
    hidden,
    limits,
    lost,
    names,
    old_attempts,
    overtaken,
    owned,
    queues,
    retries,
    senders,
    stops,
    undocumented,
    unseen,
    vanishing,
    wide,
)
from tests.harness.faults.cases import EACH, HOUR, Case, ended, send_all, settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.outages import OUTAGES
from tests.harness.faults.result import Result, result_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import ROOMY, World


def event_before_row(world: World) -> Iterator[Violation]:
    """The function dies between the provider's answer and the row, while the only events come."""
    world.wire.decide = lambda boundary: Fault.CRASH_AFTER if boundary.creates else None
    world.provider_events.delays = lambda: [0.0]
    job_ids = send_all(world)
    yield from settled(world)
    yield from ended(world)
    yield from wrong(len(world.provider.jobs) == len(job_ids), "not one provider job for each")


def empty_pages(world: World) -> Iterator[Violation]:
    """The answer to each first create call is lost, and lists begin with a page that has no jobs."""
    world.provider.has_empty_pages = True
    left = [EACH * len(Api)]

    def lose(boundary: Boundary) -> Fault | None:
        left[0] -= boundary.creates
        return Fault.LOST if boundary.creates and left[0] >= 0 else None

    world.wire.decide = lose
    job_ids = send_all(world)
    yield from settled(world)
    yield from ended(world)
    yield from wrong(len(world.provider.jobs) == len(job_ids), "not one provider job for each")


def foreign_event(world: World) -> Iterator[Violation]:
    for api in Api:
        for _ in range(EACH):
            world.provider.create(api, f"theirs-{len(world.provider.jobs)}", {}, owner=None)
    world.clock.run(world.clock.now + HOUR)
    yield from settled(world)
    yield from wrong(not world.rows.images, "rows of jobs that are not ours")
    asked = {f"dynamodb:query/{index}" for index in ("byProviderId", "byDue", "byState")}
    yield from wrong({*world.wire.names} <= asked, "more calls")


def foreign_name(world: World) -> Iterator[Violation]:
    """Somebody else's job has the name: a clear failure where names are unique, never an adoption."""
    for number, api in enumerate(Api):
        document = document_of(api, number)
        job_id = job_id_of(api, document["request"], None)
        theirs = VALUES[api].tagging.members_with({})
        name = name_for(job_id)[: SPECS[api].name.max_length]
        world.provider.create(api, name, {**document["request"], **theirs}, owner=None)
        world.send(document, Sent(Kind.FOREIGN_NAME, job_id))
    yield from settled(world)
    for job in world.rows.jobs().values():
        assert job.api is not None
        expected = State.FAILED if VALUES[job.api].names_are_unique else State.SUCCEEDED
        yield from wrong(job.state is expected, f"{job.api} is {job.state}: {job.reason}")


def late_running(world: World) -> Iterator[Violation]:
    """Who looked while a job ran writes it down after the job has ended."""
    send_all(world)
    world.clock.run(world.clock.now + 400)
    seen = [job for job in world.rows.jobs().values() if job.state in (State.SUBMITTED, State.RUNNING)]
    yield from wrong(len(seen) == EACH * len(Api), "not all of them ran")
    yield from settled(world)
    for job in seen:
        world.parts.observer.apply(job, Observation(native="RUNNING", state=State.RUNNING))
    yield from settled(world)
    yield from ended(world)


def events_dropped(world: World) -> Iterator[Violation]:
    world.provider_events.delays = list
    send_all(world)
    yield from settled(world)
    yield from ended(world)


def events_five_times(world: World) -> Iterator[Violation]:
    chance = Random(5)
    world.provider_events.delays = lambda: [chance.uniform(0, 900) for _ in range(5)]
    send_all(world)
    yield from settled(world)
    yield from ended(world)


def never_ends(world: World) -> Iterator[Violation]:
    """The provider's jobs run for months: each is stopped when its time is over."""
    world.provider.course = lambda job: Course(seconds=90 * 24 * HOUR)  # noqa: ARG005
    send_all(world, each=1)
    yield from settled(world)
    yield from ended(world, State.TIMED_OUT)


def waits_at_its_provider(world: World) -> Iterator[Violation]:
    """As a training job waits for the begin of its plan: longer than it may wait for submission, or run."""

    def course(job: ProviderJob) -> Course:
        pending = VALUES[job.api].max_wait
        return Course(seconds=pending + 600, pending=pending)

    world.provider.course = course
    send_all(world, each=1)
    yield from settled(world)
    yield from ended(world)
    statuses = {execution.status for execution in world.states.executions}
    yield from wrong(statuses == {"SUCCEEDED"}, f"executions are {statuses}")


def waits_for_ever(world: World) -> Iterator[Violation]:
    """A wait at the provider has an end of its own."""
    world.provider.course = lambda job: Course(seconds=91 * 24 * HOUR, pending=90 * 24 * HOUR)  # noqa: ARG005
    send_all(world, each=1)
    yield from settled(world)
    yield from ended(world, State.TIMED_OUT)


def unknown_state(world: World) -> Iterator[Violation]:
    """Jobs end in a state that no table knows, and a stop is refused then; one of them was cancelled before."""
    world.provider.course = lambda job: Course(end=UNKNOWN)  # noqa: ARG005
    job_id, *_ = send_all(world, each=1)
    world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(700.0,))
    yield from settled(world)
    yield from ended(world, State.FAILED)
    for job in world.rows.jobs().values():
        yield from wrong(UNKNOWN in (job.reason or ""), f"the reason is {job.reason}")


def slow_stop(world: World) -> Iterator[Violation]:
    """The provider takes five hours to stop a job; until then it runs."""
    world.provider.course = lambda job: Course(seconds=90 * 24 * HOUR, stop_seconds=5 * HOUR)  # noqa: ARG005
    send_all(world, each=1)
    yield from settled(world)
    yield from ended(world, State.TIMED_OUT)


def cancelled_while_submitted(world: World) -> Iterator[Violation]:
    """The function dies at the provider's answer, a person cancels, the sweep adopts what runs for a day."""
    world.provider.course = lambda job: Course(seconds=24 * HOUR)  # noqa: ARG005
    world.provider_events.delays = list
    world.wire.decide = lambda boundary: Fault.CRASH_AFTER if boundary.creates else None
    for job_id in send_all(world, each=1):
        world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(30.0,))
    yield from settled(world)
    yield from ended(world, State.CANCELLED)


def cancelled_and_not_polled(world: World) -> Iterator[Violation]:
    """As above; the sweep dies when it has adopted a job, and for half a day no sweep lives to poll jobs."""
    until = world.clock.now + 12 * HOUR

    def decide(boundary: Boundary) -> Fault | None:
        if boundary.creates or boundary.name.endswith("update_item/JOB:SUBMITTED"):
            return Fault.CRASH_AFTER
        is_poll = "query/byState" in boundary.name and world.clock.now < until
        return Fault.CRASH_BEFORE if is_poll else None

    world.provider.course = lambda job: Course(seconds=24 * HOUR)  # noqa: ARG005
    world.provider_events.delays = list
    world.wire.decide = decide
    for job_id in send_all(world, each=1):
        world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(30.0,))
    yield from settled(world)
    yield from ended(world, State.CANCELLED)


CASES: Mapping[str, Case] = {
    **OUTAGES,
    **{
        case.__name__: case
        for case in (
            event_before_row,
            empty_pages,
            foreign_event,
            foreign_name,
            late_running,
            events_dropped,
            events_five_times,
            never_ends,
            waits_at_its_provider,
            waits_for_ever,
            unknown_state,
            slow_stop,
            cancelled_while_submitted,
            cancelled_and_not_polled,
            *dead_letters.CASES,
            *lost.CASES,
            *queues.CASES,
            *at_once.CASES,
            *limits.CASES,
            wide.faults_in_lanes,
            *names.CASES,
            *senders.CASES,
            *owned.CASES,
            *vanishing.CASES,
            *dry_runs.CASES,
            *undocumented.CASES,
            *counted.CASES,
            *budgets.CASES,
            *retries.CASES,
            *alternatives.CASES,
            *old_attempts.CASES,
            *stops.CASES,
            *unseen.CASES,
            *going_on.CASES,
            *hidden.CASES,
            *overtaken.CASES,
            *changes.CASES,
        )
    },
}

LONG = frozenset({dead_letters.poison.__name__})
"""Cases of many seconds, which `make faults` runs and no test."""
PACES: Mapping[str, Mapping[str, int]] = {
    "no_such_endpoint": {"wait_limit": int(4 * HOUR)},
    unknown_state.__name__: {"allowance": int(HOUR)},
    wide.faults_in_lanes.__name__: {"lane_size": 1},
    budgets.unknown_end_of_budget.__name__: {"allowance": int(HOUR)},
    limits.limit_among_deaths.__name__: {"allowance": int(HOUR)},
    **retries.PACES,
    **alternatives.PACES,
    **stops.PACES,
    **unseen.PACES,
    **hidden.PACES,
}
"""Of cases in which jobs wait for the end of a limit; the usual one takes thousands of attempts."""


def run(name: str) -> Result:
    world = World(0, ROOMY, **PACES.get(name, {}))
    found = list(CASES[name](world))
    result = result_of(f"special:{name}", world)
    return result._replace(violations=found + result.violations)


def replay(name: str) -> Result:
    return run(name.partition(":")[2])
