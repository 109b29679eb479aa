"""The move that ends a job: it gives its lease back, and the next job of its pool is admitted."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.job import Job, State, Submitted, has_budget
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.admit import Admission
from jobchute.lifecycle.provider_text import mask_of
from jobchute.outcomes import Cause, Result

if TYPE_CHECKING:
    from jobchute.lifecycle.settlement import Settlement


class Transitions(NamedTuple):
    """now: epoch seconds. settlement: made for the first job of a budget."""

    ledger: Ledger
    admission: Admission
    now: Callable[[], float]
    settlement: "Callable[[], Settlement]"

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
        """Move a job to a final state, under the conditions in `changes` (see Ledger.move).

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
        if job.rates is not None or has_budget(job):
            from jobchute.lifecycle.settlement import money_at_end

            changes |= money_at_end(job, changes.get("result"), self.now())
        ended, _ = self.ledger.move(
            job.job_id, state, self.now(), attempt=job.attempt, reason=reason, cause=cause, **changes
        )
        if ended.state.is_final:
            self.release(ended)
        return ended

    def release(self, job: Job) -> None:
        """Give back what an ended job held: its lease, and what it had reserved of a budget beyond its cost.

        The call that ended it may have died before it did so.
        """
        self.admission.leave(job)
        if has_budget(job) and job.due is not None:
            self.settlement().settle(job)
