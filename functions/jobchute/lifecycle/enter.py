"""The first write of a valid request: its job's rows in the ledger."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError, ParamValidationError

from jobchute.errors import OverBudgetError, TooManyDependentsError, UnknownJobError
from jobchute.job import Job, Source
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.request_bodies import RequestRows
from jobchute.lifecycle.arrive import Arrivals
from jobchute.lifecycle.build import JobBuilder
from jobchute.lifecycle.failures import is_permanent
from jobchute.lifecycle.resolve import DependencyResolver
from jobchute.requests.submission import Submission

if TYPE_CHECKING:
    from jobchute.lifecycle.budget_entry import BudgetEntry


class JobEntry(NamedTuple):
    """What a request can be refused for belongs here: a dry run takes this step too, over a ledger that only
    reads (jobchute.intake.dry_runs).

    arrivals: None in a dry run, which takes no place in a pool. budgets: made for the first job of a budget.
    """

    ledger: Ledger
    requests: RequestRows
    builder: JobBuilder
    resolver: DependencyResolver
    arrivals: Arrivals | None
    budgets: "Callable[[], BudgetEntry]"

    def over(self, ledger: Ledger) -> "JobEntry":
        """The same step over another ledger."""
        return self._replace(
            ledger=ledger,
            requests=ledger.requests,
            resolver=self.resolver._replace(ledger=ledger),
            arrivals=None,
        )

    def enter(self, submission: Submission, source: Source) -> tuple[Job, Job | None]:
        """Write the job of a valid request into the ledger. Returns it, and the row that was there before it.

        Raises IdempotencyConflictError, OwnDependencyError, TooManyDependentsError and OverBudgetError.
        """
        job, plan = self.builder.build(submission, source)
        if submission.after:
            try:
                job = self.resolver.resolve(job, submission.after)
            except TooManyDependentsError:
                existing = self._same_job(job)
                if existing is None:
                    raise
                return job, existing
        is_new = self.requests.keep(job.job_id, job.digest, submission.request, job.created_at, name=job.name)
        if plan:
            from jobchute.lifecycle.variants import keep_plan

            job = keep_plan(self.requests, job, plan)
        if self.arrivals is None:
            return job, self.ledger.add(job) if job.budget is None else self.budgets().check(job)
        return self._arrive(job, self.arrivals, submission, is_new=is_new)

    def reject(self, rejection: Job, error: OverBudgetError) -> bool:
        """Write the row of a document that is over its budget. Returns whether the document is rejected."""
        return self.budgets().reject(rejection, error)

    def _arrive(
        self, job: Job, arrivals: Arrivals, submission: Submission, *, is_new: bool
    ) -> tuple[Job, Job | None]:
        """is_new: whether this call wrote the job's request."""
        existing = None if is_new else self._same_job(job)
        if existing is not None and existing.source.reference != job.source.reference:
            return job, existing
        if is_new and job.budget is None:
            job = arrivals.admit(job)
        elif existing is None:
            if not is_new:
                # Its request may be that of an earlier job, whose row has expired.
                self.requests.renew(job.job_id, job.digest, submission.request, job.created_at, name=job.name)
            # A job of a budget enters the queue first: one that its budget has no room for takes no turn.
            arrivals.mark_queue(job)
        try:
            existing = self._add(job)
        except OverBudgetError as error:
            if not submission.waits_for_budget:
                raise
            return self.budgets().add_waiting(job, error)
        except (ClientError, ParamValidationError) as error:
            if is_permanent(error) and self._same_job(job) is None:
                arrivals.give_up(job)
            raise
        return job, None if existing is None else arrivals.hand_over(job, existing)

    def _add(self, job: Job) -> Job | None:
        """Returns the row that is already there, else None. Raises OverBudgetError."""
        return self.ledger.add(job) if job.budget is None else self.budgets().add(job)

    def _same_job(self, job: Job) -> Job | None:
        """The job that the request is already: one that was accepted is not rejected for what came later."""
        try:
            existing = self.ledger.get(job.job_id)
        except UnknownJobError:
            return None
        return existing if existing.digest == job.digest else None
