"""The reconciler's part in budgets: it reserves for jobs that wait, and announces how much is used.

Waiting jobs are tried in the order of their arrival, and one that does not fit keeps no smaller one behind it
waiting. What they wait for is a new month, a raised limit, or the end of a job that cost less than it had
reserved.
"""

from collections.abc import Callable
from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute import metrics
from jobchute.errors import OverBudgetError, UnknownJobError
from jobchute.job import Job, State
from jobchute.ledger.budget_waits import BudgetWaits, WaitingJob
from jobchute.ledger.budgets import BudgetRow, BudgetRows
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.budget_entry import CHECK_SECONDS
from jobchute.lifecycle.bus import Bus
from jobchute.lifecycle.dependencies import Dependencies
from jobchute.lifecycle.timing import Timing
from jobchute.money.amounts import dollars_of
from jobchute.money.budgets import Budget, Budgets, month_of

logger = Logger(child=True)

SHARES = (100, 80)
"""In percent: each is announced once a month, as soon as so much of a budget is used."""


class BudgetUpkeep(NamedTuple):
    """budgets: None where the deployment has none any more. now: epoch seconds."""

    ledger: Ledger
    rows: BudgetRows
    waits: BudgetWaits
    budgets: Budgets | None
    dependencies: Dependencies
    bus: Bus
    timing: Timing
    now: Callable[[], float]

    def run(self, *, has_time: Callable[[], bool]) -> int:
        """Returns how many jobs wait no longer. An error of one does not keep the others from their turn."""
        if self.budgets is None:
            return 0
        month = month_of(self.now())
        rows = {budget.name: self.rows.get(budget.name, month) for budget in self.budgets.all}
        for budget in self.budgets.all:
            self._tell(budget, rows[budget.name])
        left = {budget.name: budget.limit - rows[budget.name].used for budget in self.budgets.all}
        count = 0
        for waiting in self.waits.all():
            if not has_time():
                break
            count += self._try(waiting, self.budgets, left)
        return count

    def check(self, job: Job) -> None:
        """A due job that waits for its budget: it goes on if the deployment has no such budget any more."""
        waiting = WaitingJob(job.job_id, job.created_at, str(job.awaits_budget), 0)
        if self.budgets is None or self.budgets.named(waiting.budget) is None:
            if self.waits.release(waiting, **self._going_on(job)):
                self._start(job.job_id)
            return
        if not job.awaits:  # else it is due for its names, and stays so
            due = min(int(self.now()) + CHECK_SECONDS, job.deadline + 1)
            self.ledger.note(job.job_id, attempt=job.attempt, only_in=(State.QUEUED,), due=due)

    def _try(self, waiting: WaitingJob, budgets: Budgets, left: dict[str, int]) -> int:
        budget = budgets.named(waiting.budget)
        if budget is None or waiting.amount > left[budget.name]:
            return 0
        try:
            if not self._reserve(waiting, budget):
                return 0
            left[budget.name] -= waiting.amount
            self._start(waiting.job_id)
        except OverBudgetError as error:
            left[budget.name] = error.limit - error.used
            return 0
        except Exception:
            logger.exception("waiting job not admitted to its budget", job_id=waiting.job_id)
            return 0
        return 1

    def _reserve(self, waiting: WaitingJob, budget: Budget) -> bool:
        try:
            job = self.ledger.get(waiting.job_id)
        except UnknownJobError:
            self.waits.forget(waiting.job_id, waiting.created_at)
            return False
        month = month_of(self.now())
        return self.waits.reserve(waiting, budget, month=month, **self._going_on(job))

    def _going_on(self, job: Job) -> dict[str, object]:
        """What is written with the end of the wait: a call that dies behind it leaves the job due at once."""
        now = int(self.now())
        due = {} if job.awaits else {"due": now + self.timing.lease}
        return {"reason": None, "deadline": now + self.timing.wait_limit, **due}

    def _start(self, job_id: str) -> None:
        self.dependencies.enqueue_when_ready(self.ledger.get(job_id))

    def _tell(self, budget: Budget, row: BudgetRow) -> None:
        """The event may be repeated, under its id: it is sent before the row remembers it."""
        percent = 100 * row.used / budget.limit
        logger.info(
            "budget counted",
            **metrics.embedded(self.now(), {metrics.BUDGET_USED: percent}, ("budget",), budget=budget.name),
        )
        share = next((share for share in SHARES if percent >= share), 0)
        if share <= row.told:
            return
        self.bus.publish_budget(
            {
                "id": f"budget:{row.month}:{budget.name}:{share}",
                "budget": budget.name,
                "month": row.month,
                "percent": share,
                "limit": dollars_of(budget.limit),
                "used": dollars_of(row.used),
                "reserved": dollars_of(row.reserved),
                "spent": dollars_of(row.spent),
                "currency": "USD",
            }
        )
        self.rows.tell(row, share)
