"""The first write of a valid request: its job's rows in the ledger."""

from typing import NamedTuple

from botocore.exceptions import ClientError, ParamValidationError

from jobchute.errors import TooManyDependentsError, UnknownJobError
from jobchute.job import Document, Job, Source
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.request_bodies import RequestRows
from jobchute.lifecycle.arrive import Arrivals
from jobchute.lifecycle.build import JobBuilder
from jobchute.lifecycle.failures import is_permanent
from jobchute.lifecycle.resolve import DependencyResolver
from jobchute.requests.submission import Submission


class JobEntry(NamedTuple):
    """What a request can be refused for belongs here: a dry run takes this step too, over a ledger that only
    reads (jobchute.intake.dry_runs).

    arrivals: None in a dry run, which takes no place in a pool.
    """

    ledger: Ledger
    requests: RequestRows
    builder: JobBuilder
    resolver: DependencyResolver
    arrivals: Arrivals | None

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

        Raises IdempotencyConflictError, OwnDependencyError and TooManyDependentsError.
        """
        job = self.builder.build(submission, source)
        if submission.after:
            try:
                job = self.resolver.resolve(job, submission.after)
            except TooManyDependentsError:
                existing = self._same_job(job)
                if existing is None:
                    raise
                return job, existing
        is_new = self.requests.keep(job.job_id, job.digest, submission.request, job.created_at, name=job.name)
        if self.arrivals is None:
            return job, self.ledger.add(job)
        return self._arrive(job, self.arrivals, submission.request, is_new=is_new)

    def _arrive(
        self, job: Job, arrivals: Arrivals, request: Document, *, is_new: bool
    ) -> tuple[Job, Job | None]:
        """is_new: whether this call wrote the job's request."""
        existing = None if is_new else self._same_job(job)
        if existing is not None and existing.source.reference != job.source.reference:
            return job, existing
        if is_new:
            job = arrivals.admit(job)
        elif existing is None:
            # Its request may be that of an earlier job, whose row has expired.
            self.requests.renew(job.job_id, job.digest, request, job.created_at, name=job.name)
            arrivals.mark_queue(job)
        try:
            existing = self.ledger.add(job)
        except (ClientError, ParamValidationError) as error:
            if is_permanent(error) and self._same_job(job) is None:
                arrivals.give_up(job)
            raise
        return job, None if existing is None else arrivals.hand_over(job, existing)

    def _same_job(self, job: Job) -> Job | None:
        """The job that the request is already: one that was accepted is not rejected for what came later."""
        try:
            existing = self.ledger.get(job.job_id)
        except UnknownJobError:
            return None
        return existing if existing.digest == job.digest else None
