"""How a new job comes to its budget: the write of its row reserves what it may cost, or the job waits.

A job that waits for its budget stands in no pool's queue and holds no lease, so it keeps no other job waiting.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from jobchute.errors import OverBudgetError, UnknownJobError
from jobchute.job import Job
from jobchute.ledger.budget_waits import BudgetWaits
from jobchute.ledger.budgets import BudgetRows
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.label_pointers import point_from_labels
from jobchute.money.amounts import shown
from jobchute.money.budgets import Budget, Budgets, month_of

BUDGET_WAIT_SECONDS = 35 * 24 * 3600
"""Longer than any month: a job that waits for its budget sees the beginning of the next one."""
CHECK_SECONDS = 3600
"""How often a job that waits for its budget is checked by itself, beside the round of all of them."""


class BudgetEntry(NamedTuple):
    """now: epoch seconds."""

    ledger: Ledger
    rows: BudgetRows
    waits: BudgetWaits
    budgets: Budgets
    now: Callable[[], float]

    def add(self, job: Job) -> Job | None:
        """Write a new job's row with its reservation. Returns the row that is already there, else None.

        Raises OverBudgetError.
        """
        existing = self.rows.add(job, self._budget_of(job))
        self._point_from_labels(job, existing)
        return existing

    def add_waiting(self, job: Job, error: OverBudgetError) -> tuple[Job, Job | None]:
        """Write a new job's row as it waits. Returns it, and the row that was there before it."""
        now = int(self.now())
        waiting = replace(
            job,
            budget=None,
            awaits_budget=error.name,
            waiting=None,
            place=None,
            create_at=0,
            reason=waiting_for(error),
            deadline=now + BUDGET_WAIT_SECONDS,
            due=job.due if job.awaits else now + CHECK_SECONDS,
        )
        existing = self.waits.add(waiting, error.amount)
        self._point_from_labels(waiting, existing)
        return waiting, existing

    def reject(self, rejection: Job, error: OverBudgetError) -> bool:
        """Write the row of a document that there is no room for. Returns whether the document is rejected:
        another delivery of it may have found room since, and made its job.
        """
        return self.rows.reject(self.ledger.new_item_of(rejection), error.job_id)

    def check(self, job: Job) -> Job | None:
        """What `add` would find, without a write: for dry runs. Raises OverBudgetError."""
        try:
            return self.ledger.get(job.job_id)
        except UnknownJobError:
            budget, month = self._budget_of(job), month_of(self.now())
            amount, used = int((job.budget or {})["amount"]), self.rows.get(budget.name, month).used
            if used + amount > budget.limit:
                raise OverBudgetError(
                    job.job_id, budget.name, month, limit=budget.limit, used=used, amount=amount
                ) from None
            return None

    def _point_from_labels(self, job: Job, existing: Job | None) -> None:
        point_from_labels(self.ledger.rows, job, existing, retention=self.ledger.retention)

    def _budget_of(self, job: Job) -> Budget:
        name = str((job.budget or {})["name"])
        found = self.budgets.named(name)
        if found is None:
            raise ValueError(f"{job.job_id} is of budget {name}, which does not exist")
        return found


def waiting_for(error: OverBudgetError) -> str:
    """The reason of a waiting job."""
    return f"waiting for its budget: {figures_of(error)}"


def figures_of(error: OverBudgetError) -> str:
    left = max(error.limit - error.used, 0)
    title = Budget(error.name, error.limit).title
    return (
        f"it may cost up to {shown(error.amount)}, and {title} has {shown(left)} left of {shown(error.limit)} "
        f"in {error.month}"
    )
