"""The ledger's rows of budgets: what the jobs of a month have reserved and cost.

A budget has one item for each month. `used` is what its jobs cost, or may cost as far as they have not ended;
`reserved` is the part of those that have not ended. A job's amount is added in the transaction that writes the
reservation into the job's row, on the condition that it fits. It is settled, once, in the transaction that
writes `settledAt` into the row of the ended job. So the items and the rows agree whenever a call dies, and no
item grows with the number of jobs.
"""

from collections.abc import Mapping
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

ENDS = tuple(state for state in State if state in FINAL_STATES)
NEW = "attribute_not_exists(pk)"


class BudgetRow(NamedTuple):
    """A budget in one month, in millionths of a dollar. told: the highest share that was told, in percent."""

    name: str
    month: str
    used: int = 0
    reserved: int = 0
    told: int = 0

    @property
    def spent(self) -> int:
        return self.used - self.reserved


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
            if existing is None:
                raise self.over(job.job_id, budget, month, amount)
            return existing
        key = _job_key(rejection_id_of(job.source))
        not_rejected = {"TableName": self.table, "Key": key, "ConditionExpression": NEW}
        refused = self.transactions.write(
            [
                put_new(self.table, item_of(job)),
                reservation(self.table, budget, month, amount),
                {"ConditionCheck": not_rejected},
            ]
        )
        if refused and refused[0].place == 0:
            return job_of(refused[0].item or self._rows.get(job.job_id))
        if refused:
            raise self.over(job.job_id, budget, month, amount)
        return None

    def reject(self, rejection: Item, job_id: str) -> bool:
        """Write the row of a document that its budget has no room for.

        Returns whether the document is rejected: another delivery of it may have found room, and made its job.
        """
        no_job = {"TableName": self.table, "Key": _job_key(job_id), "ConditionExpression": NEW}
        refused = self.transactions.write([put_new(self.table, rejection), {"ConditionCheck": no_job}])
        return not refused or refused[0].place == 0

    def over(self, job_id: str, budget: Budget, month: str, amount: int) -> OverBudgetError:
        """The error of a job that does not fit, with the figures of now."""
        used = self.get(budget.name, month).used
        return OverBudgetError(job_id, budget.name, month, limit=budget.limit, used=used, amount=amount)

    def settle(self, job: Job, *, cost: int, now: float) -> bool:
        """Give back what an ended job reserved beyond its cost. Returns whether this call did it."""
        amount, month = _reservation_of(job)
        update = Update(job.job_id, {"settled_at": iso(now), "due": None})
        condition = f"{update.holds(ENDS)} AND {update.exists('budget')} AND {update.lacks('settledAt')}"
        back = {
            "TableName": self.table,
            "Key": _key_of(str((job.budget or {})["name"]), month),
            "UpdateExpression": "ADD used :cost, reserved :freed",
            "ConditionExpression": "attribute_exists(used)",
            "ExpressionAttributeValues": to_dynamodb({":cost": cost - amount, ":freed": -amount}),
        }
        row = updated(self.table, job.job_id, update, condition)
        refused = self.transactions.write([row, {"Update": back}])
        if refused and refused[0].place == 1:
            # An operator has deleted the budget's item: there is nothing to give back to.
            return self._rows.update(job.job_id, update, condition)[1]
        return not refused

    def settle_nothing(self, job_id: str) -> None:
        """Nothing is left to do for an ended job that had not reserved anything."""
        update = Update(job_id, {"due": None})
        self._rows.update(job_id, update, f"{update.holds(ENDS)} AND {update.lacks('budget')}")

    def tell(self, row: BudgetRow, share: int) -> None:
        """Remember that a share of a budget was told."""
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


def put_new(table: str, item: Item) -> dict[str, Any]:
    """The write of an item that does not exist yet."""
    new = {"ConditionExpression": NEW, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    return {"Put": {"TableName": table, "Item": item, **new}}


def reservation(table: str, budget: Budget, month: str, amount: int) -> dict[str, Any]:
    """The write of a reservation, if it fits. amount: at most the budget's limit.

    A condition knows no sums, so it compares what is used with the room that the amount leaves.
    """
    write = {
        "TableName": table,
        "Key": _key_of(budget.name, month),
        "UpdateExpression": "ADD used :amount, reserved :amount",
        "ConditionExpression": "attribute_not_exists(used) OR used <= :room",
        "ExpressionAttributeValues": to_dynamodb({":amount": amount, ":room": budget.limit - amount}),
    }
    return {"Update": write}


def updated(table: str, job_id: str, update: Update, condition: str) -> dict[str, Any]:
    """The write of a change of a job's row."""
    write = {
        "TableName": table,
        "Key": _job_key(job_id),
        "UpdateExpression": update.expression,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": update.names,
        "ExpressionAttributeValues": to_dynamodb(update.values),
    }
    return {"Update": write}


def _reservation_of(job: Job) -> tuple[int, str]:
    """The amount and the month of a job's reservation."""
    reserved = job.budget or {}
    return int(reserved["amount"]), str(reserved["month"])


def _job_key(job_id: str) -> Item:
    return to_dynamodb({"pk": job_id, "sk": JOB})


def _key_of(name: str, month: str) -> Item:
    return to_dynamodb({"pk": f"BUDGET#{name}", "sk": month})


def _row_of(item: Mapping[str, Any]) -> BudgetRow:
    values = from_dynamodb(item)
    name, numbers = values["pk"].partition("#")[2], ("used", "reserved", "told")
    return BudgetRow(name, values["sk"], **{each: values.get(each, 0) for each in numbers})
