"""What a job's end means for its budget: what the job has cost stays, and the rest that it reserved goes back.

The write that ends the job leaves it due, as the reservation may be settled by the call that ended it, by a
redelivery, or by the reconciler, whichever comes first. The transaction that settles it removes the job from
what is due, on the condition that no other has done so.

What is not known is not given back. Without an estimate, the whole reservation stays spent. Only a job that no
attempt has created at its provider has cost nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jobchute.job import Job, Submitted, has_budget
from jobchute.ledger.budget_waits import BudgetWaits
from jobchute.ledger.budgets import BudgetRows
from jobchute.money.cost import estimate_of

SETTLEMENT_SECONDS = 120
"""After so long, the reconciler settles the budget of an ended job whose own call did not."""


class Settlement(NamedTuple):
    """now: epoch seconds."""

    rows: BudgetRows
    waits: BudgetWaits
    now: Callable[[], float]

    def settle(self, job: Job) -> None:
        """Settle the reservation of an ended job. Repeating it does no harm."""
        if job.budget is not None:
            amount = int(job.budget["amount"])
            self.rows.settle(job, cost=amount if job.estimate is None else job.estimate, now=self.now())
            return
        # It ended while it waited for its budget, or was read before it got its reservation.
        self.waits.forget(job.job_id, job.created_at)
        self.rows.settle_nothing(job.job_id)


def money_at_end(job: Submitted, result: Mapping[str, Any] | None, now: float) -> dict[str, Any]:
    """What is written with the end of a job: what it has cost, and when its budget has to be settled.

    result: the facts of its end, where its provider has reported them.
    """
    estimate = estimate_at_end(job, result)
    known = {} if estimate is None else {"estimate": estimate}
    return known | ({"due": int(now) + SETTLEMENT_SECONDS} if has_budget(job) else {})


def estimate_at_end(job: Submitted, result: Mapping[str, Any] | None) -> int | None:
    """What an ended job has cost, with all its attempts; None where that is not known. result: the facts of its
    end.
    """
    estimate = estimate_of_attempt(job, result)
    spent = job.spent if isinstance(job, Job) else None
    return estimate if estimate is None or spent is None else estimate + spent


def estimate_of_attempt(job: Submitted, result: Mapping[str, Any] | None) -> int | None:
    """The same of its newest attempt alone."""
    if job.rates is None:
        return None
    if isinstance(job, Job) and job.provider_id is None and not job.may_exist:
        return 0
    return None if result is None else estimate_of(job.rates, result)
