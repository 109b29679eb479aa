"""Reservations and settlements, over moto's DynamoDB and the fault harness's."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from jobchute.errors import OverBudgetError
from jobchute.job import Job, State, rejection_id_of
from jobchute.ledger.budget_waits import BudgetWaits
from jobchute.ledger.budgets import BudgetRows
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.transactions import MAX_TRIES, Transactions
from jobchute.money.budgets import Budget
from tests.aws import TABLE, client, create_table
from tests.builders import NOW, a_job, a_source
from tests.fakes.dynamodb import FakeDynamoDB

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MONTH = "2026-11"
GROWTH = Budget("growth", 100)


def over(dynamodb: "DynamoDBClient") -> BudgetRows:
    return BudgetRows(dynamodb, TABLE, Transactions(dynamodb, jitter=lambda most: most, sleep=lambda _: None))


@pytest.fixture(params=["moto", "fake"])
def rows(request: pytest.FixtureRequest) -> Iterator[BudgetRows]:
    if request.param == "fake":
        fake = FakeDynamoDB()
        create_table(fake)
        yield over(cast("DynamoDBClient", fake))
        return
    with mock_aws():
        table = client("dynamodb")
        create_table(table)
        yield over(table)


def reserving(label: str, amount: int, **changes: Any) -> Job:
    budget = {"name": GROWTH.name, "month": MONTH, "amount": amount}
    return a_job(label, budget=budget, source=a_source(uri=f"s3://drop/{label}"), **changes)


def ledger(rows: BudgetRows) -> Ledger:
    return Ledger(rows.client, rows.table, 3600)


def used(rows: BudgetRows) -> tuple[int, int]:
    row = rows.get(GROWTH.name, MONTH)
    return row.used, row.reserved


def end(rows: BudgetRows, job: Job) -> Job:
    return ledger(rows).move(job.job_id, State.SUCCEEDED, NOW, due=NOW + 120)[0]


def test_what_fits_is_reserved_with_the_row(rows: BudgetRows) -> None:
    assert used(rows) == (0, 0)
    assert rows.add(reserving("a", 60), GROWTH) is None
    assert rows.add(reserving("b", 40), GROWTH) is None
    assert used(rows) == (100, 100)
    assert ledger(rows).get(reserving("b", 40).job_id).budget == {
        "name": "growth",
        "month": MONTH,
        "amount": 40,
    }


def test_what_does_not_fit_writes_nothing(rows: BudgetRows) -> None:
    rows.add(reserving("a", 60), GROWTH)
    with pytest.raises(OverBudgetError) as raised:
        rows.add(reserving("b", 41), GROWTH)
    assert (raised.value.used, raised.value.limit, raised.value.amount) == (60, 100, 41)
    assert used(rows) == (60, 60)
    assert [*ledger(rows).get_many([reserving("b", 41).job_id])] == []


def test_more_than_a_month_has_never_fits(rows: BudgetRows) -> None:
    with pytest.raises(OverBudgetError):
        rows.add(reserving("a", 101), GROWTH)
    assert used(rows) == (0, 0)


def test_the_same_job_reserves_once(rows: BudgetRows) -> None:
    job = reserving("a", 60)
    rows.add(job, GROWTH)
    existing = rows.add(job, GROWTH)
    assert existing is not None
    assert existing.job_id == job.job_id
    assert used(rows) == (60, 60)


def test_an_accepted_job_is_found_under_a_lowered_limit(rows: BudgetRows) -> None:
    rows.add(reserving("a", 60), GROWTH)
    assert rows.add(reserving("a", 60), Budget("growth", 10)) is not None


def test_a_rejected_document_reserves_nothing(rows: BudgetRows) -> None:
    job = reserving("a", 60)
    ledger(rows).add(a_job(job_id=rejection_id_of(job.source), state=State.REJECTED, source=job.source))
    with pytest.raises(OverBudgetError):
        rows.add(job, GROWTH)
    assert used(rows) == (0, 0)


def test_an_end_gives_back_what_was_not_spent(rows: BudgetRows) -> None:
    job = reserving("a", 60)
    rows.add(job, GROWTH)
    rows.add(reserving("b", 30), GROWTH)
    ended = end(rows, job)
    assert ended.due == NOW + 120
    assert rows.settle(ended, cost=25, now=NOW)
    assert used(rows) == (55, 30)
    assert rows.get(GROWTH.name, MONTH).spent == 25
    settled = ledger(rows).get(job.job_id)
    assert (settled.due, settled.settled_at is not None) == (None, True)


def test_nothing_is_settled_twice(rows: BudgetRows) -> None:
    job = reserving("a", 60)
    rows.add(job, GROWTH)
    ended = end(rows, job)
    rows.settle(ended, cost=25, now=NOW)
    assert not rows.settle(ended, cost=25, now=NOW)
    assert used(rows) == (25, 0)


def test_an_open_job_is_not_settled(rows: BudgetRows) -> None:
    job = reserving("a", 60)
    rows.add(job, GROWTH)
    assert not rows.settle(job, cost=0, now=NOW)
    assert used(rows) == (60, 60)


def test_a_cost_above_the_bound_is_told_as_it_is(rows: BudgetRows) -> None:
    job = reserving("a", 100)
    rows.add(job, GROWTH)
    rows.settle(end(rows, job), cost=110, now=NOW)
    assert used(rows) == (110, 0)
    with pytest.raises(OverBudgetError):
        rows.add(reserving("b", 1), GROWTH)


def test_a_budget_that_was_deleted_keeps_no_job_due(rows: BudgetRows) -> None:
    job = reserving("a", 60)
    rows.add(job, GROWTH)
    key = {"pk": {"S": "BUDGET#growth"}, "sk": {"S": MONTH}}
    rows.client.delete_item(TableName=TABLE, Key=key)
    assert rows.settle(end(rows, job), cost=25, now=NOW)
    assert ledger(rows).get(job.job_id).due is None
    assert used(rows) == (0, 0)


def test_an_ended_job_without_a_reservation_is_due_no_more(rows: BudgetRows) -> None:
    without, with_one = a_job("a"), reserving("b", 60)
    ledger(rows).add(without)
    rows.add(with_one, GROWTH)
    for job in (without, with_one):
        end(rows, job)
        rows.settle_nothing(job.job_id)
    assert [ledger(rows).get(job.job_id).due for job in (without, with_one)] == [None, NOW + 120]


def test_a_share_that_was_announced_is_remembered(rows: BudgetRows) -> None:
    rows.add(reserving("a", 60), GROWTH)
    rows.tell(rows.get(GROWTH.name, MONTH), 80)
    assert rows.get(GROWTH.name, MONTH).told == 80


def waits(rows: BudgetRows) -> BudgetWaits:
    return BudgetWaits(*rows)


def waiting(label: str, number: int = 0) -> Job:
    created_at = f"2026-11-27T04:00:0{number}.000Z"
    return replace(a_job(label), awaits_budget=GROWTH.name, created_at=created_at)


def test_a_waiting_job_is_found_in_the_order_of_arrival(rows: BudgetRows) -> None:
    for number, label in ((2, "b"), (1, "a")):
        assert waits(rows).add(waiting(label, number), 10 * number) is None
    assert [(each.job_id, each.amount) for each in waits(rows).all()] == [
        (waiting("a").job_id, 10),
        (waiting("b").job_id, 20),
    ]
    assert waits(rows).add(waiting("a", 1), 10) is not None


def test_a_waiting_job_reserves_once_there_is_room(rows: BudgetRows) -> None:
    rows.add(reserving("first", 70), GROWTH)
    job = waiting("a")
    waits(rows).add(job, 40)
    (each,) = waits(rows).all()
    with pytest.raises(OverBudgetError):
        waits(rows).reserve(each, GROWTH, month=MONTH)
    assert waits(rows).reserve(each, GROWTH, month="2026-12", due=NOW + 120)
    row = ledger(rows).get(job.job_id)
    assert (row.awaits_budget, row.due) == (None, NOW + 120)
    assert row.budget == {"name": "growth", "month": "2026-12", "amount": 40}
    assert rows.get(GROWTH.name, "2026-12").used == 40
    assert [*waits(rows).all()] == []
    assert not waits(rows).reserve(each, GROWTH, month="2026-12")
    assert rows.get(GROWTH.name, "2026-12").used == 40


def test_a_job_that_ended_while_it_waited_reserves_nothing(rows: BudgetRows) -> None:
    job = waiting("a")
    waits(rows).add(job, 40)
    (each,) = waits(rows).all()
    ledger(rows).move(job.job_id, State.CANCELLED, NOW, only_from=(State.QUEUED,))
    assert not waits(rows).reserve(each, GROWTH, month=MONTH)
    assert used(rows) == (0, 0)
    assert [*waits(rows).all()] == []


def test_a_job_goes_on_where_there_are_no_budgets_any_more(rows: BudgetRows) -> None:
    job = waiting("a")
    waits(rows).add(job, 40)
    (each,) = waits(rows).all()
    assert waits(rows).release(each, due=NOW + 1)
    assert ledger(rows).get(job.job_id).awaits_budget is None
    assert not waits(rows).release(each, due=NOW + 1)


def cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code} for code in codes]
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": reasons,
    }
    return ClientError(response, "TransactWriteItems")


class Answers:
    """A client that raises these errors, one for each call, and then takes what it is given."""

    def __init__(self, *errors: ClientError) -> None:
        self.left = list(errors)
        self.calls = 0

    def transact_write_items(self, **_: Any) -> None:
        self.calls += 1
        if self.left:
            raise self.left.pop(0)


def test_transactions_that_meet_are_tried_again() -> None:
    pauses: list[float] = []
    answers = Answers(cancelled("None", "TransactionConflict"), cancelled("TransactionConflict", "None"))
    transactions = Transactions(cast("Any", answers), jitter=lambda most: most, sleep=pauses.append)
    assert transactions.write([]) == []
    assert (answers.calls, pauses) == (3, [0.05, 0.1])


def test_transactions_that_meet_too_often_are_an_error() -> None:
    answers = Answers(*[cancelled("TransactionConflict")] * MAX_TRIES)
    transactions = Transactions(cast("Any", answers), jitter=lambda most: most, sleep=lambda _: None)
    with pytest.raises(ClientError):
        transactions.write([])
    assert answers.calls == MAX_TRIES


def test_another_error_of_a_transaction_is_raised_at_once() -> None:
    answers = Answers(cancelled("ThrottlingError", "None"))
    transactions = Transactions(cast("Any", answers), jitter=lambda most: most, sleep=lambda _: None)
    with pytest.raises(ClientError):
        transactions.write([])
    assert answers.calls == 1
