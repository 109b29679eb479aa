"""Status documents compared with the rows of jobs that ended.

A few of the latest rows are sampled first. Only if one of their documents is missing, or older than its row, a
walk over all rows follows that have ended since every job was announced, in as many calls as it takes.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute.aws.objects import Objects
from jobchute.job import FINAL_STATES, Job, State, iso
from jobchute.ledger.dead_letters import DeadLetterRows
from jobchute.ledger.lost_announcements import DueCheck, RetellingRows
from jobchute.ledger.object_order import is_confirmed
from jobchute.ledger.versions import VersionRows
from jobchute.lifecycle.announce_again import Reteller
from jobchute.lifecycle.failures import is_permanent

logger = Logger(child=True)

FIRST_CHECK_SECONDS = 2 * 24 * 3600
"""How far back the very first check reaches: twice as long as a stream keeps a record."""
MAX_SAMPLED_ROWS = 100
SAMPLES = 5
"""Of each state, out of the latest MAX_SAMPLED_ROWS."""
MAX_RETOLD = 2
"""If others are announced, a job that was announced again so often and is still behind is a case of its own."""
CLOCKS_DIFFER_SECONDS = 10
"""Between S3's clock and that of the function that wrote a row."""

ENDS = tuple(state for state in State if state in FINAL_STATES)

HasTime = Callable[[], bool]


class StatusDocuments(NamedTuple):
    """objects: where status documents are. letters: their jobs are left to an operator."""

    rows: RetellingRows
    reteller: Reteller
    objects: Objects
    versions: VersionRows
    letters: DeadLetterRows

    def check(self, progress: DueCheck, now: float, *, until: float, has_time: HasTime) -> tuple[DueCheck, int]:
        """One step of the check, as far as there is time. Returns how far it came, and how many jobs are
        announced again.

        until: jobs that ended later are not checked yet, in epoch seconds.
        """
        if progress.told_until is None:
            progress = progress._replace(told_until=iso(now - FIRST_CHECK_SECONDS))
        if progress.walk_until is None:
            latest = self.rows.sample(
                ENDS,
                after=str(progress.told_until),
                until=iso(until),
                limit=MAX_SAMPLED_ROWS,
                samples=SAMPLES,
            )
            behind = [job for job in latest if self.is_behind(job)]
            progress = progress._replace(statuses_at=int(now))
            if not behind:
                return progress._replace(told_until=iso(until)), 0
            newest = max(latest, key=lambda job: job.updated_at)
            progress = progress._replace(walk_until=iso(until), is_moving=newest not in behind)
        return self._walk(progress, has_time)

    def is_behind(self, job: Job) -> bool:
        """Whether a job's status document is missing, or older than its row.

        A document about another job was written later for the same source, or is of an older version. A
        document that a person has deleted is not missing.
        """
        if not self.versions.is_newest(job.source):
            return False
        key = job.source.status_key
        document = self.objects.document(key)
        if document is None:
            return not self.objects.was_deleted(key)
        if document.get("jobId") != job.job_id and not is_confirmed(job.source):
            # The answer to an unconfirmed object replaces no other one.
            return False
        if document.get("dryRun"):
            # Of an older version of the file, written late: the job's own version is no dry run.
            return True
        if document.get("jobId") == job.job_id:
            return str(document.get("updatedAt")) < job.updated_at
        written_at = self.objects.written_at(key) or 0.0
        return written_at < datetime.fromisoformat(job.updated_at).timestamp() - CLOCKS_DIFFER_SECONDS

    def _walk(self, progress: DueCheck, has_time: HasTime) -> tuple[DueCheck, int]:
        retold = 0
        known = self.letters.job_ids()
        for job in self._rest(progress):
            if not has_time():
                return progress, retold
            if job.job_id not in known and self._is_to_announce(job, progress):
                retold += self.reteller.retell(job)
                oldest = min(progress.oldest_behind or job.updated_at, job.updated_at)
                progress = progress._replace(oldest_behind=oldest)
            progress = progress._replace(walked_state=str(job.state), walked_until=job.updated_at)
        progress = progress._replace(
            told_until=progress.oldest_behind or progress.walk_until,
            walk_until=None,
            walked_state=None,
            walked_until=None,
            oldest_behind=None,
        )
        return progress, retold

    def _rest(self, progress: DueCheck) -> Iterator[Job]:
        """The jobs that the walk has not reached yet."""
        begin = ENDS.index(State(progress.walked_state)) if progress.walked_state else 0
        for number, state in enumerate(ENDS[begin:]):
            after = progress.walked_until if number == 0 else None
            yield from self.rows.ended(
                state, after=after or str(progress.told_until), until=str(progress.walk_until)
            )

    def _is_to_announce(self, job: Job, progress: DueCheck) -> bool:
        """An error with one document does not keep the others from being checked."""
        try:
            is_behind = self.is_behind(job)
        except Exception as error:
            if not is_permanent(error):
                raise
            logger.exception("status document not checked", job_id=job.job_id)
            return False
        if is_behind and progress.is_moving and job.retold >= MAX_RETOLD:
            logger.error("status document stays out of date", job_id=job.job_id, key=job.source.status_key)
            return False
        return is_behind
