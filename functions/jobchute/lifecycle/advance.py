"""The next step of a due job, by the state of its row."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from jobchute.aws.executions import Executions
from jobchute.job import Job, State
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pools import PoolRows
from jobchute.lifecycle.dependencies import Dependencies
from jobchute.lifecycle.expire import Expirer
from jobchute.lifecycle.observe import SUBMITTED_STATES
from jobchute.lifecycle.pool_upkeep import Pools, lacks_lease, restore_lease
from jobchute.lifecycle.provider_text import NO_BUDGET, never_submitted
from jobchute.lifecycle.submit import Submitter
from jobchute.lifecycle.timing import Timing
from jobchute.lifecycle.transitions import Transitions

if TYPE_CHECKING:
    from jobchute.lifecycle.budget_upkeep import BudgetUpkeep

Turn = Callable[[], object]


class Advancer(NamedTuple):
    """budget_upkeep: made for the first job that waits for its budget. now: epoch seconds."""

    ledger: Ledger
    pool_rows: PoolRows
    executions: Executions
    dependencies: Dependencies
    submitter: Submitter
    expirer: Expirer
    transitions: Transitions
    budget_upkeep: "Callable[[], BudgetUpkeep]"
    timing: Timing
    now: Callable[[], float]

    def turns(self, jobs: Iterable[Job], pools: Pools, attempt_id: str) -> Iterator[Turn]:
        """The next step of each job, to be called one after the other.

        pools: the rows of all pools; UNREAD restores no lease. attempt_id: unique to this reconciliation.
        """
        for job in jobs:
            if job.state in SUBMITTED_STATES:
                yield partial(self._check, job, pools)
            elif job.state.is_final:
                # What it had reserved of a budget is not settled yet.
                yield partial(self.transitions.release, job)
            else:
                yield partial(self._advance, job, attempt_id)

    def _check(self, job: Job, pools: Pools) -> None:
        self.restore(self.expirer.check(job), pools)

    def restore(self, job: Job, pools: Pools) -> None:
        """Give a job that is in flight its lease back if its pool has none."""
        if lacks_lease(job, pools):
            # The row may be older than the pool's: another call may have ended this attempt since.
            restore_lease(self.pool_rows, self.ledger.get(job.job_id), pools)

    def _advance(self, job: Job, attempt_id: str) -> None:
        """A job that was not submitted yet."""
        if job.state is State.QUEUED:
            self._advance_queued(job, attempt_id)
            return
        if job.patience_until is not None and self._has_moved_on(job):
            return
        if self.now() > job.deadline and job.stop_cause is None:
            from jobchute.ledger.attempt_rows import AttemptRows

            job, _ = AttemptRows(self.ledger.rows).note_stop(job, State.TIMED_OUT)
        self.submitter.dispatch(job.job_id, attempt_id)

    def _has_moved_on(self, job: Job) -> bool:
        """Whether a job whose create calls are refused is at its next alternative now."""
        from jobchute.lifecycle.patience import is_over

        if not is_over(job, self.now()):
            return False
        if self.transitions.try_alternative(job, job.reason) is None:
            # It cannot: it waits on, until its wait is over.
            from jobchute.ledger.attempt_rows import AttemptRows

            AttemptRows(self.ledger.rows).note_stop(job, None, must_wait=True, due=job.deadline + 1)
        return True

    def _advance_queued(self, job: Job, attempt_id: str) -> None:
        now = self.now()
        if now > job.deadline:
            from jobchute.lifecycle.unsubmitted import cause_of_unsubmitted

            cause = cause_of_unsubmitted(job, State.TIMED_OUT)
            reason = NO_BUDGET if job.awaits_budget else never_submitted(job)
            self.transitions.end(job, State.TIMED_OUT, reason=reason, cause=cause, only_from=(State.QUEUED,))
        elif job.pool and not job.create_at:
            job = self.dependencies.enqueue_when_ready(job)
            if job.awaits_budget:
                self.budget_upkeep().check(job)
            elif job.waits_for and job.awaits_until is None:
                # The ends of the other jobs move it on; this step was for what an accident left out.
                due = job.deadline + 1
                self.ledger.note(job.job_id, attempt=job.attempt, only_in=(State.QUEUED,), due=due)
        elif self.executions.start(job):
            self.ledger.note(job.job_id, attempt=job.attempt, due=int(now) + self.timing.lease)
        else:
            self.submitter.dispatch(job.job_id, attempt_id)
