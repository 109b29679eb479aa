"""What rows and budgets must say of each other."""

from collections import defaultdict
from collections.abc import Iterator

from jobchute.ledger.budget_waits import WAITING
from jobchute.ledger.items import from_dynamodb
from tests.harness.faults.violation import Rows, Violation, short
from tests.harness.faults.world import World


def budgets(world: World, rows: Rows) -> Iterator[Violation]:
    """The sum is never above the limit; at rest, budgets and rows agree, and nothing is reserved."""
    if not world.money.limits:
        return
    for item in map(from_dynamodb, world.rows.budgets):
        limit = world.money.limits[item["pk"].partition("#")[2]]
        if not 0 <= item["reserved"] <= item["used"] <= limit:
            yield Violation("wrong", item["pk"], f"{item['used']} used, {item['reserved']} reserved")
    used, reserved = _sums(rows)
    last = {(item["pk"], item["sk"]): item for item in map(from_dynamodb, world.rows.budgets)}
    for key in last.keys() | used.keys():
        item = last.get(key, {"used": 0, "reserved": 0})
        if (item["used"], item["reserved"]) != (used[key], reserved[key]):
            what = f"{item['used']} used, {item['reserved']} reserved; by its jobs {used[key]}, {reserved[key]}"
            yield Violation("wrong", str(key), what)
    yield from _unsettled(rows)
    left = [sk for pk, sk in world.rows.items if pk == WAITING]
    if left:
        yield Violation("wrong", WAITING, f"{len(left)} jobs are said to wait")
    if world.money.budgets is not None:
        yield from _unpaid(world, rows)


def _sums(rows: Rows) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]:
    used: dict[tuple[str, str], int] = defaultdict(int)
    reserved: dict[tuple[str, str], int] = defaultdict(int)
    for job in rows.values():
        if job.budget is None:
            continue
        key = f"BUDGET#{job.budget['name']}", str(job.budget["month"])
        amount = int(job.budget["amount"])
        is_settled = job.settled_at is not None
        used[key] += amount if not is_settled or job.estimate is None else job.estimate
        reserved[key] += 0 if is_settled else amount
    return used, reserved


def _unsettled(rows: Rows) -> Iterator[Violation]:
    for job in rows.values():
        if job.state.is_final and job.budget is not None and job.settled_at is None:
            yield Violation("wrong", short(job.job_id), f"it is {job.state}, and its budget is not settled")


def _unpaid(world: World, rows: Rows) -> Iterator[Violation]:
    """Each job at the provider has reserved what it may cost."""
    for made in world.provider.jobs:
        row = rows.get(made.owner or "")
        if row is not None and row.budget is None:
            yield Violation("wrong", short(row.job_id), "it ran without a reservation")
