"""Cancelling a job on request, in each of its states."""

from collections.abc import Callable
from typing import NamedTuple

from jobchute.attempts import is_ending
from jobchute.job import Job, State
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.provider_text import never_submitted
from jobchute.lifecycle.stop import Stopper
from jobchute.lifecycle.transitions import Transitions
from jobchute.outcomes import Cause


class JobCanceller(NamedTuple):
    """now: epoch seconds."""

    ledger: Ledger
    transitions: Transitions
    stopper: Stopper
    now: Callable[[], float]

    def cancel(self, job_id: str, owner: str | None = None) -> Job:
        """Cancel a job. A job that has ended keeps its final state.

        owner: of the document that asks for it. Raises UnknownJobError, for another owner's job too.
        """
        job = self.ledger.get_own(job_id, owner)
        while not is_ending(job):
            job, done = self._cancel_in_state(job)
            if done:
                break
        return job

    def _cancel_in_state(self, job: Job) -> tuple[Job, bool]:
        """The job, and whether nothing is left to do: its state may have changed since it was read."""
        match job.state:
            case State.QUEUED:
                job = self.transitions.end(
                    job,
                    State.CANCELLED,
                    reason=never_submitted(job),
                    cause=Cause.CANCELLED,
                    only_from=(State.QUEUED,),
                )
                return job, job.state.is_final
            case State.SUBMITTING:
                # An attempt may be under way, or none: the reconciler looks at the job next.
                return self.ledger.note(
                    job.job_id,
                    attempt=job.attempt,
                    only_in=(State.SUBMITTING,),
                    stop_cause=State.CANCELLED,
                    due=int(self.now()),
                )
            case State.CANCELLING:
                # It is being stopped, and its next attempt would begin: now none begins.
                return self.ledger.note(
                    job.job_id,
                    attempt=job.attempt,
                    only_in=(State.CANCELLING,),
                    stop_cause=State.CANCELLED,
                    due=int(self.now()),
                )
            case _:
                stopped = self.stopper.stop(job, State.CANCELLED)
                return stopped, is_ending(stopped)
