"""jobchute budget: what is reserved, spent and left of each budget in a month."""

import re
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, Stack
from jobchute.cli.output import print_json

if TYPE_CHECKING:
    from jobchute.ledger.budgets import BudgetRow
    from jobchute.money.budgets import Budget

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
Month = Annotated[
    str | None, typer.Option(metavar="YYYY-MM", help="In UTC. Default: this month.", show_default=False)
]


def budget(month: Month = None, stack: Stack = None, as_json: AsJson = False) -> None:
    """Show the budgets of a month: limits, what open jobs have reserved, what ended jobs cost, what is left.

    Jobs that wait for a budget are counted under WAITING. Costs are estimates from the prices that are loaded.
    """
    from jobchute.cli.budget_rows import budget_rows_of
    from jobchute.cli.stack import budgets_of
    from jobchute.money.budgets import month_of
    from jobchute.runtime import current

    if month is not None and not MONTH.fullmatch(month):
        raise typer.BadParameter(f"{month} is no month; write 2026-11")
    budgets = budgets_of(stack)
    if budgets is None:
        raise AnswerIsNoError("the deployment has no budgets; they are set by jobchute:budgets")
    rows, waits = budget_rows_of(stack)
    month = month or month_of(current().clock.now())
    waiting = Counter(each.budget for each in waits.all())
    found = [(each, rows.get(each.name, month), waiting[each.name]) for each in budgets.all]
    if as_json:
        for each in found:
            print_json({"label": budgets.label, **_told(*each)})
    else:
        _print(found)


def _told(budget: "Budget", row: "BudgetRow", waiting: int) -> dict[str, Any]:
    from jobchute.money.amounts import dollars_of

    amounts = {
        "limit": budget.limit,
        "reserved": row.reserved,
        "spent": row.spent,
        "left": budget.limit - row.used,
    }
    return {
        "budget": budget.name,
        "month": row.month,
        **{name: dollars_of(value) for name, value in amounts.items()},
        "currency": "USD",
        "percent": round(100 * row.used / budget.limit, 1),
        "waiting": waiting,
    }


def _print(found: "list[tuple[Budget, BudgetRow, int]]") -> None:
    from jobchute.cli.columns import Column, cut_middle
    from jobchute.cli.tables import print_lines
    from jobchute.money.amounts import shown
    from jobchute.money.budgets import DEFAULT

    columns = (
        Column("BUDGET", 12, cut=cut_middle),
        Column("MONTH", len("2026-11"), rank=4),
        Column("LIMIT", 8, rank=2),
        Column("RESERVED", 8, rank=3),
        Column("SPENT", 8, rank=3),
        Column("LEFT", 8, rank=1),
        Column("WAITING", len("WAITING"), rank=2),
    )
    print_lines(
        columns,
        [
            (
                "(default)" if budget.name == DEFAULT else budget.name,
                row.month,
                *map(shown, (budget.limit, row.reserved, row.spent, budget.limit - row.used)),
                str(waiting),
            )
            for budget, row, waiting in found
        ],
    )
