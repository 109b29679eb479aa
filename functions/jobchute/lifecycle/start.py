"""The start of a job whose turn has come: it leaves the queue of its pool, with a lease and a create slot."""

from enum import Enum, auto
from typing import NamedTuple

from jobchute.aws.executions import Executions
from jobchute.errors import UnknownJobError
from jobchute.job import Job, State
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pool_leases import LeaseRows
from jobchute.ledger.pools import PoolRows
from jobchute.ledger.queues import QueueRows
from jobchute.pools.limits import waiting_in


class Outcome(Enum):
    """Of the admission of one job. STARTED: its turn has come. NOT_WAITING: it waits no more. FULL: the pool
    has no room, or no create slot."""

    STARTED = auto()
    NOT_WAITING = auto()
    FULL = auto()


class Starter(NamedTuple):
    """lease: seconds from a job's create slot until reconciliation looks at the job."""

    ledger: Ledger
    queues: QueueRows
    rows: PoolRows
    executions: Executions
    lease: int

    def start(
        self, pool: str, job_id: str, slot: int, *, held: int | None, now: int, lane: int | None = None
    ) -> Outcome:
        """Start a job that waits, and has a lease and a slot. The lease is given back if it does not wait, or
        if another call has started it with another lease: in another lane, or in the pool of a later attempt.

        held: the lease's value. If this call is slow, the job may have another lease by now, which stays.
        """
        due = slot // 1000 + self.lease
        try:
            job, is_admitted = self.queues.admit(job_id, pool, create_at=slot, due=due, lane=lane)
        except UnknownJobError:
            # The index showed a row that no longer exists.
            self._leases.give_back(pool, job_id, seen=held, lane=lane)
            return Outcome.NOT_WAITING
        if is_admitted and (job.state is State.SUBMITTING or job.attempt > 1):
            return self._start_again(pool, job, slot, now)
        if is_admitted:
            self.executions.start(job)
        elif job.state.is_final or not job.create_at or (job.pool, job.lane) != (pool, lane):
            self._leases.give_back(pool, job_id, seen=held, lane=lane)
            return Outcome.NOT_WAITING
        return Outcome.STARTED

    def _start_again(self, pool: str, job: Job, slot: int, now: int) -> Outcome:
        """A job that its provider had refused, or whose last attempt has ended. If this call was slow, the
        lease that it took may have been given back since: then the job goes back to its place.
        """
        if job.job_id not in self.rows.mark_queue(pool, now=now).leases:
            self.queues.enqueue_again(
                job, reason=waiting_in(pool), attempt_id=job.attempt_id, due=after_wait(job)
            )
            return Outcome.NOT_WAITING
        # Its execution waits already: reconciliation makes the next attempt.
        self.ledger.note(job.job_id, attempt=job.attempt, only_in=(job.state,), due=slot // 1000)
        return Outcome.STARTED

    @property
    def _leases(self) -> LeaseRows:
        return self.rows.leases


def after_wait(job: Job) -> int:
    """A waiting job needs no check before its wait is over, or its patience if another alternative follows. One
    that an earlier call may have created is looked for in its turn first.
    """
    patience = job.patience_until
    return job.deadline + 1 if patience is None or job.may_exist else min(job.deadline + 1, patience)
