"""How a new job comes to its pool: it is admitted by the write of its row, if no job waits and there is room.

Its lease and its create slot are taken before its row is written, so the row is written once, and says that the
job is admitted. If the call dies between the two, the message comes again: its job enters the queue, with the
lease that it has, and is started from there (Admission.finish_admission). The upkeep of pools gives back the
lease of a job that has no row.

Only the call that wrote the job's request does this. A repeated or a second message finds the request, and its
job enters the queue as if there were no room: otherwise it might take a lease for a job that has ended.
"""

from dataclasses import replace
from typing import NamedTuple

from jobchute.job import Job
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pool_leases import LeaseRows
from jobchute.ledger.pools import PoolRows, is_marked
from jobchute.lifecycle.admit import Admission
from jobchute.lifecycle.pool_capacity import PoolCapacity


class Arrivals(NamedTuple):
    """What comes before the first write of a job's row, and after it."""

    ledger: Ledger
    rows: PoolRows
    capacity: PoolCapacity
    admission: Admission

    def admit(self, job: Job) -> Job:
        """A job whose request this call has written: as it is admitted, or, marking its queue, as it waits."""
        if job.pool is None or job.waiting is None:
            return job
        turn = self.capacity.take_turn_at_once(job.pool, job.job_id, share=job.share)
        if turn.slot is None:
            if not is_marked(turn.row, now=self.capacity.now_ms()):
                self.mark_queue(job)
            return job
        due = turn.slot // 1000 + self.admission.lease
        return replace(job, waiting=None, place=None, reason=None, create_at=turn.slot, due=due, lane=turn.lane)

    def mark_queue(self, job: Job) -> None:
        """A job that is about to enter the queue of its pool."""
        if job.waiting is not None:
            self.rows.mark_queue(job.waiting, now=self.capacity.now_ms())

    def hand_over(self, job: Job, existing: Job) -> Job:
        """Another call was quicker to write the row of an admitted job: its lease goes to that row if it waits
        in the same pool, and else back. Returns the row.

        If this call was slow, the other may have started the job, and its provider may have refused it since:
        then the lease is gone.
        """
        if job.pool is None or not job.create_at:
            return existing
        if existing.pool != job.pool:
            self.admission.leave(job)
            return existing
        held = self.rows.find(job.pool).leases.get(job.job_id)
        now = self.capacity.now_ms()
        if held is not None and self._leases.renew(job.pool, job.job_id, seen=held, now=now, lane=job.lane):
            self.admission.start(job.pool, job.job_id, job.create_at, held=now, lane=job.lane)
        return self.ledger.get(job.job_id)

    def give_up(self, job: Job) -> None:
        """An admitted job whose row cannot be written: its lease goes back."""
        if job.create_at:
            self.admission.leave(job)

    @property
    def _leases(self) -> LeaseRows:
        return self.rows.leases
