"""Admission: a job waits as a row until its pool has room, and starts once it has a lease and a create slot.

Waiting costs nothing: no call is open and nothing polls. A call that makes room (a job ended, or its provider
refused it) or adds a job admits the next ones. If that call dies, the next reconciliation does it.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger

from jobchute.aws.executions import Executions
from jobchute.errors import UnknownJobError
from jobchute.job import Job, State
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pools import PoolRow, PoolRows
from jobchute.ledger.queues import QueueRows
from jobchute.ledger.refusals import latest_words
from jobchute.lifecycle.pool_capacity import YEAR_MS, PoolCapacity
from jobchute.pools.limits import QueuePosition, in_order

logger = Logger(child=True)

STARTING_SECONDS = 10
"""A call that took a lease starts its job within this time, or has died. Then another call starts the job."""

SPARE_PLACES = 2
"""Places that are read of each group beyond those for which there is room: for a moment, the index may show
jobs that wait no more."""


class Outcome(Enum):
    """Of the admission of one job. STARTED: its turn has come. NOT_WAITING: it waits no more. FULL: the pool
    has no room, or no create slot."""

    STARTED = auto()
    NOT_WAITING = auto()
    FULL = auto()


def always() -> bool:
    return True


class Admission(NamedTuple):
    """lease: seconds from a job's create slot until reconciliation looks at the job."""

    ledger: Ledger
    queues: QueueRows
    rows: PoolRows
    capacity: PoolCapacity
    executions: Executions
    lease: int = 120

    def enqueue(self, job: Job) -> Job:
        """A job that may have to wait: admit it if it is its turn, or the jobs before it."""
        if job.state is not State.QUEUED or job.waits_for or job.awaits:
            return job
        if job.pool is None or job.create_at:
            self.executions.start(job)
            return job
        if job.waiting is None:
            # The pool's row comes before the job's place: reconciliation admits jobs of pools that have a row.
            self.rows.keep(job.pool)
            job = self.queues.enqueue(job, due=_after_wait(job))
        if job.waiting is not None:
            self.admit_next(job.waiting, enqueued=job)
        return job

    def admit_next(self, pool: str, *, enqueued: Job | None = None) -> int:
        """Start as many waiting jobs as the pool has room for, in their order. Returns how many."""
        return self.fill(self.rows.keep(pool), enqueued)

    def fill(
        self,
        row: PoolRow,
        enqueued: Job | None = None,
        *,
        next_slots: Mapping[str, int] | None = None,
        has_time: Callable[[], bool] = always,
    ) -> int:
        """Admit the jobs for which a pool has room. Returns how many.

        enqueued: a job that was just enqueued; the index may not show it yet. next_slots: when each bucket's
        next create call may be made, as far as it was read already.
        """
        if enqueued is not None and enqueued.job_id in row.leases:
            return int(self.finish_admission(row, enqueued))
        room = self.capacity.limit_now(row) - len(row.leases)
        if room > 0:
            room = min(room, self.capacity.slots_left(row, next_slots or {}))
        if room <= 0:
            return 0
        queue = self.queues.read(
            row.pool, each=room + SPARE_PLACES, besides=row.leases, walked_to=row.walked_to
        )
        count = 0
        for place in self._in_order(queue.places, row, enqueued):
            if count >= room or not has_time():
                break
            outcome = self._try(row, place, enqueued, queue.walked_to)
            if outcome is Outcome.FULL:
                break
            count += outcome is Outcome.STARTED
        return count

    def leave(self, job: Job) -> None:
        """A job has ended: give its lease back and admit the next job."""
        if job.pool is not None:
            row, _ = self.rows.give_back(job.pool, job.job_id)
            self.fill(row)

    def refused(self, job: Job, reason: str, *, attempt_id: str | None, **changes: Any) -> Job:
        """The provider has no quota or capacity now: the job goes back to its place, its pool admits fewer.

        changes: fields of Job to write along.
        """
        job, is_waiting = self.queues.enqueue_again(
            job, reason=reason, attempt_id=attempt_id, due=_after_wait(job), **changes
        )
        if is_waiting and job.pool is not None:
            row, was_held = self.rows.give_back(job.pool, job.job_id)
            if not was_held:
                # The job has lost its lease, so its pool may have been removed: it needs one to wait in.
                row = self.rows.keep(job.pool)
            reason = latest_words(job)
            self.rows.put_cap(job.pool, len(row.leases), now=self.capacity.now_ms(), reason=reason)
        return job

    def finish_admission(self, row: PoolRow, job: Job) -> bool:
        """Start a job whose lease was taken by a call that died before it started the job."""
        if job.waiting is None or self.capacity.now_ms() - row.leases[job.job_id] < STARTING_SECONDS * 1000:
            return False
        slot = self.capacity.reserve_create_slot(row.pool, window=YEAR_MS)
        if slot is not None:
            self._start(row.pool, job.job_id, slot)
        return slot is not None

    def _in_order(
        self, places: list[QueuePosition], row: PoolRow, enqueued: Job | None
    ) -> Iterator[QueuePosition]:
        """The next first, with the job that was just enqueued."""
        if enqueued is not None and enqueued.waiting is not None:
            places = [*places, QueuePosition.of(enqueued)]
        return in_order(dict.fromkeys(places), row.shares.values(), self.capacity.now())

    def _try(self, row: PoolRow, place: QueuePosition, enqueued: Job | None, walked_to: str | None) -> Outcome:
        """A failed start of another job is not the caller's failure: reconciliation repairs it."""
        if enqueued is not None and place.job_id == enqueued.job_id:
            return self._admit(row, place, walked_to)
        try:
            return self._admit(row, place, walked_to)
        except Exception:
            logger.exception("waiting job not started, reconciliation tries again", job_id=place.job_id)
            return Outcome.STARTED

    def _admit(self, row: PoolRow, place: QueuePosition, walked_to: str | None) -> Outcome:
        """The lease comes before the slot: of several calls that admit the same job, one uses up a slot."""
        now, limit = self.capacity.now_ms(), self.capacity.limit_now(row)
        is_taken = self.rows.take(
            row.pool, place.job_id, share=place.share, limit=limit, now=now, walked_to=walked_to
        )
        if not is_taken:
            # The pool filled up meanwhile, or another call is admitting this very job.
            is_held = place.job_id in self.rows.get(row.pool).leases
            return Outcome.STARTED if is_held else Outcome.FULL
        slot = self.capacity.reserve_create_slot(row.pool)
        if slot is None:
            self.rows.give_back(row.pool, place.job_id)
            return Outcome.FULL
        return self._start(row.pool, place.job_id, slot)

    def _start(self, pool: str, job_id: str, slot: int) -> Outcome:
        try:
            job, is_admitted = self.queues.admit(job_id, create_at=slot, due=slot // 1000 + self.lease)
        except UnknownJobError:
            # The index showed a row that no longer exists.
            self.rows.give_back(pool, job_id)
            return Outcome.NOT_WAITING
        if is_admitted and job.state is State.SUBMITTING:
            # Its execution waits already: reconciliation makes the next attempt.
            self.ledger.note(job_id, only_in=(State.SUBMITTING,), due=slot // 1000)
        elif is_admitted:
            self.executions.start(job)
        elif job.state.is_final or not job.create_at:
            self.rows.give_back(pool, job_id)
            return Outcome.NOT_WAITING
        return Outcome.STARTED


def _after_wait(job: Job) -> int:
    """A waiting job needs no check before its wait is over."""
    return job.deadline + 1
