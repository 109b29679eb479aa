"""The ledger's rows of budgets: what the jobs of a month have reserved and cost.

A budget has one item for each month. `used` is what its jobs cost, or may cost as far as they have not ended;
`reserved` is the part of those that have not ended. A job's amount is added in the transaction that writes the
reservation into the job's row, on the condition that it fits. It is settled, once, in the transaction that
writes `settledAt` into the row of the ended job. So the items and the rows agree whenever a call dies, and no
item grows with the number of jobs.

A job that waits for its budget has an item beside its row (`BUDGETWAIT`), written in one transaction with it,
by which the reconciler finds it, in the order of arrival.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.errors import OverBudgetError, UnknownJobError
from jobchute.job import FINAL_STATES, Job, State, iso, rejection_id_of
from jobchute.ledger.items import JOB, Item, from_dynamodb, item_of, job_of, to_dynamodb
from jobchute.ledger.job_rows import JobRows
from jobchute.ledger.transactions import Transactions
from jobchute.ledger.update import Update
from jobchute.money.budgets import Budget

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WAITING = "BUDGETWAIT"
ENDS = tuple(state for state in State if state in FINAL_STATES)


class BudgetRow(NamedTuple):
    """A budget in one month, in millionths of a dollar. told: the highest share that was told."""

    name: str
    month: str
    used: int = 0
    reserved: int = 0
    told: int = 0

    @property
    def spent(self) -> int:
        return self.used - self.reserved


class WaitingJob(NamedTuple):
    """A job that waits for its budget, as its item says. amount: that it needs."""

    job_id: str
    created_at: str
    budget: str
    amount: int


class BudgetRows(NamedTuple):
    """Reads and transactions."""

    client: "DynamoDBClient"
    table: str
    transactions: Transactions

    def get(self, name: str, month: str) -> BudgetRow:
        """The row, or an empty one, read consistently."""
        answer = self.client.get_item(TableName=self.table, Key=_key_of(name, month), ConsistentRead=True)
        return _row_of(answer.get("Item", _key_of(name, month)))

    def add(self, job: Job, budget: Budget) -> Job | None:
        """Write a new job's row with its reservation. Returns the row that is already there, else None.

        A document that was rejected stays rejected, even if its budget has room when its message comes again.
        Raises OverBudgetError: nothing was written.
        """
        amount, month = _reservation_of(job)
        if amount > budget.limit:
            existing = self._find(job.job_id)
            return existing or self._raise_over(budget, month, amount)
        not_rejected = {"Key": _job_key(rejection_id_of(job.source)), "ConditionExpression": NEW}
        refused = self.transactions.write(
            [
                {"Put": self._put(item_of(job))},
                {"Update": self._reserve(budget, month, amount)},
                {"ConditionCheck": self._in_table(not_rejected)},
            ]
        )
        if not refused:
            return None
        if refused[0].place == 0:
            return job_of(refused[0].item or self._rows.get(job.job_id))
        return self._raise_over(budget, month, amount)

    def add_waiting(self, job: Job, amount: int) -> Job | None:
        """Write a new job's row as it waits. Returns the row that is already there, else None."""
        pointer = {"budget": job.awaits_budget, "amount": amount}
        item = _waiting_key(job.job_id, job.created_at) | to_dynamodb(pointer)
        refused = self.transactions.write(
            [{"Put": self._put(item_of(job))}, {"Put": self._in_table({"Item": item})}]
        )
        return job_of(refused[0].item or self._rows.get(job.job_id)) if refused else None

    def waiting(self) -> Iterator[WaitingJob]:
        """The jobs that wait for budgets, in the order of their arrival, read as the caller goes on."""
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
        """Reserve what a waiting job needs, in its row and in its budget. Returns whether it waits no longer.

        changes: fields of Job to write along. A job that waits no longer, or whose row is gone, loses its item.
        Raises OverBudgetError.
        """
        if waiting.amount > budget.limit:
            self._raise_over(budget, month, waiting.amount)
        reservation = {"name": budget.name, "month": month, "amount": waiting.amount}
        refused = self.transactions.write(
            [
                {"Update": self._stop_waiting(waiting.job_id, {**changes, "budget": reservation})},
                {"Update": self._reserve(budget, month, waiting.amount)},
                {"Delete": self._in_table({"Key": _waiting_key(waiting.job_id, waiting.created_at)})},
            ]
        )
        if not refused:
            return True
        if refused[0].place == 0:
            self.forget(waiting.job_id, waiting.created_at)
            return False
        return self._raise_over(budget, month, waiting.amount) is not None

    def release(self, waiting: WaitingJob, **changes: Any) -> bool:
        """Let a job go on without a reservation: its deployment has no budgets any more."""
        refused = self.transactions.write(
            [
                {"Update": self._stop_waiting(waiting.job_id, changes)},
                {"Delete": self._in_table({"Key": _waiting_key(waiting.job_id, waiting.created_at)})},
            ]
        )
        if refused:
            self.forget(waiting.job_id, waiting.created_at)
        return not refused

    def forget(self, job_id: str, created_at: str) -> None:
        """Remove the item of a job that waits no longer."""
        self.client.delete_item(TableName=self.table, Key=_waiting_key(job_id, created_at))

    def settle(self, job: Job, *, cost: int, now: float) -> bool:
        """Give back what an ended job reserved beyond its cost. Returns whether this call did it."""
        amount, month = _reservation_of(job)
        name = str((job.budget or {})["name"])
        back = {
            "Key": _key_of(name, month),
            "UpdateExpression": "ADD used :cost, reserved :freed",
            "ConditionExpression": "attribute_exists(used)",
            "ExpressionAttributeValues": to_dynamodb({":cost": cost - amount, ":freed": -amount}),
        }
        update = Update(job.job_id, {"settled_at": iso(now), "due": None})
        condition = f"{update.holds(ENDS)} AND {update.exists('budget')} AND {update.lacks('settledAt')}"
        row = self._update(job.job_id, update, condition)
        refused = self.transactions.write([{"Update": row}, {"Update": self._in_table(back)}])
        if refused and refused[0].place == 1:
            # An operator has deleted the budget's item: there is nothing to give back to.
            return self._rows.update(job.job_id, update, condition)[1]
        return not refused

    def tell(self, row: BudgetRow, share: int) -> None:
        """Remember that a share of a budget was announced."""
        self.client.update_item(
            TableName=self.table,
            Key=_key_of(row.name, row.month),
            UpdateExpression="SET told = :share",
            ConditionExpression="attribute_exists(used)",
            ExpressionAttributeValues=to_dynamodb({":share": share}),
        )

    @property
    def _rows(self) -> JobRows:
        return JobRows(self.client, self.table)

    def _find(self, job_id: str) -> Job | None:
        try:
            return job_of(self._rows.get(job_id))
        except UnknownJobError:
            return None

    def _raise_over(self, budget: Budget, month: str, amount: int) -> Job | None:
        used = self.get(budget.name, month).used
        raise OverBudgetError(budget.name, month, limit=budget.limit, used=used, amount=amount)

    def _reserve(self, budget: Budget, month: str, amount: int) -> dict[str, Any]:
        """The condition knows no sums, so it compares what is used with the room that the amount leaves."""
        values = {":amount": amount, ":room": budget.limit - amount}
        return self._in_table(
            {
                "Key": _key_of(budget.name, month),
                "UpdateExpression": "ADD used :amount, reserved :amount",
                "ConditionExpression": "attribute_not_exists(used) OR used <= :room",
                "ExpressionAttributeValues": to_dynamodb(values),
            }
        )

    def _stop_waiting(self, job_id: str, changes: dict[str, Any]) -> dict[str, Any]:
        update = Update(job_id, {**changes, "awaits_budget": None})
        return self._update(
            job_id, update, f"{update.holds((State.QUEUED,))} AND {update.exists('awaitsBudget')}"
        )

    def _update(self, job_id: str, update: Update, condition: str) -> dict[str, Any]:
        return self._in_table(
            {
                "Key": _job_key(job_id),
                "UpdateExpression": update.expression,
                "ConditionExpression": condition,
                "ExpressionAttributeNames": update.names,
                "ExpressionAttributeValues": to_dynamodb(update.values),
            }
        )

    def _put(self, item: Item) -> dict[str, Any]:
        new = {"ConditionExpression": NEW, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        return self._in_table({"Item": item, **new})

    def _in_table(self, write: Mapping[str, Any]) -> dict[str, Any]:
        return {"TableName": self.table, **write}


NEW = "attribute_not_exists(pk)"


def _reservation_of(job: Job) -> tuple[int, str]:
    """The amount and the month of a job's reservation."""
    reservation = job.budget or {}
    return int(reservation["amount"]), str(reservation["month"])


def _job_key(job_id: str) -> Item:
    return to_dynamodb({"pk": job_id, "sk": JOB})


def _key_of(name: str, month: str) -> Item:
    return to_dynamodb({"pk": f"BUDGET#{name}", "sk": month})


def _waiting_key(job_id: str, created_at: str) -> Item:
    return to_dynamodb({"pk": WAITING, "sk": f"{created_at}#{job_id}"})


def _row_of(item: Mapping[str, Any]) -> BudgetRow:
    values = from_dynamodb(item)
    name, numbers = values["pk"].partition("#")[2], ("used", "reserved", "told")
    return BudgetRow(name, values["sk"], **{each: values.get(each, 0) for each in numbers})
