"""Status documents held against the rows of jobs that ended.

A few of the latest rows are looked at first. Only where one of their documents is missing, or older than its
row, are all rows walked through that have ended since everything was told, in as many calls as it takes.
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

FIRST_LOOK_SECONDS = 2 * 24 * 3600
"""How far back the very first look reaches: twice as long as a stream keeps a record."""
MAX_SAMPLED_ROWS = 100
SAMPLES = 5
"""Of each state, out of the latest MAX_SAMPLED_ROWS."""
MAX_RETOLD = 2
"""Where others are told of, a job that was retold so often and is behind still is alone in its trouble."""
CLOCKS_DIFFER_SECONDS = 10
"""Between S3's clock and that of the function which wrote a row."""

ENDS = tuple(state for state in State if state in FINAL_STATES)

HasTime = Callable[[], bool]


class StatusDocuments(NamedTuple):
    """objects: where status documents are. letters: their jobs are not told again, an operator sees to them."""

    rows: RetellingRows
    reteller: Reteller
    objects: Objects
    versions: VersionRows
    letters: DeadLetterRows

    def look(self, look: DueCheck, now: float, *, until: float, has_time: HasTime) -> tuple[DueCheck, int]:
        """One step of the look, as far as there is time. Returns how far it came, and how many jobs are told
        again.

        until: jobs that ended later are none of its business yet, in epoch seconds.
        """
        if look.told_until is None:
            look = look._replace(told_until=iso(now - FIRST_LOOK_SECONDS))
        if look.walk_until is None:
            latest = self._latest(str(look.told_until), iso(until))
            behind = [job for job in latest if self.is_behind(job)]
            look = look._replace(statuses_at=int(now))
            if not behind:
                return look._replace(told_until=iso(until)), 0
            newest = max(latest, key=lambda job: job.updated_at)
            look = look._replace(walk_until=iso(until), is_moving=newest not in behind)
        return self._walk(look, has_time)

    def is_behind(self, job: Job) -> bool:
        """Whether a job's status document is missing, or older than its row.

        One that speaks of something else was written for it later, or is an older version's. A document that
        a person has deleted is not missing.
        """
        if not self.versions.is_newest(job.source):
            return False
        key = job.source.status_key
        document = self.objects.document(key)
        if document is None:
            return not self.objects.was_deleted(key)
        if document.get("jobId") != job.job_id and not is_confirmed(job.source):
            # It replaces no other answer.
            return False
        if document.get("dryRun"):
            # Of an older version of the file, written late: the job's own version is no dry run.
            return True
        if document.get("jobId") == job.job_id:
            return str(document.get("updatedAt")) < job.updated_at
        written_at = self.objects.written_at(key) or 0.0
        return written_at < datetime.fromisoformat(job.updated_at).timestamp() - CLOCKS_DIFFER_SECONDS

    def _latest(self, after: str, until: str) -> list[Job]:
        found: list[Job] = []
        for state in ENDS:
            jobs = self.rows.latest_ended(state, after=after, until=until, limit=MAX_SAMPLED_ROWS)
            found += jobs[:: max(len(jobs) // SAMPLES, 1)]
        return found

    def _walk(self, look: DueCheck, has_time: HasTime) -> tuple[DueCheck, int]:
        retold = 0
        known = self.letters.job_ids()
        for job in self._rest(look):
            if not has_time():
                return look, retold
            if job.job_id not in known and self._is_to_be_told(job, look):
                retold += self.reteller.retell(job)
                oldest = min(look.oldest_behind or job.updated_at, job.updated_at)
                look = look._replace(oldest_behind=oldest)
            look = look._replace(walked_state=str(job.state), walked_until=job.updated_at)
        look = look._replace(
            told_until=look.oldest_behind or look.walk_until,
            walk_until=None,
            walked_state=None,
            walked_until=None,
            oldest_behind=None,
        )
        return look, retold

    def _rest(self, look: DueCheck) -> Iterator[Job]:
        """What the walk has not come to yet."""
        begin = ENDS.index(State(look.walked_state)) if look.walked_state else 0
        for number, state in enumerate(ENDS[begin:]):
            after = look.walked_until if number == 0 else None
            yield from self.rows.ended(state, after=after or str(look.told_until), until=str(look.walk_until))

    def _is_to_be_told(self, job: Job, look: DueCheck) -> bool:
        """What is wrong with one document's place keeps no other from being looked at."""
        try:
            is_behind = self.is_behind(job)
        except Exception as error:
            if not is_permanent(error):
                raise
            logger.exception("a status document could not be looked at", job_id=job.job_id)
            return False
        if is_behind and look.is_moving and job.retold >= MAX_RETOLD:
            logger.error("a status document stays behind", job_id=job.job_id, key=job.source.status_key)
            return False
        return is_behind
