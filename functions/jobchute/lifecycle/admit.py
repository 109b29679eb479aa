"""Admission: a job waits as a row until its pool has room, and starts once it has a lease and a create slot.

Waiting costs nothing: no call is open and nothing polls. A call that makes room (a job ended, or its provider
refused it) or adds a job admits the next ones. If that call dies, the next reconciliation does it.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger

from jobchute.aws.executions import Executions
from jobchute.job import Job, State
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pool_leases import LeaseRows
from jobchute.ledger.pools import PoolRow, PoolRows
from jobchute.ledger.queues import QueueRows, QueueView
from jobchute.ledger.refusals import latest_words
from jobchute.lifecycle.pool_capacity import YEAR_MS, PoolCapacity, Turn
from jobchute.lifecycle.start import Outcome, Starter, after_wait
from jobchute.pools.limits import QueuePosition, in_order

logger = Logger(child=True)

STARTING_SECONDS = 10
"""A call that took a lease starts its job within this time, or has died. Then another call starts the job."""

SPARE_PLACES = 2
"""Places that are read of each group beyond those for which there is room: for a moment, the index may show
jobs that wait no more."""


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
        if job.state is not State.QUEUED or job.waits_for or job.awaits or job.awaits_budget:
            return job
        if job.retry_at is not None and job.retry_at > self.capacity.now():
            # The time of its next attempt has not come.
            return job
        if job.pool is None or job.create_at:
            self.executions.start(job)
            return job
        if job.waiting is None:
            # The pool's row comes before the job's place: reconciliation admits jobs of pools that have a row.
            self.rows.mark_queue(job.pool, now=self.capacity.now_ms())
            job = self.queues.enqueue(job, due=after_wait(job))
        if job.waiting is not None:
            self.admit_next(job.waiting, enqueued=job)
        return job

    def admit_next(self, pool: str, *, enqueued: Job | None = None) -> int:
        """Start as many waiting jobs as the pool has room for, in their order. Returns how many."""
        return self.fill(self.rows.keep(pool, now=self.capacity.now_ms()), enqueued)

    def fill(self, row: PoolRow, enqueued: Job | None = None) -> int:
        """Admit the jobs for which a pool has room. Returns how many.

        enqueued: a job that was just enqueued; the index may not show it yet.
        """
        if enqueued is not None and enqueued.job_id in row.leases:
            return int(self.finish_admission(row, enqueued))
        room = self.capacity.room(row, {})
        if room <= 0:
            return 0
        return len(self.admit_from(self.look(row, room), row, room, enqueued))

    def look(self, row: PoolRow, room: int) -> QueueView:
        """What an admission of so many jobs has to see of a pool's queue."""
        each = room + SPARE_PLACES if room > 0 else 1
        return self.queues.read(row.pool, each=each, besides=row.leases, walked_to=row.walked_to)

    def admit_from(
        self,
        queue: QueueView,
        row: PoolRow,
        room: int,
        enqueued: Job | None = None,
        *,
        has_time: Callable[[], bool] = always,
    ) -> list[str]:
        """Admit as many jobs from a queue. Returns their ids."""
        admitted: list[str] = []
        if row.queued_at and not queue.places and enqueued is None and room > 0:
            _clear_queue_mark(self.rows, row, self.capacity.now_ms())
        slot = 0
        for place in _in_order(queue.places, row, enqueued, self.capacity.now()):
            if len(admitted) >= room or not has_time():
                break
            try:
                turn = self.capacity.take_turn(
                    row, place.job_id, share=place.share, after=slot, walked_to=queue.walked_to
                )
                row, slot = row._replace(next_at=turn.row.next_at), turn.slot or slot
                outcome = self._start(place, turn)
            except Exception:
                if enqueued is not None and place.job_id == enqueued.job_id:
                    raise
                # Not the caller's failure: reconciliation repairs it.
                logger.exception("waiting job not started, reconciliation tries again", job_id=place.job_id)
                outcome = Outcome.STARTED
            if outcome is Outcome.FULL:
                break
            if outcome is Outcome.STARTED:
                admitted.append(place.job_id)
        return admitted

    def leave(self, job: Job) -> None:
        """A job has ended: give its lease back and admit the next job of its pool, if one waits."""
        if job.pool is not None:
            row, _ = self._leases.give_back(job.pool, job.job_id, lane=job.lane)
            for lane in row.lanes.get(job.job_id, ()):
                row, _ = self._leases.give_back(job.pool, job.job_id, lane=lane or None)
            if row.queued_at:
                self.fill(row)

    def refused(self, job: Job, reason: str, *, attempt_id: str | None, **changes: Any) -> Job:
        """The provider has no quota or capacity now: the job goes back to its place, its pool admits fewer.

        changes: fields of Job to write along.

        Once it waits, another call that finds it with its lease may start it, and take the lease over: only the
        lease that it had before is given back.
        """
        now = self.capacity.now_ms()
        held, lane = None, None
        if job.pool is not None:
            row = self.rows.mark_queue(job.pool, now=now)
            held, lane = row.leases.get(job.job_id), row.lane_of(job.job_id)
        job, is_waiting = self.queues.enqueue_again(
            job, reason=reason, attempt_id=attempt_id, due=after_wait(job), **changes
        )
        if is_waiting and job.pool is not None:
            if held is not None:
                self._leases.give_back(job.pool, job.job_id, seen=held, lane=lane)
            row = self.rows.keep(job.pool, now=now)
            self.rows.put_cap(job.pool, len(row.leases), now=now, reason=latest_words(job))
        return job

    def finish_admission(self, row: PoolRow, job: Job) -> bool:
        """Start a job whose lease was taken by a call that died before it started the job."""
        now, held, lane = self.capacity.now_ms(), row.leases[job.job_id], row.lane_of(job.job_id)
        if job.waiting is None or now - held < STARTING_SECONDS * 1000:
            return False
        if _is_of_earlier_attempt(held, job):
            self._leases.give_back(row.pool, job.job_id, seen=held, lane=lane)
            return False
        if not self._leases.renew(row.pool, job.job_id, seen=held, now=now, lane=lane):
            return False
        slot = self.capacity.reserve_create_slot(row.pool, window=YEAR_MS)
        if slot is not None:
            self.start(row.pool, job.job_id, slot, held=now, lane=lane)
        return slot is not None

    def start(self, pool: str, job_id: str, slot: int, *, held: int | None, lane: int | None) -> Outcome:
        """Start a job that waits, and has a lease and a slot. The lease is given back if it does not wait."""
        starter = Starter(self.ledger, self.queues, self.rows, self.executions, self.lease)
        return starter.start(pool, job_id, slot, held=held, now=self.capacity.now_ms(), lane=lane)

    @property
    def _leases(self) -> LeaseRows:
        return self.rows.leases

    def _start(self, place: QueuePosition, turn: Turn) -> Outcome:
        if turn.slot is not None:
            return self.start(turn.row.pool, place.job_id, turn.slot, held=turn.held, lane=turn.lane)
        # The pool filled up meanwhile, or another call is admitting this very job.
        return Outcome.STARTED if place.job_id in turn.row.leases else Outcome.FULL


def _in_order(
    places: list[QueuePosition], row: PoolRow, enqueued: Job | None, now: float
) -> Iterator[QueuePosition]:
    """The next first, with the job that was just enqueued."""
    if enqueued is not None and enqueued.waiting is not None:
        places = [*places, QueuePosition.of(enqueued)]
    return in_order(_each_once(places), row.shares.values(), now)


def _is_of_earlier_attempt(held: int, job: Job) -> bool:
    """Whether a lease is older than its job's attempt: it was restored for one that had ended already, and may
    be one more than the pool allows.
    """
    return job.attempt > 1 and held < datetime.fromisoformat(job.history[0]["at"]).timestamp() * 1000


def _each_once(places: list[QueuePosition]) -> Collection[QueuePosition]:
    """Of a job whose priority was just changed, the index may show two places: the last one counts."""
    return {place.job_id: place for place in places}.values()


def _clear_queue_mark(rows: PoolRows, row: PoolRow, now: int) -> None:
    """The queue was read, and is empty."""
    from jobchute.lifecycle.queue_marks import may_clear

    if may_clear(row, now):
        rows.clear_queue_mark(row)
