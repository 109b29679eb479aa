"""The move that ends a job: it gives its lease back, and the next job of its pool is admitted."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.job import Job, State, Submitted, has_budget
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.admit import Admission
from jobchute.lifecycle.provider_text import WAITING_AFTER, mask_of
from jobchute.outcomes import Cause, Result

if TYPE_CHECKING:
    from jobchute.lifecycle.next_attempt import NextAttempts
    from jobchute.lifecycle.settlement import Settlement


class Transitions(NamedTuple):
    """now: epoch seconds. settlement: made for the first job of a budget; attempts: for the first job that may
    have several.
    """

    ledger: Ledger
    admission: Admission
    now: Callable[[], float]
    settlement: "Callable[[], Settlement]"
    attempts: "Callable[[], NextAttempts]"

    def end(
        self,
        job: Submitted,
        state: State,
        *,
        reason: str | None,
        cause: Cause | None,
        result: Result | None = None,
        **changes: Any,
    ) -> Job:
        """Move a job to a final state, or to its next attempt, under the conditions in `changes` (Ledger.move).

        Returns the job as it is afterwards; it has not ended where a condition did not hold.
        reason, and the exit message of the result, may quote the provider: secrets of the request are masked in
        them. cause: None for SUCCEEDED alone.
        """
        if reason is not None or (result is not None and result.exit_message):
            mask = mask_of(self.ledger.requests, job)
            reason = None if reason is None else mask(reason)
            if result is not None and result.exit_message:
                result = result._replace(exit_message=mask(result.exit_message))
        if result is not None:
            changes["result"] = result.document()
        if job.retry is not None and cause is not None:
            row = self._newest(job)
            tried = self._try_again(row, state, cause, reason, changes) if row.attempt == job.attempt else row
            if isinstance(tried, Job):
                return tried
            job, reason = row, f"{reason}; not tried again: {tried}" if tried else reason
        if job.rates is not None or has_budget(job):
            from jobchute.lifecycle.settlement import money_at_end

            changes |= money_at_end(job, changes.get("result"), self.now())
        ended, _ = self.ledger.move(
            job.job_id, state, self.now(), attempt=job.attempt, reason=reason, cause=cause, **changes
        )
        if ended.state.is_final:
            self.release(ended)
        return ended

    def try_alternative(self, job: Job, reason: str | None, *, held_by: str | None = None) -> Job | None:
        """Move a job whose create calls are refused to its next alternative. Returns None if that is
        impossible: then it goes on waiting.

        held_by: the claim that was refused just now; without one, the job must still wait in its queue.
        """
        from jobchute.lifecycle.next_attempt import End

        must_wait, reason = held_by is None, (reason or "").removeprefix(WAITING_AFTER)
        end = End(State.FAILED, Cause.CAPACITY, reason, held_by=held_by, must_wait=must_wait)
        tried = self.attempts().begin(job, end)
        return tried if isinstance(tried, Job) else None

    def _newest(self, job: Submitted) -> Job:
        return job if isinstance(job, Job) else self.ledger.get(job.job_id)

    def _try_again(
        self, job: Job, state: State, cause: Cause, reason: str | None, changes: dict[str, Any]
    ) -> Job | str | None:
        """The row of a job that has moved on instead of ending; why it has not; None if no attempt follows."""
        from jobchute.lifecycle.next_attempt import End

        end = End(state, cause, reason, changes.get("result"), held_by=changes.get("held_by"))
        tried = self.attempts().begin(job, end)
        if isinstance(tried, Job) and tried.state.is_final:
            self.release(tried)
        return tried

    def release(self, job: Job) -> None:
        """Give back what an ended job held: its lease, and what it had reserved of a budget beyond its cost.

        The call that ended it may have died before it did so.
        """
        self.admission.leave(job)
        if has_budget(job) and job.due is not None:
            self.settlement().settle(job)
