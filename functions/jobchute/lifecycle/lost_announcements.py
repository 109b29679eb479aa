"""Announcements that were lost: the ledger says how a job ended, and its answer or its execution does not.

The ledger's stream keeps a record for 24 hours, and a restored table has a new stream. So every half hour what
was told is held against the rows, without a write for each announcement: running executions against rows that
are final (here), and status documents against rows that ended (jobchute.lifecycle.status_documents). A job
that is behind is told again (jobchute.lifecycle.announce_again).
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
from jobchute.lifecycle.announce_again import Reteller
from jobchute.lifecycle.status_documents import StatusDocuments

logger = Logger(child=True)

SECONDS_BETWEEN_LOOKS = 1800
SETTLED_SECONDS = 1800
"""What happened longer ago was announced or put aside (jobchute.lifecycle.postponed), but for a late stream."""
MAX_SECONDS = 20
SPARE_SECONDS = 10

HasTime = Callable[[], bool]


class LostAnnouncements(NamedTuple):
    """letters: a job with a dead letter of the stream is an operator's to repair, and not told again here.

    now: epoch seconds.
    """

    ledger: Ledger
    rows: RetellingRows
    reteller: Reteller
    executions: Executions
    documents: StatusDocuments
    letters: DeadLetterRows
    now: Callable[[], float]

    def look(self, *, time_left: Callable[[], float]) -> int:
        """Look where a look is due, for at most MAX_SECONDS; the next call goes on where this one stopped.

        Returns how many jobs are told again. Trouble with one of the two looks keeps the other from nothing.
        """
        until = max(time_left() - MAX_SECONDS, SPARE_SECONDS)

        def has_time() -> bool:
            return time_left() > until

        retold = 0
        for look_at in (self._look_at_executions, self._look_at_documents):
            try:
                retold += look_at(has_time)
            except Exception:
                logger.exception("lost announcements could not be looked for, the next sweep tries again")
        return retold

    def _look_at_executions(self, has_time: HasTime) -> int:
        """Executions that run although their jobs ended some time ago: nobody has answered their tokens."""
        look, now = self.rows.get(), self.now()
        if look.page is None and now - look.executions_at < SECONDS_BETWEEN_LOOKS:
            return 0
        retold = 0
        known = self.letters.job_ids()
        while has_time():
            job_ids, page = self.executions.running(look.page)
            for job in self.ledger.get_many(job_ids):
                if self._has_ended_unanswered(job) and job.job_id not in known:
                    retold += self.reteller.retell(job)
            look = look._replace(page=page)
            if page is None:
                look = look._replace(executions_at=int(now))
                break
        self.rows.put(look)
        return retold

    def _has_ended_unanswered(self, job: Job) -> bool:
        ended_at = datetime.fromisoformat(job.updated_at).timestamp()
        return job.state.is_final and job.task_token is not None and self.now() - ended_at > SETTLED_SECONDS

    def _look_at_documents(self, has_time: HasTime) -> int:
        look, now = self.rows.get(), self.now()
        if look.walk_until is None and now - look.statuses_at < SECONDS_BETWEEN_LOOKS:
            return 0
        look, behind = self.documents.look(look, now, until=now - SETTLED_SECONDS, has_time=has_time)
        self.rows.put(look)
        return behind
