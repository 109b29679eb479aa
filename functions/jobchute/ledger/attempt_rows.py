"""The move of a job to its next attempt: one write, if the attempt before is as it was read."""

from typing import Any, NamedTuple

from jobchute.job import OPEN_STATES, Job, State, iso
from jobchute.ledger.budgets import reservation, updated
from jobchute.ledger.job_rows import JobRows
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.transactions import Transactions
from jobchute.ledger.update import Update
from jobchute.money.budgets import Budget

LEFT_BEHIND: dict[str, Any] = {
    "provider_id": None,
    "native_status": None,
    "output": None,
    "logs": None,
    "waiting": None,
    "place": None,
    "create_at": 0,
    "lane": None,
    "attempt_id": None,
    "attempt_until": 0,
    "attempts": 0,
    "refusals": 0,
    "refused": None,
    "times_refused": None,
    "missing": None,
    "stop_cause": None,
    "stopped_at": None,
    "patience_until": None,
}
"""Fields of Job that belong to an attempt, and what a new one begins with."""


class Reservation(NamedTuple):
    """What the next attempt has to reserve in addition, in millionths of a dollar."""

    budget: Budget
    amount: int


class AttemptRows(NamedTuple):
    """Conditional writes of rows and, where an attempt has cost something, of budgets."""

    rows: JobRows

    def begin(
        self, job: Job, now: float, *, must_wait: bool, held_by: str | None, **changes: Any
    ) -> tuple[Job, bool]:
        """Move a job to its next attempt, if it is as it was read and was not cancelled. Returns the row and
        whether this call moved it.

        must_wait: whether it must still wait in its pool's queue. held_by: the claim that must hold it still.
        """
        update, condition = _begin(job, now, must_wait=must_wait, held_by=held_by, changes=changes)
        return self.rows.update(job.job_id, update, condition)

    def begin_with(
        self, job: Job, now: float, more: Reservation, transactions: Transactions, **changes: Any
    ) -> tuple[Job, bool | None]:
        """The same with a reservation. Returns None for the second if the budget has no room for it."""
        update, condition = _begin(job, now, must_wait=False, held_by=None, changes=changes)
        month, amount = str((job.budget or {})["month"]), more.amount
        if amount > more.budget.limit:
            return job, None
        refused = transactions.write(
            [
                updated(self.rows.table, job.job_id, update, condition),
                reservation(self.rows.table, more.budget, month, amount),
            ]
        )
        if refused and refused[0].place == 1:
            return job, None
        return Ledger(self.rows.client, self.rows.table, 0).get(job.job_id), not refused

    def note_stop(
        self, job: Job, cause: State | None, *, must_wait: bool = False, **changes: Any
    ) -> tuple[Job, bool]:
        """Write why an attempt is to stop, or that it is not to (None), unless another reason was written since
        it was read, such as a cancellation.

        must_wait: whether it must still wait in its pool's queue.
        """
        update = Update(job.job_id, {"stop_cause": cause, **changes})
        holds = update.holds((State.SUBMITTING, State.CANCELLING), attempt=job.attempt)
        if must_wait:
            holds += f" AND {update.exists('waiting')}"
        before = None if job.stop_cause is None else str(job.stop_cause)
        return self.rows.update(job.job_id, update, f"{holds} AND {update.is_still('stopCause', before)}")


def _begin(
    job: Job, now: float, *, must_wait: bool, held_by: str | None, changes: dict[str, Any]
) -> tuple[Update, str]:
    entry = {"state": str(State.QUEUED), "at": iso(now), "reason": changes["reason"]}
    update = Update(job.job_id, {**LEFT_BEHIND, "attempt": job.attempt + 1, **changes})
    update.move(State.QUEUED)
    update.set("updatedAt", iso(now))
    update.set("history", [entry])
    update.increment("moves")
    conditions = [
        update.holds(OPEN_STATES, held_by, attempt=job.attempt),
        update.equals("moves", job.moves),
        f"({update.lacks('stopCause')} OR {update.differs('stopCause', str(State.CANCELLED))})",
        # A claim since may have created it, and waits again.
        *([update.exists("waiting"), update.equals("attempts", job.attempts)] if must_wait else []),
    ]
    return update, " AND ".join(conditions)
