"""What jobs have cost and may cost this month, by the label that has budgets."""

from functools import partial
from typing import NamedTuple

from jobchute.cli.facts.parallel import in_parallel
from jobchute.ledger.budgets import BudgetRow, BudgetRows
from jobchute.money.budgets import DEFAULT, Budget, Budgets, month_of

MAX_BUDGETS = 25


class BudgetFacts(NamedTuple):
    """Amounts in millionths of a dollar. name: the label's value; empty for the default budget."""

    name: str
    limit: int
    spent: int
    reserved: int

    @property
    def used(self) -> int:
        return self.spent + self.reserved

    @property
    def percent(self) -> float:
        return 100 * self.used / self.limit if self.limit else 100.0


class Spending(NamedTuple):
    """budgets: the fullest first. left_out: how many more there are, which were not read."""

    label: str
    month: str
    budgets: tuple[BudgetFacts, ...]
    left_out: int = 0

    @property
    def used(self) -> int:
        return sum(each.used for each in self.budgets)

    @property
    def limit(self) -> int:
        return sum(each.limit for each in self.budgets)


def spending_of(rows: BudgetRows, budgets: Budgets, now: float) -> Spending:
    """One read for each of MAX_BUDGETS. now: epoch seconds."""
    month = month_of(now)
    read = budgets.all[:MAX_BUDGETS]
    found = in_parallel([partial(rows.get, each.name, month) for each in read])
    facts = [_facts(budget, row) for budget, row in zip(read, found, strict=True)]
    fullest = sorted(facts, key=lambda each: (-each.percent, each.name))
    return Spending(budgets.label, month, tuple(fullest), len(budgets.all) - len(read))


def _facts(budget: Budget, row: BudgetRow) -> BudgetFacts:
    name = "" if budget.name == DEFAULT else budget.name
    return BudgetFacts(name, budget.limit, row.spent, row.reserved)
