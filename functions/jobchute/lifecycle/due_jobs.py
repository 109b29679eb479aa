"""The open jobs that are due, as far as they can be read.

They are read from several partitions. If a read of one fails, the jobs of the others still have their turn, and
those that were left out stay due: a reconciliation that gave up with each error would, where many calls fail,
hardly ever come to its jobs.
"""

from collections.abc import Iterator
from itertools import islice

from aws_lambda_powertools import Logger

from jobchute.job import Job
from jobchute.ledger.job_queries import JobQueries

logger = Logger(child=True)


class DueJobs:
    """Of one reconciliation. max_jobs: how many one read returns at the most."""

    def __init__(self, queries: JobQueries, max_jobs: int) -> None:
        self._queries = queries
        self._max_jobs = max_jobs
        self._errors: list[Exception] = []
        self._found = 0

    def read(self, now: float) -> list[Job]:
        """The jobs that are due now, the longest overdue first. now: epoch seconds."""
        jobs = list(islice(self._queries.due(now, on_error=self._note), self._max_jobs))
        self._found += len(jobs)
        return jobs

    def name_checks(self, now: float) -> Iterator[Job]:
        """Jobs whose overdue name checks have lost their messages, or whose messages wait behind others."""
        return islice(self._queries.due_name_checks(now, on_error=self._note), self._max_jobs)

    def raise_if_unread(self) -> None:
        """Raise the last error if every read of this reconciliation failed or found nothing."""
        if self._errors and not self._found:
            raise self._errors[-1]

    def _note(self, error: Exception) -> None:
        logger.error("due jobs not read in part, the next reconciliation reads them", exc_info=error)
        self._errors.append(error)
