"""Two deliveries that meet at a budget."""

from collections.abc import Callable, Iterator

from jobchute.job import Api, State, job_id_of
from jobchute.money.budgets import Budgets
from tests.fakes.queues import Letter
from tests.harness.faults.acts import Act, delivery_of
from tests.harness.faults.budgets import API, BOUND, PRICES, TEAM, send, use
from tests.harness.faults.cases import wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.provider_events import event_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World


def two_of_one_budget(world: World, api: Api) -> tuple[Act, Act]:
    """Two jobs come, and there is room for one."""
    _limited(world, BOUND * 3 // 2)
    acts = []
    for number in (1, 2):
        document = document_of(API, number, labels={"team": TEAM})
        sent = Sent(Kind.OF_BUDGET, job_id_of(API, document["request"], None))
        acts.append(delivery_of(world, number, document, sent))
    return acts[0], acts[1]


def cancel_and_reservation(world: World, api: Api) -> tuple[Act, Act]:
    """A job that waits for its budget is cancelled while the reconciler finds room for it."""
    _limited(world, BOUND - 1)
    job_id = send(world, 1, kind=Kind.JOB, whenOverBudget="wait")
    world.clock.run(world.clock.now + 5)
    _limited(world, BOUND)
    cancel = delivery_of(world, 1, {"cancel": job_id}, Sent(Kind.CANCEL, job_id))
    return cancel, world.sweep


def rejection_and_room(world: World, api: Api) -> tuple[Act, Act]:
    """A message comes twice at once. The budget is raised before the second delivery of it begins."""
    _limited(world, BOUND - 1)
    document = document_of(API, 1, labels={"team": TEAM})
    sent = Sent(Kind.OF_BUDGET, job_id_of(API, document["request"], None))
    first, second = (delivery_of(world, 1, document, sent) for _ in range(2))

    def raised() -> None:
        _limited(world, BOUND)
        second()

    return first, raised


def two_ends_of_budget(world: World, api: Api) -> tuple[Act, Act]:
    """The end of a job is observed twice at once, and both calls settle."""
    _limited(world, BOUND)
    world.provider_events.delays = list
    send(world, 1, kind=Kind.JOB)
    world.clock.run(world.clock.now + 610)
    body = event_of(world.provider.jobs[0]) or ""
    first, second = (Letter(f"event-{number}", body, world.clock.now) for number in (1, 2))
    return lambda: world.events.take(first), lambda: world.events.take(second)


MEETINGS = (two_of_one_budget, rejection_and_room, cancel_and_reservation, two_ends_of_budget)


PREEMPTIONS = {meeting.__name__: 2 for meeting in MEETINGS}


def one_runs(world: World) -> Iterator[Violation]:
    jobs = [job for job in world.rows.jobs().values() if job.state is not State.REJECTED]
    yield from wrong(len(jobs) <= 1 or bool(world.wire.hit), f"{len(jobs)} were accepted, with room for one")


CHECKS: dict[str, Callable[[World], Iterator[Violation]]] = {two_of_one_budget.__name__: one_runs}


def _limited(world: World, limit: int) -> None:
    world.money.prices = PRICES
    use(world, Budgets("team", {TEAM: limit}))
