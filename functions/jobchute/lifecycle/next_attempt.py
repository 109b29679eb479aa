"""The next attempt of a job, after one that has ended as the job's document wants it to be tried again.

The caller knows that nothing of the ended attempt is alive or can come to life: its provider described it as
ended, or has refused to create it. The lease of the ended attempt is given back before the row moves on.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.attempts import Next, Policy, beginning, begins_until, ended, next_name, next_of
from jobchute.errors import UnknownJobError
from jobchute.job import Job, State, iso
from jobchute.ledger.attempt_rows import AttemptRows, Reservation
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pools import PoolRows
from jobchute.ledger.transactions import Transactions
from jobchute.lifecycle.admit import Admission
from jobchute.lifecycle.settlement import estimate_of_attempt
from jobchute.lifecycle.timing import Timing
from jobchute.outcomes import Cause, tells_begin

if TYPE_CHECKING:
    from jobchute.money.budgets import Budget, Budgets


class End(NamedTuple):
    """How an attempt has ended. result: the facts of its end. held_by: the claim that must hold it still.

    must_wait: whether it was refused and must still wait in its pool's queue.
    """

    state: State
    cause: Cause | None
    reason: str | None
    result: dict[str, Any] | None = None
    held_by: str | None = None
    must_wait: bool = False


class NextAttempts(NamedTuple):
    """budgets: of the deployment; None for a function that does not know them. now: epoch seconds."""

    ledger: Ledger
    pools: PoolRows
    admission: Admission
    transactions: "Callable[[], Transactions]"
    budgets: "Callable[[], Budgets | None] | None"
    timing: Timing
    now: Callable[[], float]

    def begin(self, job: Job, end: End) -> Job | str | None:
        """Move a job to its next attempt. Returns its row as it is then, which another call may have moved.

        None if no attempt follows; a text if one would follow but for what the text says.
        """
        now = self.now()
        following = next_of(job, end.state, end.cause, now)
        if following is None:
            return None
        cost = _cost_of(job, end)
        if cost and (why := _too_dear(job, cost)):
            return why
        more = self._reservation(job, cost) if cost and job.budget is not None else None
        if isinstance(more, str):
            return more
        if cost and job.budget is not None and more is None:
            # Only the reconciler knows the budgets: it looks at the job next.
            return self.ledger.note(job.job_id, attempt=job.attempt, due=int(now))[0]
        return self._begin(job, end, following, cost, more)

    def _begin(self, job: Job, end: End, following: Next, cost: int, more: Reservation | None) -> Job | str:
        now, rows = self.now(), AttemptRows(self.ledger.rows)
        try:
            changes = self._changes(job, end, following, now) | _money(job, cost, more)
        except UnknownJobError:
            return "the ledger has lost its alternatives"
        # A job that waits has no lease, or one of a call that is about to admit it, which gives it back itself.
        if not end.must_wait and not self._gives_back_lease(job):
            return self.ledger.get(job.job_id)
        if more is None:
            row, _ = rows.begin(job, now, must_wait=end.must_wait, held_by=end.held_by, **changes)
        else:
            row, is_moved = rows.begin_with(job, now, more, self.transactions(), **changes)
            if is_moved is None:
                return "its budget has no room for another attempt"
        self._admit_others(job)
        if row.attempt == job.attempt or row.state is not State.QUEUED or (row.retry_at or 0) > now:
            return row
        return self.admission.enqueue(row)

    def _admit_others(self, job: Job) -> None:
        """The lease that the ended attempt held is free for a job that waits."""
        pool = None if job.pool is None else self.pools.find(job.pool)
        if pool is not None and pool.queued_at:
            self.admission.fill(pool)

    def _changes(self, job: Job, end: End, following: Next, now: float) -> dict[str, Any]:
        retry_at = int(now) + following.wait
        last = int(begins_until(job)) + self.timing.lease
        past = (*job.past, ended(job, end.state, end.cause, end.reason, at=iso(now)))
        return {
            "name": next_name(job),
            "past": past,
            **self._variant(job, following),
            "retry_at": retry_at,
            "due": retry_at if following.wait else retry_at + self.timing.lease,
            "deadline": min(retry_at + self.timing.wait_limit, last),
            "reason": beginning(job, job.attempt + 1, following.alternative, past[-1]),
        }

    def _variant(self, job: Job, following: Next) -> dict[str, Any]:
        """What is different about the alternative. Raises UnknownJobError if the ledger has lost it."""
        if following.alternative == job.alternative:
            return {}
        from jobchute.lifecycle.variants import plans_of

        plan = plans_of(self.ledger.requests).get(job.job_id, Policy.of(job).plan)
        variant = plan[following.alternative]
        return {
            "alternative": following.alternative or None,
            "pool": variant.pool,
            "time_limit": variant.time_limit,
            "pending_limit": variant.pending_limit,
            "rates": variant.rates,
        }

    def _gives_back_lease(self, job: Job) -> bool:
        """Give back the lease of the ended attempt. Returns False if a later attempt has begun: the lease may
        be that of the later one.
        """
        if job.pool is None:
            return True
        pool = self.pools.find(job.pool)
        held = pool.leases.get(job.job_id)
        if held is None:
            return True
        if self.ledger.get(job.job_id).moves != job.moves:
            return False
        leases = self.pools.leases
        for lane, seen in pool.lanes.get(job.job_id, {0: held}).items():
            leases.give_back(job.pool, job.job_id, seen=seen, lane=lane or None)
        return True

    def _reservation(self, job: Job, cost: int) -> Reservation | str | None:
        """What to reserve in addition; a text if that is impossible, None if budgets are not known here."""
        if self.budgets is None:
            return None
        budget = self._budget_of(job)
        if budget is None:
            return "its budget does not exist any more"
        return Reservation(budget, cost)

    def _budget_of(self, job: Job) -> "Budget | None":
        budgets = None if self.budgets is None else self.budgets()
        return None if budgets is None else budgets.named(str((job.budget or {})["name"]))


def _cost_of(job: Job, end: End) -> int:
    """What the ended attempt has cost, in millionths of a dollar; its bound where that is not known.

    What was stopped while it waited at its provider has cost nothing. If it may have begun in that moment, as
    the provider tells nothing of its end, it counts with its bound.
    """
    bound = int((job.cost or {}).get("bound", 0))
    if job.provider_id is None or job.cost is None:
        return 0
    cost = estimate_of_attempt(job, end.result)
    if cost is None and job.stop_cause is State.QUEUED and end.cause is Cause.CAPACITY:
        return bound if end.result is None or tells_begin(end.result) else 0
    return bound if cost is None else cost


def _too_dear(job: Job, cost: int) -> str:
    """Why the job may not cost as much as another attempt; empty if it may."""
    said = job.cost or {}
    most, bound = said.get("maxCost"), int(said.get("bound", 0))
    if most is None or (job.spent or 0) + cost + bound <= int(most):
        return ""
    return "another attempt could exceed maxCost"


def _money(job: Job, cost: int, more: Reservation | None) -> dict[str, Any]:
    spent = {"spent": (job.spent or 0) + cost} if cost else {}
    if more is None or job.budget is None:
        return spent
    return spent | {"budget": {**job.budget, "amount": int(job.budget["amount"]) + more.amount}}
