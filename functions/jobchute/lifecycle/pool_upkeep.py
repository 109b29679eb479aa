"""What the sweep does for pools: it repairs leases, lets in waiting jobs, and removes unused pools."""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute.job import Job
from jobchute.ledger.pools import PoolRow
from jobchute.lifecycle.admit import Admission, always
from jobchute.lifecycle.unused_pools import is_asleep, is_over, is_quiet

logger = Logger(child=True)

NEVER_CAME_SECONDS = 600
"""A lease that was taken so long ago for a job that the ledger does not know is given back."""


class Round(NamedTuple):
    """What a sweep saw of the pools. used: those in use, as far as it had time.

    stopped_at: the last pool that it had time for, if not for all; None where it had time for all.
    """

    used: list[PoolRow]
    stopped_at: str | None = None


class Upkeep(NamedTuple):
    """mending: seconds after which the leases of a pool are held against its jobs again."""

    admission: Admission
    mending: int = 300

    def sweep(self, rows: Collection[PoolRow], *, has_time: Callable[[], bool] = always) -> Round:
        """Look after pools in this order. Trouble with one keeps no other waiting. rows: of all pools."""
        moments = {row.pool: row.next_at for row in rows}
        used: list[PoolRow] = []
        last = ""
        for row in rows:
            if not has_time():
                return Round(used, last)
            try:
                is_used = self._tend(row, moments, has_time)
            except Exception:
                logger.exception("a pool could not be looked after, the next sweep tries again", pool=row.pool)
                is_used = True
            if is_used:
                used.append(row)
            last = row.pool
        return Round(used)

    def _tend(self, row: PoolRow, moments: Mapping[str, int], has_time: Callable[[], bool]) -> bool:
        """Returns whether the pool is in use: it was lately, or jobs wait in it."""
        now = self._now_ms()
        if is_asleep(row, now):
            return False
        if is_quiet(row, now) and self.admission.rows.queues.is_empty(row.pool):
            self._let_vanish(row)
            return False
        if row.retiring_at:
            row = self.admission.rows.keep(row.pool)
        if row.leases and now - row.mended_at >= self.mending * 1000:
            row = self._mended(row)
        self.admission.fill(row, moments=moments, has_time=has_time)
        return True

    def _let_vanish(self, row: PoolRow) -> None:
        """A pool stays if a rule names it or lets nobody in, or if a quota error still makes it smaller.

        A pause keeps none: it holds for a pool that is made anew too.
        """
        rules = self.admission.rules()
        is_closed = rules.limit_beside_pauses(row.pool) == 0
        if row.pool in rules.rules or is_closed or self.admission.cut_of(row) is not None:
            return
        if not row.retiring_at:
            self.admission.rows.retire(row, now=self._now_ms())
        elif is_over(row, self._now_ms()):
            self.admission.rows.remove(row)

    def _mended(self, row: PoolRow) -> PoolRow:
        """Hold every lease against its job. Returns the row after it. What fails is tried by the next sweep."""
        jobs = {job.job_id: job for job in self.admission.ledger.get_many(row.leases)}
        failed = 0
        for job_id in row.leases:
            try:
                self._mend(row, job_id, jobs.get(job_id))
            except Exception:
                logger.exception("a lease could not be held against its job", pool=row.pool, job_id=job_id)
                failed += 1
        if not failed:
            self.admission.rows.mark_mended(row.pool, now=self._now_ms())
        return self.admission.rows.get(row.pool)

    def _mend(self, row: PoolRow, job_id: str, job: Job | None) -> None:
        is_old = self._now_ms() - row.leases[job_id] > NEVER_CAME_SECONDS * 1000
        if job.state.is_final if job is not None else is_old:
            self.admission.rows.give_back(row.pool, job_id)
        elif job is not None:
            self.admission.finish(row, job)

    def _now_ms(self) -> int:
        return int(self.admission.now() * 1000)
