"""Budgets: what rows and budgets must say of each other, stories with a budget, and cases of their own."""

from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from jobchute.job import Api, Job, State, job_id_of
from jobchute.ledger.items import from_dynamodb
from jobchute.money.budgets import Budgets
from jobchute.money.cost import cost_of
from jobchute.money.prices import VOLUME, Price, Prices
from jobchute.providers.charges import charges_of
from tests.fakes.provider import UNKNOWN, Course
from tests.fakes.wire import Boundary, Fault
from tests.harness.faults.billed import agrees, billed_by, most_of, varied
from tests.harness.faults.cases import settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

API = Api.TRAINING_JOB
MONTH = 31 * 24 * 3600.0


class OnePriceForAll(dict[str, Price]):
    """What is billed by the hour costs a dollar; a gigabyte-month costs 730."""

    def get(self, key: str, default: Any = None) -> Price:  # noqa: ARG002
        is_volume = key.endswith(VOLUME)
        return Price(Decimal(730 if is_volume else 1), "GB-month" if is_volume else "hour")


PRICES = Prices(OnePriceForAll(), "2026-11-27")
BOUND = cost_of(charges_of(API, document_of(API, 0)["request"], {}), PRICES).bound or 0
"""What a job of this harness may cost."""
LONG = float(charges_of(API, document_of(API, 0)["request"], {}).seconds)
"""Its run-time limit, in seconds."""
TEAM = "growth"
SETTLE = "dynamodb:transact_write_items/JOB:settledAt+BUDGET:used"


def of_budget(limit: int) -> World:
    """A world in which a team's jobs have a budget of so many millionths of a dollar a month."""
    world = World()
    world.money.prices = PRICES
    use(world, Budgets("team", {TEAM: limit}))
    return world


def use(world: World, budgets: Budgets | None) -> None:
    """As by a deployment."""
    world.money.limit_by(budgets)
    world.deploy()


def send(world: World, number: int, *, delay: float = 0.0, kind: Kind = Kind.OF_BUDGET, **envelope: Any) -> str:
    document = document_of(API, number, labels={"team": TEAM}, **envelope)
    job_id = job_id_of(API, document["request"], None)
    world.send(document, Sent(kind, job_id), delays=(delay,))
    return job_id


# Stories, which are run with a fault at every call.


def budgeted(world: World, api: Api) -> None:
    """A job whose budget has room, and whose document is sent twice."""
    job_id = send(world, 1, kind=Kind.JOB)
    document = document_of(API, 1, labels={"team": TEAM})
    world.send(document, Sent(Kind.JOB, job_id), delays=(20.0,))


def over_budget(world: World, api: Api) -> None:
    """Two jobs, and room for one of them."""
    for number in (1, 2):
        send(world, number)


def waiting_for_budget(world: World, api: Api) -> None:
    """Two jobs, and room for one at a time: the second one waits until the first one has been settled."""
    for number in (1, 2):
        send(world, number, kind=Kind.JOB, delay=5.0 * number, whenOverBudget="wait")


def cancelled_of_budget(world: World, api: Api) -> None:
    """One that runs and one that waits for the budget, both cancelled."""
    for number in (1, 2):
        job_id = send(world, number, kind=Kind.JOB, delay=5.0 * number, whenOverBudget="wait")
        world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(200.0,))


STORIES = (budgeted, over_budget, waiting_for_budget, cancelled_of_budget)


def world_of_story() -> World:
    return of_budget(BOUND * 3 // 2)


# Cases.


def five_hundred_at_once(world: World) -> Iterator[Violation]:
    """A budget with room for 37 of 500 jobs accepts exactly 37, in any order.

    It has reserved what the provider's jobs may cost, and in the end it has spent what they were billed for.
    """
    yield from _limited(world, BOUND * 37)
    world.provider.course = partial(varied, longest=LONG - 60, spread=3000)
    for number in range(500):
        send(world, number, delay=world.random.uniform(0, 2))
    world.clock.run(world.clock.now + 3600)
    ran = [job for job in world.rows.jobs().values() if job.state is not State.REJECTED]
    yield from wrong(len(ran) == 37, f"{len(ran)} of 500 were accepted")
    rejected = [job for job in world.rows.jobs().values() if job.state is State.REJECTED]
    yield from wrong(len(rejected) == 463, f"{len(rejected)} of 500 were rejected")
    reasons = {str(job.reason) for job in rejected}
    yield from wrong(all("$0.00 left" in reason for reason in reasons), str(reasons))
    yield from wrong(len(world.provider.jobs) == 37, f"{len(world.provider.jobs)} are at the provider")
    yield from agrees(world, used=most_of(world.provider), reserved=most_of(world.provider))
    yield from settled(world)
    yield from agrees(world, used=billed_by(world.provider), reserved=0)


def waits_for_the_next_month(world: World) -> Iterator[Violation]:
    """The budget is used up, so a job waits: it runs in the next month."""
    yield from _limited(world, BOUND)
    _run_for(world, LONG)
    first = send(world, 1, kind=Kind.JOB)
    world.clock.run(world.clock.now + 2 * 3600)
    second = send(world, 2, kind=Kind.JOB, whenOverBudget="wait")
    world.clock.run(world.clock.now + 3600)
    waiting = world.rows.jobs()[second]
    yield from wrong(waiting.awaits_budget == TEAM and waiting.waiting is None, f"it is {waiting.reason}")
    yield from settled(world)
    for job_id, month in ((first, "2026-11"), (second, "2026-12")):
        job = world.rows.jobs()[job_id]
        yield from wrong(job.state is State.SUCCEEDED, f"it ended {job.state}: {job.reason}")
        yield from wrong((job.budget or {}).get("month") == month, f"it is paid by {job.budget}")


def waits_for_ever_for_its_budget(world: World) -> Iterator[Violation]:
    """What a job needs is more than a month has: its wait has an end of its own."""
    yield from _limited(world, BOUND - 1)
    job_id = send(world, 1, kind=Kind.JOB, whenOverBudget="wait")
    yield from settled(world)
    job = world.rows.jobs()[job_id]
    yield from wrong(
        job.state is State.TIMED_OUT and "budget" in (job.reason or ""), f"{job.state}: {job.reason}"
    )
    waited = _at(job.updated_at) - _at(job.created_at)
    yield from wrong(35 * 24 * 3600 <= waited <= 36 * 24 * 3600, f"it waited {waited} s")


def _one_runs_and_one_waits(world: World) -> Generator[Violation, None, str]:
    """For a budget with room for one. Returns the id of the job that waits."""
    yield from _limited(world, BOUND)
    _run_for(world, LONG)
    send(world, 1, kind=Kind.JOB)
    return send(world, 2, kind=Kind.JOB, delay=5, whenOverBudget="wait")


def raised_budget(world: World) -> Iterator[Violation]:
    """A job waits, and an operator raises the limit."""
    job_id = yield from _one_runs_and_one_waits(world)
    world.clock.run(world.clock.now + 600)
    yield from wrong(world.rows.jobs()[job_id].awaits_budget is not None, "it does not wait")
    yield from _limited(world, 2 * BOUND)
    world.clock.run(world.clock.now + 1800)
    yield from wrong(world.rows.jobs()[job_id].provider_id is not None, "it waits still")
    yield from settled(world)


def waits_beside_the_queue(world: World) -> Iterator[Violation]:
    """A job that waits for its budget keeps none waiting that came later, in a pool of one."""
    waiting = yield from _one_runs_and_one_waits(world)
    other = document_of(API, 3, labels={"team": "other"})
    other_id = job_id_of(API, other["request"], None)
    world.send(other, Sent(Kind.JOB, other_id), delays=(10.0,))
    world.clock.run(world.clock.now + 1800)
    jobs = world.rows.jobs()
    yield from wrong(jobs[waiting].awaits_budget is not None, "it does not wait for its budget")
    yield from wrong(jobs[other_id].provider_id is not None, "the other one waits with it")
    yield from settled(world)


def no_budgets_any_more(world: World) -> Iterator[Violation]:
    """Jobs wait, and a deployment removes the budgets: they go on without."""
    job_id = yield from _one_runs_and_one_waits(world)
    world.clock.run(world.clock.now + 600)
    use(world, None)
    world.clock.run(world.clock.now + 2 * 3600)
    yield from wrong(world.rows.jobs()[job_id].provider_id is not None, "it waits still")
    yield from settled(world)


def agrees_with_the_provider(world: World) -> Iterator[Violation]:
    """What is spent at the end is what the provider's jobs cost, one by one."""
    yield from _limited(world, BOUND * 20)
    world.provider.course = partial(varied, longest=1600.0, spread=1000)
    for number in range(20):
        send(world, number, kind=Kind.JOB, delay=world.random.uniform(0, 600))
    yield from settled(world)
    yield from agrees(world, used=billed_by(world.provider), reserved=0)
    yield from wrong(0 < billed_by(world.provider) < most_of(world.provider), "they cost as much as they may")


def announced_shares(world: World) -> Iterator[Violation]:
    """80 % and 100 % of a budget are told once each."""
    yield from _limited(world, BOUND * 5)
    _run_for(world, LONG)
    for number in range(5):
        send(world, number, kind=Kind.JOB)
        world.clock.run(world.clock.now + 10)
        world.sweep()
        world.sweep()
    yield from settled(world)
    told = [detail["percent"] for detail in world.bus.heard if str(detail["id"]).startswith("budget:")]
    yield from wrong(told == [80, 100], f"told {told}")


def rejected_before_there_was_room(world: World) -> Iterator[Violation]:
    """A document is rejected, and its message comes again when there is room: it stays rejected."""
    yield from _limited(world, BOUND * 3 // 2)
    send(world, 1, kind=Kind.JOB)
    document = document_of(API, 2, labels={"team": TEAM})
    sent = Sent(Kind.OF_BUDGET, job_id_of(API, document["request"], None))
    world.send(document, sent, delays=(5.0, 4000.0))
    yield from settled(world)
    yield from wrong(sent.job_id not in world.rows.jobs(), "it became a job after its rejection")


def settled_twice(world: World) -> Iterator[Violation]:
    """Two calls settle one job: the slower one read its row before the other had settled it."""
    yield from _limited(world, BOUND * 2)
    rows: list[Job] = []

    def look(boundary: Boundary) -> None:
        if boundary.name == SETTLE and not rows:
            rows.extend(world.rows.jobs().values())

    world.wire.pause = look
    send(world, 1, kind=Kind.JOB)
    yield from settled(world)
    yield from wrong([job.settled_at for job in rows] == [None], "it was not seen before it was settled")
    world.parts.settlement.settle(rows[0])


def settled_by_the_sweep(world: World) -> Iterator[Violation]:
    """No event comes, and the sweep that sees the end dies before it settles the budget."""
    yield from _limited(world, BOUND * 2)
    world.provider_events.delays = list
    left = [Fault.CRASH_BEFORE]
    world.wire.decide = lambda boundary: left.pop() if left and boundary.name == SETTLE else None
    send(world, 1, kind=Kind.JOB)
    yield from settled(world)
    yield from wrong(not left, "nothing was settled")


def unknown_end_of_budget(world: World) -> Iterator[Violation]:
    """A job ends in a state that no table knows, so its cost is unknown: all that it reserved is spent."""
    yield from _limited(world, BOUND * 2)
    world.provider.course = lambda job: Course(end=UNKNOWN)  # noqa: ARG005
    send(world, 1, kind=Kind.JOB)
    yield from settled(world)
    item = from_dynamodb(world.rows.budgets[-1])
    yield from wrong((item["used"], item["reserved"]) == (BOUND, 0), f"{item}")


def _limited(world: World, limit: int) -> Iterator[Violation]:
    world.money.prices = PRICES
    use(world, Budgets("team", {TEAM: limit}, default=BOUND * 100))
    yield from ()


def _run_for(world: World, seconds: float) -> None:
    world.provider.course = lambda job: Course(seconds=seconds)  # noqa: ARG005


def _at(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


CASES = (
    five_hundred_at_once,
    waits_for_the_next_month,
    waits_for_ever_for_its_budget,
    raised_budget,
    waits_beside_the_queue,
    no_budgets_any_more,
    agrees_with_the_provider,
    announced_shares,
    rejected_before_there_was_room,
    settled_twice,
    settled_by_the_sweep,
    unknown_end_of_budget,
)
