"""The first write of a valid request: its job's rows in the ledger."""

from typing import NamedTuple

from jobchute.errors import TooManyDependentsError, UnknownJobError
from jobchute.job import Job, Source
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.request_bodies import RequestRows
from jobchute.lifecycle.build import JobBuilder
from jobchute.lifecycle.resolve import DependencyResolver
from jobchute.requests.submission import Submission


class JobEntry(NamedTuple):
    """What a request can be refused for belongs here: a dry run takes this step too, over a ledger that only
    reads (jobchute.intake.dry_runs).
    """

    ledger: Ledger
    requests: RequestRows
    builder: JobBuilder
    resolver: DependencyResolver

    def over(self, ledger: Ledger) -> "JobEntry":
        """The same step over another ledger."""
        return self._replace(
            ledger=ledger, requests=ledger.requests, resolver=self.resolver._replace(ledger=ledger)
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
        self.requests.keep(job.job_id, job.digest, submission.request, job.created_at, name=job.name)
        return job, self.ledger.add(job)

    def _same_job(self, job: Job) -> Job | None:
        """The job that the request is already: one that was accepted is not rejected for what came later."""
        try:
            existing = self.ledger.get(job.job_id)
        except UnknownJobError:
            return None
        return existing if existing.digest == job.digest else None
