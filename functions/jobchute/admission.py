"""Whose turn it is: a job waits as a row until its pool has room, and starts when a lease and a moment are its.

Waiting costs nothing: no call is open and nothing polls. Whoever makes room (a job that ended, a refusal by the
provider) or adds a job lets the next ones in; the sweep does it again for whoever died half-way.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger

from jobchute.errors import UnknownJobError
from jobchute.executions import Executions
from jobchute.job import Job, State
from jobchute.ledger import Ledger
from jobchute.pool_rows import PoolRow, PoolRows
from jobchute.pools import Place, PoolRules, in_order

logger = Logger(child=True)

WINDOW_MS = 60_000
"""Create calls are planned so far ahead: until the sweep comes again."""

YEAR_MS = 365 * 24 * 3600 * 1000
"""Who holds a lease waits for a moment however far off: the others take all that come sooner."""

STARTING_SECONDS = 10
"""Whoever took a lease starts its job within so long, or has died and another does it."""

NEVER_CAME_SECONDS = 600
"""A lease that was taken so long ago for a job that the ledger does not know is given back."""


class Admission(NamedTuple):
    """rules: the pools' rules as they are now. lease: seconds from a job's moment until the sweep looks at it.

    regrowth: seconds after which a pool that met a quota error tries one job more.
    """

    ledger: Ledger
    rows: PoolRows
    executions: Executions
    rules: Callable[[], PoolRules]
    now: Callable[[], float]
    lease: int = 120
    regrowth: int = 300
    mending: int = 300

    def offer(self, job: Job) -> Job:
        """A job that may have to wait: let it in if it is its turn, or let in whoever comes before it."""
        if job.state is not State.QUEUED or job.waits_for:
            return job
        if job.pool is None or job.create_at:
            self.executions.start(job)
            return job
        if job.waiting is None:
            job = self.ledger.line_up(job, due=self._far(job))
        if job.waiting is not None:
            self.let_in(job.waiting, offered=job)
        return job

    def let_in(self, pool: str, *, offered: Job | None = None) -> int:
        """Start as many waiting jobs as the pool has room for, in their order. Returns how many."""
        return self._fill(self.rows.get(pool), offered)

    def _fill(
        self, row: PoolRow, offered: Job | None = None, *, moments: Mapping[str, int] | None = None
    ) -> int:
        """moments: when each bucket's next create call may be made, as far as it was read already."""
        if offered is not None and offered.job_id in row.leases:
            return int(self._finish(row, offered))
        room = self.limit_now(row) - len(row.leases)
        if room > 0:
            room = min(room, self._moments_left(row, moments or {}))
        if room <= 0:
            return 0
        places = {str(place): place for place in self.rows.line(row.pool, each=room, besides=row.leases)}
        if offered is not None and offered.waiting is not None:
            # The index may not show it yet.
            place = Place.of(offered)
            places[str(place)] = place
        count = 0
        for place in in_order(places.values(), row.shares.values(), self.now()):
            if count >= room or not self._try(row, place, offered):
                break
            count += 1
        return count

    def leave(self, job: Job) -> None:
        """A job has ended: give its lease back and let in the next."""
        if job.pool is not None:
            row, _ = self.rows.give_back(job.pool, job.job_id)
            self._fill(row)

    def refused(self, job: Job, reason: str, *, attempt_id: str | None, **changes: Any) -> Job:
        """The provider has no quota or capacity now: the job waits at its old place, the pool lets in fewer.

        changes: fields of Job to write along.
        """
        job, is_waiting = self.ledger.line_up_again(
            job, reason=reason, attempt_id=attempt_id, due=self._far(job), **changes
        )
        if is_waiting and job.pool is not None:
            row, _ = self.rows.give_back(job.pool, job.job_id)
            self.rows.put_cap(job.pool, len(row.leases), now=self._now_ms())
        return job

    def reserve_moment(self, pool: str, *, window: int = WINDOW_MS) -> int | None:
        """When the pool's next create call may be made, in epoch milliseconds; None where that is far off.

        window: what is not far off, in milliseconds.
        """
        bucket, rate = self.rules().rate_of(pool)
        now = self._now_ms()
        return self.rows.reserve(bucket, step=_step(rate), now=now, horizon=now + window)

    def limit_now(self, row: PoolRow) -> int:
        """The pool's limit, or less for a while after a quota error: one more every `regrowth` seconds."""
        limit = self.rules().limit_of(row.pool)
        if row.cap is None:
            return limit
        grown = max(self._now_ms() - row.cap_at, 0) // (self.regrowth * 1000)
        return min(limit, row.cap + grown)

    def sweep(self, rows: Collection[PoolRow]) -> None:
        """Mend what was left half-way and let in who can. Trouble with one pool keeps no other waiting.

        rows: of all pools.
        """
        moments = {row.pool: row.next_at for row in rows}
        for each in rows:
            row = each
            try:
                if row.leases and self._now_ms() - row.mended_at >= self.mending * 1000:
                    self._mend(row)
                    row = self.rows.get(row.pool)
                self._fill(row, moments=moments)
            except Exception:
                logger.exception("a pool could not be looked after, the next sweep tries again", pool=row.pool)

    def hold(self, job: Job, rows: Iterable[PoolRow]) -> None:
        """A job that is in flight holds a lease, whatever its pool's row has lost."""
        if job.pool is not None and self.lacks_lease(job, rows):
            self.rows.hold(job.pool, job.job_id, share=job.share, at=job.create_at)

    def lacks_lease(self, job: Job, rows: Iterable[PoolRow]) -> bool:
        """Whether a job is in flight without one. rows: of all pools."""
        row = next((row for row in rows if row.pool == job.pool), None)
        return not (row is None or job.job_id in row.leases or job.waiting is not None or job.state.is_final)

    def _moments_left(self, row: PoolRow, moments: Mapping[str, int]) -> int:
        """How many moments there are yet: who cannot have one need not be read from the line."""
        bucket, rate = self.rules().rate_of(row.pool)
        next_at = row.next_at if bucket == row.pool else moments.get(bucket)
        if next_at is None:
            next_at = self.rows.get(bucket).next_at
        now = self._now_ms()
        return (now + WINDOW_MS - max(next_at, now)) // _step(rate) + 1

    def _try(self, row: PoolRow, place: Place, offered: Job | None) -> bool:
        """What goes wrong with another's start is not the trouble of whoever made room: the sweep mends it."""
        if offered is not None and place.job_id == offered.job_id:
            return self._admit(row, place)
        try:
            return self._admit(row, place)
        except Exception:
            logger.exception("a waiting job could not be started, the sweep tries again", job_id=place.job_id)
            return True

    def _admit(self, row: PoolRow, place: Place) -> bool:
        """Returns False where the pool takes nobody more for now.

        The lease comes before the moment: of several that let in the same job, one alone uses up a moment.
        """
        now, limit = self._now_ms(), self.limit_now(row)
        if not self.rows.take(row.pool, place.job_id, share=place.share, limit=limit, now=now):
            # The pool filled up meanwhile, or another is letting in this very job.
            return place.job_id in self.rows.get(row.pool).leases
        moment = self.reserve_moment(row.pool)
        if moment is None:
            self.rows.give_back(row.pool, place.job_id)
            return False
        self._start(row.pool, place.job_id, moment)
        return True

    def _start(self, pool: str, job_id: str, moment: int) -> None:
        try:
            job, is_admitted = self.ledger.admit(job_id, create_at=moment, due=moment // 1000 + self.lease)
        except UnknownJobError:
            # The index showed a row that is no more.
            self.rows.give_back(pool, job_id)
            return
        if is_admitted and job.state is State.SUBMITTING:
            # Its execution waits already: the sweep makes the next attempt.
            self.ledger.note(job_id, only_in=(State.SUBMITTING,), due=moment // 1000)
        elif is_admitted:
            self.executions.start(job)
        elif job.state.is_final or not job.create_at:
            self.rows.give_back(pool, job_id)

    def _finish(self, row: PoolRow, job: Job) -> bool:
        """Start a job whose lease was taken by one that died before it started it."""
        if job.waiting is None or self._now_ms() - row.leases[job.job_id] < STARTING_SECONDS * 1000:
            return False
        moment = self.reserve_moment(row.pool, window=YEAR_MS)
        if moment is not None:
            self._start(row.pool, job.job_id, moment)
        return moment is not None

    def _mend(self, row: PoolRow) -> None:
        """Hold every lease against its job."""
        jobs = {job.job_id: job for job in self.ledger.get_many(row.leases)}
        for job_id, at in row.leases.items():
            job = jobs.get(job_id)
            is_old = self._now_ms() - at > NEVER_CAME_SECONDS * 1000
            if job.state.is_final if job is not None else is_old:
                self.rows.give_back(row.pool, job_id)
            elif job is not None:
                self._finish(row, job)
        self.rows.mark_mended(row.pool, now=self._now_ms())

    def _far(self, job: Job) -> int:
        """Nobody need look at a waiting job before its wait is over."""
        return job.deadline + 1

    def _now_ms(self) -> int:
        return int(self.now() * 1000)


def _step(rate: float) -> int:
    """Milliseconds from one create call to the next; a hundredth more, as no two calls take equally long."""
    return math.ceil(1010 / rate)
