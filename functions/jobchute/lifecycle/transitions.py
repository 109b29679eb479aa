"""The move that ends a job: it gives its lease back, and the next job of its pool is admitted."""

from collections.abc import Callable
from typing import Any, NamedTuple

from jobchute.job import Job, State, Submitted
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.admit import Admission
from jobchute.lifecycle.provider_text import provider_text


class Transitions(NamedTuple):
    """now: epoch seconds."""

    ledger: Ledger
    admission: Admission
    now: Callable[[], float]

    def end(self, job: Submitted, state: State, *, reason: str | None, **changes: Any) -> Job:
        """Move a job to a final state, under the conditions in `changes` (see Ledger.move).

        Returns the job as it is afterwards; it has not ended where a condition did not hold.
        reason: may quote the provider; secrets of the request are masked in it.
        """
        reason = None if reason is None else provider_text(self.ledger.requests, job, reason)
        ended, _ = self.ledger.move(job.job_id, state, self.now(), reason=reason, **changes)
        if ended.state.is_final:
            self.admission.leave(ended)
        return ended

    def release_lease(self, job: Job) -> None:
        """Give the lease of an ended job back. The call that ended it may have died before it did so."""
        self.admission.leave(job)
