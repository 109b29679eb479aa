"""What reconciliation does for pools: it repairs leases, admits waiting jobs, and removes unused pools."""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute.job import Job
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pool_leases import LeaseRows
from jobchute.ledger.pools import PoolRow, PoolRows
from jobchute.ledger.queues import QueueView
from jobchute.lifecycle.admit import Admission, always
from jobchute.lifecycle.pool_capacity import PoolCapacity
from jobchute.lifecycle.unused_pools import is_asleep, is_over, is_quiet

logger = Logger(child=True)

NEVER_CAME_SECONDS = 120
"""A lease that was taken this long ago for a job that the ledger does not have is given back: the call
that took it died before it wrote the job's row. Functions run for 90 seconds at most.
"""


class Pools(NamedTuple):
    """The rows of pools, by name, as one reconciliation has read them.

    is_whole: whether there is no other pool. If a read failed, nothing is known of the pools that are missing.
    """

    rows: Mapping[str, PoolRow]
    is_whole: bool = True


UNREAD = Pools({}, is_whole=False)


class UsedPool(NamedTuple):
    """A pool in use: its row and its queue as they were read, and the jobs that were admitted after that.

    queue: None where an error came before it was read.
    """

    row: PoolRow
    queue: QueueView | None = None
    admitted: Collection[str] = ()


class UpkeepResult(NamedTuple):
    """used: the pools in use, as far as there was time.

    stopped_at: the last pool for which there was time; None if there was time for all.
    """

    used: list[UsedPool]
    stopped_at: str | None = None


class PoolUpkeep(NamedTuple):
    """repair_interval: seconds after which the leases of a pool are compared with its jobs again."""

    ledger: Ledger
    rows: PoolRows
    capacity: PoolCapacity
    admission: Admission
    repair_interval: int = 300

    def run(self, rows: Collection[PoolRow], *, has_time: Callable[[], bool] = always) -> UpkeepResult:
        """Take the pools in this order. An error of one does not keep the others waiting. rows: of all
        pools.
        """
        next_slots = {row.pool: row.next_at for row in rows}
        used: list[UsedPool] = []
        last = ""
        for row in rows:
            if not has_time():
                return UpkeepResult(used, last)
            try:
                pool = self._maintain(row, next_slots, has_time)
            except Exception:
                logger.exception("pool upkeep failed, the next reconciliation tries again", pool=row.pool)
                pool = UsedPool(row)
            if pool is not None:
                used.append(pool)
            last = row.pool
        return UpkeepResult(used)

    def _maintain(
        self, row: PoolRow, next_slots: Mapping[str, int], has_time: Callable[[], bool]
    ) -> UsedPool | None:
        """None if the pool is not in use: it was not used lately, and no job waits in it.

        The queue is read once, for admission and figures, or to see that a pool is not used.
        """
        now = self.capacity.now_ms()
        if is_asleep(row, now):
            return None
        if row.leases and now - row.repaired_at >= self.repair_interval * 1000:
            row = self._repair_leases(row)
        if is_quiet(row, now) and not self.admission.look(row, 0).places:
            self._retire(row)
            return None
        room = self.capacity.room(row, next_slots)
        queue = self.admission.look(row, room)
        if row.retiring_at or (queue.places and not row.queued_at):
            row = self.rows.mark_queue(row.pool, now=now)
        admitted = self.admission.admit_from(queue, row, room, has_time=has_time)
        return UsedPool(row, queue, admitted)

    def _retire(self, row: PoolRow) -> None:
        """Mark an unused pool, or remove it if it was marked long ago.

        A pool stays as long as a quota error makes it smaller. A rule or a pause keeps no pool: it holds for
        a pool that is made anew, too.
        """
        now = self.capacity.now_ms()
        if self.capacity.cut_of(row) is not None:
            return
        if not row.retiring_at:
            self.rows.retire(row, now=now)
        elif is_over(row, now):
            self.rows.remove(row)

    def _repair_leases(self, row: PoolRow) -> PoolRow:
        """Compare every lease with its job. Returns the row after that. The next reconciliation looks again at
        what failed, and at what it was too early to judge."""
        jobs = {job.job_id: job for job in self.ledger.get_many(row.leases)}
        unsettled = 0
        for job_id in row.leases:
            try:
                unsettled += not self._repair_lease(row, job_id, jobs.get(job_id))
            except Exception:
                logger.exception("lease not repaired", pool=row.pool, job_id=job_id)
                unsettled += 1
        self._repair_doubles(row, jobs)
        if not unsettled:
            self.rows.mark_repaired(row.pool, now=self.capacity.now_ms())
        return self.rows.get(row.pool)

    def _repair_lease(self, row: PoolRow, job_id: str, job: Job | None) -> bool:
        """Returns False while a call may be about to write the job's row, or to start the job."""
        is_old = self.capacity.now_ms() - row.leases[job_id] > NEVER_CAME_SECONDS * 1000
        is_left = is_old if job is None else _is_left(job, row.pool)
        if is_left:
            lane = row.lane_of(job_id)
            seen = row.lanes.get(job_id, {}).get(lane or 0, row.leases[job_id])
            self._leases.give_back(row.pool, job_id, seen=seen, lane=lane)
            return True
        if job is None:
            return False
        return job.waiting is None or self.admission.finish_admission(row, job)

    def _repair_doubles(self, row: PoolRow, jobs: Mapping[str, Job]) -> None:
        """Jobs with leases in several lanes keep the one that their rows name: a call died before it gave the
        other one back."""
        for job_id, lanes in row.lanes.items():
            job = jobs.get(job_id)
            if len(lanes) < 2 or job is None or not job.create_at:
                continue
            for lane, at in lanes.items():
                if (lane or None) != job.lane:
                    self._leases.give_back(row.pool, job_id, seen=at, lane=lane or None)

    @property
    def _leases(self) -> LeaseRows:
        return self.rows.leases


def _is_left(job: Job, pool: str) -> bool:
    """Whether a job has no use for a lease: it has ended, is in another pool, or has yet to enter its queue."""
    has_turn = job.waiting is not None or bool(job.create_at)
    return job.state.is_final or job.pool != pool or not has_turn


def lacks_lease(job: Job, pools: Pools) -> bool:
    """Whether a job is in flight without a lease, as far as it is known."""
    if job.pool is None or not job.create_at or job.waiting is not None or job.state.is_final:
        return False
    row = pools.rows.get(job.pool)
    return pools.is_whole if row is None else job.job_id not in row.leases


def restore_lease(rows: PoolRows, job: Job, pools: Pools) -> None:
    """Give a job that is in flight its lease back, and its pool a row, if they are missing."""
    if job.pool is None or not lacks_lease(job, pools):
        return
    if job.pool not in pools.rows:
        rows.get(job.pool)
    rows.leases.restore(job.pool, job.job_id, share=job.share, at=job.create_at)
