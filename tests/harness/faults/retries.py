"""Jobs with several attempts: stories, meetings of two calls, and cases of their own."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from jobchute.job import Api, Job, State
from jobchute.ledger.items import from_dynamodb
from jobchute.money.budgets import Budgets
from jobchute.outcomes import Cause
from tests.fakes.provider import UNKNOWN, Course, ProviderJob
from tests.fakes.queues import Letter
from tests.harness.faults import budgets
from tests.harness.faults.acts import Act, delivery_of
from tests.harness.faults.cases import HOUR, send_job, settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.provider_events import event_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

API = Api.TRAINING_JOB
NO_CAPACITY = "CapacityError: Unable to provision requested ML compute capacity. Please retry later"
INTERNAL = "InternalServerError: We encountered an internal error. Please try again."
APIS = (Api.BRAKET_JOB, Api.TRAINING_JOB, Api.PROCESSING_JOB)
"""Whose failure reasons tell causes by name."""
RETRY = {"attempts": 3, "on": ["CAPACITY", "INTERNAL"], "after": "2m"}

Courses = Callable[[ProviderJob], Course]


def send(world: World, api: Api = API, number: int = 1, **envelope: Any) -> str:
    """A job that is tried three times."""
    return send_job(world, api, number, **{"retry": RETRY, **envelope})


def failing(*failures: str, then: Course | None = None) -> Courses:
    """The first attempts fail for these reasons, the next one goes on otherwise."""

    def course(job: ProviderJob) -> Course:
        if job.attempt <= len(failures):
            return Course(is_good=False, failure=failures[job.attempt - 1])
        return then or Course()

    return course


# Stories, which are run with a fault at every call.


def retried(world: World, api: Api) -> None:
    """The first attempt finds no capacity, the second one succeeds; the document is sent twice."""
    world.provider.course = failing(NO_CAPACITY)
    job_id = send(world)
    document = document_of(API, 1, retry=RETRY)
    world.send(document, Sent(Kind.JOB, job_id), delays=(700.0,))


def cancelled_between(world: World, api: Api) -> None:
    """Cancelled while it waits for its second attempt, and again."""
    world.provider.course = failing(NO_CAPACITY, INTERNAL)
    job_id = send(world)
    for delay in (640.0, 1000.0):
        world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(delay,))


def retried_of_budget(world: World, api: Api) -> None:
    """An attempt that has cost something, and a budget with room for what the next one may cost."""
    world.provider.course = failing(INTERNAL)
    send(world, labels={"team": budgets.TEAM})


STORIES = (retried, cancelled_between, retried_of_budget)


def world_with_budget() -> World:
    return budgets.of_budget(budgets.BOUND * 2)


WORLDS = {retried_of_budget.__name__: world_with_budget}


# Meetings of two calls.


def _ended_once(world: World) -> str:
    """A job whose first attempt has ended at its provider, and no event has told of it."""
    world.provider.course = failing(NO_CAPACITY)
    world.provider_events.delays = list
    job_id = send(world)
    world.clock.run(world.clock.now + 20)
    world.schedule.is_on = False
    world.clock.run(world.clock.now + 620)
    world.schedule.is_on = True
    return job_id


def event_about(world: World, number: int) -> Act:
    body = event_of(world.provider.jobs[0]) or ""
    return partial(world.events.take, Letter(f"event-{number}", body, world.clock.now))


def cancel_and_next(world: World, api: Api) -> tuple[Act, Act]:
    """The end of the first attempt is observed while the job is cancelled."""
    job_id = _ended_once(world)
    return delivery_of(world, 1, {"cancel": job_id}, Sent(Kind.CANCEL, job_id)), event_about(world, 1)


def two_ends_of_attempt(world: World, api: Api) -> tuple[Act, Act]:
    _ended_once(world)
    return event_about(world, 1), event_about(world, 2)


def end_of_attempt_and_sweep(world: World, api: Api) -> tuple[Act, Act]:
    _ended_once(world)
    return event_about(world, 1), world.sweep


def _waiting(world: World) -> str:
    """A job whose second attempt is due."""
    world.provider.course = failing(NO_CAPACITY)
    job_id = send(world)
    world.clock.run(world.clock.now + 20)
    world.schedule.is_on = False
    world.clock.run(world.clock.now + 1000)
    world.schedule.is_on = True
    return job_id


def cancel_and_second_attempt(world: World, api: Api) -> tuple[Act, Act]:
    """The reconciler begins the second attempt while the job is cancelled."""
    job_id = _waiting(world)
    return delivery_of(world, 1, {"cancel": job_id}, Sent(Kind.CANCEL, job_id)), world.sweep


def old_event_and_second_attempt(world: World, api: Api) -> tuple[Act, Act]:
    """An event of the first attempt comes again while the second one begins."""
    _waiting(world)
    return event_about(world, 1), world.sweep


MEETINGS = (
    cancel_and_next,
    two_ends_of_attempt,
    end_of_attempt_and_sweep,
    cancel_and_second_attempt,
    old_event_and_second_attempt,
)
PREEMPTIONS = {meeting.__name__: 2 for meeting in MEETINGS}


# Cases.


def only_job(world: World) -> Job:
    return next(iter(world.rows.jobs().values()))


def tried(world: World, job: Job, *causes: Cause, state: State = State.SUCCEEDED) -> Iterator[Violation]:
    """How a job's attempts have ended."""
    known = tuple(Cause(kept["cause"]) for kept in job.past)
    yield from wrong(known == causes, f"attempts ended {known}, then {job.state}: {job.reason}")
    yield from wrong(job.state is state, f"it ended {job.state}: {job.reason}")


def no_capacity_twice(world: World) -> Iterator[Violation]:
    """The third attempt succeeds, whose causes tell it."""
    world.provider.course = failing(NO_CAPACITY, INTERNAL)
    job_ids = [send(world, api, number) for number, api in enumerate(APIS)]
    yield from settled(world)
    for job_id in job_ids:
        job = world.rows.jobs()[job_id]
        yield from tried(world, job, Cause.CAPACITY, Cause.INTERNAL)
        names = [made.name for made in world.provider.jobs if made.owner == job_id]
        yield from wrong(len({*names}) == 3 and max(map(len, names[1:])) <= 32, f"names are {names}")
    tokens = len({made.token for made in world.provider.jobs if made.token})
    yield from wrong(tokens == 3, f"{tokens} tokens of Braket's attempts")
    statuses = {execution.status for execution in world.states.executions}
    yield from wrong(statuses == {"SUCCEEDED"}, f"executions are {statuses}")


def all_attempts_fail(world: World) -> Iterator[Violation]:
    """The job ends as its last attempt."""
    world.provider.course = failing(NO_CAPACITY, NO_CAPACITY, NO_CAPACITY)
    send(world)
    yield from settled(world)
    yield from tried(world, only_job(world), Cause.CAPACITY, Cause.CAPACITY, state=State.FAILED)
    yield from wrong(only_job(world).cause is Cause.CAPACITY, f"its cause is {only_job(world).cause}")


def own_errors_are_not_retried(world: World) -> Iterator[Violation]:
    """Errors of the sender's program, and ends without a known cause."""
    reasons = {0: "AlgorithmError: exit code 1", 1: "something else", 2: ""}
    world.provider.course = lambda job: Course(is_good=False, failure=reasons[len(job.name) % 3])
    for number in range(6):
        send(world, APIS[number % 3], number)
    yield from settled(world)
    for job in world.rows.jobs().values():
        yield from tried(world, job, state=State.FAILED)


def unknown_ends_are_not_retried(world: World) -> Iterator[Violation]:
    """A state that no table knows may be no end: no other attempt begins beside it."""
    world.provider.course = lambda job: Course(end=UNKNOWN)  # noqa: ARG005
    for number, api in enumerate(Api):
        send(world, api, number)
    yield from settled(world)
    for job in world.rows.jobs().values():
        yield from tried(world, job, state=State.FAILED)
        yield from wrong(job.cause is Cause.UNKNOWN, f"its cause is {job.cause}")


def lost_events_of_attempts(world: World) -> Iterator[Violation]:
    """No event comes: the reconciler finds each end."""
    world.provider_events.delays = list
    world.provider.course = failing(NO_CAPACITY, NO_CAPACITY)
    send(world)
    yield from settled(world)
    yield from tried(world, only_job(world), Cause.CAPACITY, Cause.CAPACITY)


def events_of_old_attempts(world: World) -> Iterator[Violation]:
    """The first attempt's events come hours late, and often, and the index is late as well."""
    world.provider.course = failing(NO_CAPACITY, NO_CAPACITY, then=Course(seconds=6 * HOUR))
    world.provider_events.delays = lambda: [0.0, 1.0, 200.0, 1200.0, 2 * HOUR, 4 * HOUR]
    world.is_lagging = lambda: world.random.random() < 0.5
    send(world)
    yield from settled(world)
    yield from tried(world, only_job(world), Cause.CAPACITY, Cause.CAPACITY)


def cancelled_as_it_waits(world: World) -> Iterator[Violation]:
    world.provider.course = failing(NO_CAPACITY)
    job_id = send(world)
    world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(650.0,))
    yield from settled(world)
    yield from tried(world, only_job(world), Cause.CAPACITY, state=State.CANCELLED)
    yield from wrong(len(world.provider.jobs) == 1, "a cancelled job was tried again")


def aborted_execution_of_attempts(world: World) -> Iterator[Violation]:
    """Its execution is aborted before the second attempt, which is made all the same."""
    world.provider.course = failing(NO_CAPACITY)
    job_id = send(world)
    world.clock.after(300, lambda: world.states.abort(job_id))
    yield from settled(world)
    yield from tried(world, only_job(world), Cause.CAPACITY)


def attempts_exceed_their_budget(world: World) -> Iterator[Violation]:
    """An attempt has cost something, and the budget has no room for another one."""
    world.money.prices = budgets.PRICES
    budgets.use(world, Budgets("team", {budgets.TEAM: budgets.BOUND}))
    world.provider.course = failing(INTERNAL)
    send(world, labels={"team": budgets.TEAM})
    yield from settled(world)
    job = only_job(world)
    yield from tried(world, job, state=State.FAILED)
    yield from wrong("budget" in (job.reason or ""), f"the reason is {job.reason}")


def budget_pays_all_attempts(world: World) -> Iterator[Violation]:
    """What is spent is the sum of all attempts."""
    world.money.prices = budgets.PRICES
    budgets.use(world, Budgets("team", {budgets.TEAM: budgets.BOUND * 3}))
    world.provider.course = failing(INTERNAL, INTERNAL)
    send(world, labels={"team": budgets.TEAM})
    yield from settled(world)
    job = only_job(world)
    yield from tried(world, job, Cause.INTERNAL, Cause.INTERNAL)
    item = from_dynamodb(world.rows.budgets[-1])
    of_all = 3 * ((job.estimate or 0) - (job.spent or 0))
    yield from wrong((item["used"], item["reserved"]) == (of_all, 0), f"{item}, and {of_all} for all attempts")


CASES = (
    no_capacity_twice,
    all_attempts_fail,
    own_errors_are_not_retried,
    unknown_ends_are_not_retried,
    lost_events_of_attempts,
    events_of_old_attempts,
    cancelled_as_it_waits,
    aborted_execution_of_attempts,
    attempts_exceed_their_budget,
    budget_pays_all_attempts,
)
PACES = {unknown_ends_are_not_retried.__name__: {"allowance": int(HOUR)}}
