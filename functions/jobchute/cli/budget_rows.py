"""The rows of budgets of a deployment, for reading."""

from jobchute.cli.deployment import deployment_of
from jobchute.ledger.budgets import BudgetRows
from jobchute.ledger.transactions import Transactions
from jobchute.runtime import client, current


def budget_rows_of(stack: str | None) -> BudgetRows:
    """Raises CannotAskError."""
    dynamodb, clock = client("dynamodb"), current().clock
    transactions = Transactions(dynamodb, jitter=clock.jitter, sleep=clock.sleep)
    return BudgetRows(dynamodb, deployment_of(stack).table, transactions)
