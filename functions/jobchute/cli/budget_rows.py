"""The rows of budgets of a deployment, for reading."""

from jobchute.cli.deployment import deployment_of
from jobchute.ledger.budget_waits import BudgetWaits
from jobchute.ledger.budgets import BudgetRows
from jobchute.ledger.transactions import Transactions
from jobchute.runtime import client, current


def budget_rows_of(stack: str | None) -> tuple[BudgetRows, BudgetWaits]:
    """The rows of budgets, and those of jobs that wait for them. Raises CannotAskError."""
    return budget_rows_in(deployment_of(stack).table)


def budget_rows_in(table: str) -> tuple[BudgetRows, BudgetWaits]:
    """The same, of a table that is known."""
    dynamodb, clock = client("dynamodb"), current().clock
    transactions = Transactions(dynamodb, jitter=clock.jitter, sleep=clock.sleep)
    return BudgetRows(dynamodb, table, transactions), BudgetWaits(dynamodb, table, transactions)
