"""Accepting a request: it becomes a job of the ledger, once, and takes its first step.

Every step may be repeated, late, or interrupted half-way. What makes that harmless: moves are conditional and
forward only (jobchute.ledger), a job is submitted once (jobchute.lifecycle.submit), and the reconciler finds
what was left undone (jobchute.lifecycle.reconcile).
"""

from collections.abc import Callable
from typing import NamedTuple

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, ParamValidationError

from jobchute.errors import OverBudgetError, UnknownJobError
from jobchute.job import Job, Source, State
from jobchute.ledger.duplicates import not_applied_to
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.dependencies import Dependencies
from jobchute.lifecycle.enter import JobEntry
from jobchute.lifecycle.failures import is_permanent
from jobchute.lifecycle.timing import Timing
from jobchute.requests.submission import Submission

logger = Logger(child=True)


class Acceptance(NamedTuple):
    """What became of a request: its job, whether another document had made it, and whether the ledger's row
    remembers this document so that its status document follows.

    not_applied: the keys of a duplicate whose values differ from the job's (jobchute.ledger.duplicates).
    """

    job: Job
    is_duplicate: bool
    is_followed: bool
    not_applied: tuple[str, ...] = ()


class Acceptor(NamedTuple):
    """now: epoch seconds."""

    ledger: Ledger
    entry: JobEntry
    dependencies: Dependencies
    timing: Timing
    now: Callable[[], float]

    def accept(self, submission: Submission, source: Source) -> Acceptance:
        """Make a job of a valid request, once.

        A repeated delivery repeats the job's first step too: the delivery before it may have died between any
        two lines. Raises IdempotencyConflictError, OwnDependencyError and TooManyDependentsError.
        """
        job, existing = self.entry.enter(submission, source)
        if existing is None:
            return Acceptance(self._take_first_step(job), is_duplicate=False, is_followed=True)
        existing = self._take_first_step(existing)
        is_duplicate = existing.source.reference != source.reference
        not_applied = not_applied_to(existing, submission) if is_duplicate else ()
        is_followed = not is_duplicate or self.ledger.add_duplicate(job.job_id, source, not_applied=not_applied)
        return Acceptance(existing, is_duplicate=is_duplicate, is_followed=is_followed, not_applied=not_applied)

    def reject(self, rejection: Job, error: OverBudgetError) -> bool:
        """Write the row of a document that is over its budget.

        Returns whether the document is rejected: it is not if another delivery of it has become a job since.
        """
        return self.entry.reject(rejection, error)

    def check_names(self, job_id: str) -> None:
        """Check whether the names that a job waits for are jobs now. Anyone may ask for it, at any time."""
        try:
            job = self.ledger.get(job_id)
        except UnknownJobError:
            logger.warning("unknown job", job_id=job_id)
            return
        if job.state is State.QUEUED and job.awaits_until is not None and job.waiting is None:
            self._take_first_step(job)

    def _take_first_step(self, job: Job) -> Job:
        """A job in the ledger is accepted: a first step that fails for good is left to the reconciler."""
        try:
            return self.dependencies.enqueue_when_ready(job)
        except (ClientError, ParamValidationError) as error:
            if not is_permanent(error):
                raise
            logger.exception("first step failed", job_id=job.job_id)
            due = int(self.now()) + self.timing.lease
            return self.ledger.note(job.job_id, attempt=job.attempt, only_in=(State.QUEUED,), due=due)[0]
