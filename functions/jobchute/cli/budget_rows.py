"""The rows of budgets of a deployment, for reading."""

from jobchute.cli.deployment import deployment_of
from jobchute.ledger.budget_waits import BudgetWaits
from jobchute.ledger.budgets import BudgetRows
from jobchute.ledger.transactions import Transactions
from jobchute.runtime import client, current


def budget_rows_of(stack: str | None) -> tuple[BudgetRows, BudgetWaits]:
    """The rows of budgets, and those of jobs that wait for them. Raises CannotAskError."""
    dynamodb, clock = client("dynamodb"), current().clock
    transactions = Transactions(dynamodb, jitter=clock.jitter, sleep=clock.sleep)
    table = deployment_of(stack).table
    return BudgetRows(dynamodb, table, transactions), BudgetWaits(dynamodb, table, transactions)
