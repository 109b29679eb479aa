"""Jobs that wait for room in their budget.

Such a job has an item beside its row, written in one transaction with it, by which the reconciler finds it, in
the order of arrival. The transaction that reserves what the job needs removes the item. An item whose job waits
no longer is removed by the call that comes upon it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.job import Job, State
from jobchute.ledger.budgets import BudgetRows, put_new, reservation, updated
from jobchute.ledger.items import Item, from_dynamodb, item_of, job_of, to_dynamodb
from jobchute.ledger.job_rows import JobRows
from jobchute.ledger.transactions import Transactions
from jobchute.ledger.update import Update
from jobchute.money.budgets import Budget

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WAITING = "BUDGETWAIT"


class WaitingJob(NamedTuple):
    """A job that waits for its budget, as its item says. amount: that it needs."""

    job_id: str
    created_at: str
    budget: str
    amount: int


class BudgetWaits(NamedTuple):
    """Reads and transactions."""

    client: "DynamoDBClient"
    table: str
    transactions: Transactions

    def add(self, job: Job, amount: int) -> Job | None:
        """Write a new job's row as it waits. Returns the row that is already there, else None."""
        pointer = {"budget": job.awaits_budget, "amount": amount}
        item = _key_of(job.job_id, job.created_at) | to_dynamodb(pointer)
        writes = [put_new(self.table, item_of(job)), {"Put": {"TableName": self.table, "Item": item}}]
        refused = self.transactions.write(writes)
        if not refused:
            return None
        return job_of(refused[0].item or JobRows(self.client, self.table).get(job.job_id))

    def all(self) -> Iterator[WaitingJob]:
        """In the order of their arrival, read as the caller goes on."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_dynamodb({":pk": WAITING}),
            ConsistentRead=True,
        )
        for page in pages:
            for values in map(from_dynamodb, page["Items"]):
                created_at, _, job_id = values["sk"].partition("#")
                yield WaitingJob(job_id, created_at, values["budget"], values["amount"])

    def reserve(self, waiting: WaitingJob, budget: Budget, *, month: str, **changes: Any) -> bool:
        """Reserve what a waiting job needs, in its row and in its budget. Returns whether this call did it.

        changes: fields of Job to write along. Raises OverBudgetError.
        """
        rows = BudgetRows(self.client, self.table, self.transactions)
        if waiting.amount > budget.limit:
            raise rows.over(waiting.job_id, budget, month, waiting.amount)
        reserved = {"name": budget.name, "month": month, "amount": waiting.amount}
        refused = self.transactions.write(
            [
                self._stop_waiting(waiting, {**changes, "budget": reserved}),
                reservation(self.table, budget, month, waiting.amount),
                self._deletion(waiting),
            ]
        )
        if refused and refused[0].place == 0:
            self.forget(waiting.job_id, waiting.created_at)
        elif refused:
            raise rows.over(waiting.job_id, budget, month, waiting.amount)
        return not refused

    def release(self, waiting: WaitingJob, **changes: Any) -> bool:
        """Let a job go on without a reservation: its deployment has no such budget any more."""
        refused = self.transactions.write([self._stop_waiting(waiting, changes), self._deletion(waiting)])
        if refused:
            self.forget(waiting.job_id, waiting.created_at)
        return not refused

    def forget(self, job_id: str, created_at: str) -> None:
        """Remove the item of a job that waits no longer."""
        self.client.delete_item(TableName=self.table, Key=_key_of(job_id, created_at))

    def _stop_waiting(self, waiting: WaitingJob, changes: dict[str, Any]) -> dict[str, Any]:
        update = Update(waiting.job_id, {**changes, "awaits_budget": None})
        condition = f"{update.holds((State.QUEUED,))} AND {update.exists('awaitsBudget')}"
        return updated(self.table, waiting.job_id, update, condition)

    def _deletion(self, waiting: WaitingJob) -> dict[str, Any]:
        key = _key_of(waiting.job_id, waiting.created_at)
        return {"Delete": {"TableName": self.table, "Key": key}}


def _key_of(job_id: str, created_at: str) -> Item:
    return to_dynamodb({"pk": WAITING, "sk": f"{created_at}#{job_id}"})
