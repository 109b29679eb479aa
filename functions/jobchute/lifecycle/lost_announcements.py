"""Announcements that were lost: a job has ended in the ledger, but not in its status document or execution.

The ledger's stream keeps a record for 24 hours, and a restored table has a new stream. So every half hour the
announcements are compared with the rows, without a write for each: running executions with rows in a final
state (here), and status documents with rows of ended jobs (jobchute.lifecycle.status_documents). If one is out
of date, the job is announced again (jobchute.lifecycle.announce_again).
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute.aws.executions import Executions
from jobchute.job import Job
from jobchute.ledger.dead_letters import DeadLetterRows
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.lost_announcements import RetellingRows
from jobchute.ledger.task_tokens import TaskTokenRows
from jobchute.lifecycle.announce_again import Reteller
from jobchute.lifecycle.status_documents import StatusDocuments

logger = Logger(child=True)

SECONDS_BETWEEN_CHECKS = 1800
SETTLED_SECONDS = 1800
"""Earlier changes were announced or put aside (jobchute.lifecycle.postponed), unless the stream is late."""
MAX_SECONDS = 20
SPARE_SECONDS = 10

HasTime = Callable[[], bool]


class LostAnnouncements(NamedTuple):
    """letters: a job with a dead letter of the stream is left to an operator, and not announced again here.

    now: epoch seconds.
    """

    ledger: Ledger
    task_tokens: TaskTokenRows
    rows: RetellingRows
    reteller: Reteller
    executions: Executions
    documents: StatusDocuments
    letters: DeadLetterRows
    now: Callable[[], float]

    def repeat_lost(self, *, time_left: Callable[[], float]) -> int:
        """Make the checks that are due, for at most MAX_SECONDS; the next call continues where this one ended.

        Returns how many jobs are announced again. An error of one of the two checks does not stop the other.
        """
        until = max(time_left() - MAX_SECONDS, SPARE_SECONDS)

        def has_time() -> bool:
            return time_left() > until

        retold = 0
        for check in (self._check_executions, self._check_documents):
            try:
                retold += check(has_time)
            except Exception:
                logger.exception("announcements not checked")
        return retold

    def _check_executions(self, has_time: HasTime) -> int:
        """Executions that run although their jobs ended some time ago: their tokens were not answered."""
        progress, now = self.rows.get(), self.now()
        if progress.page is None and now - progress.executions_at < SECONDS_BETWEEN_CHECKS:
            return 0
        retold = 0
        known = self.letters.job_ids()
        while has_time():
            job_ids, page = self.executions.running(progress.page)
            for job in self.ledger.get_many(job_ids):
                if self._has_ended_unanswered(job) and job.job_id not in known:
                    retold += self.reteller.retell(job)
            progress = progress._replace(page=page)
            if page is None:
                progress = progress._replace(executions_at=int(now))
                break
        self.rows.put(progress)
        return retold

    def _has_ended_unanswered(self, job: Job) -> bool:
        ended_at = datetime.fromisoformat(job.updated_at).timestamp()
        if not job.state.is_final or self.now() - ended_at <= SETTLED_SECONDS:
            return False
        # An execution whose turn has not come yet has no token.
        return bool(self.task_tokens.all(job.job_id))

    def _check_documents(self, has_time: HasTime) -> int:
        progress, now = self.rows.get(), self.now()
        if progress.walk_until is None and now - progress.statuses_at < SECONDS_BETWEEN_CHECKS:
            return 0
        progress, behind = self.documents.check(progress, now, until=now - SETTLED_SECONDS, has_time=has_time)
        self.rows.put(progress)
        return behind
