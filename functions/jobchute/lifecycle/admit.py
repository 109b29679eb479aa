"""Whose turn it is: a job waits as a row until its pool has room, and starts when a lease and a moment are its.

Waiting costs nothing: no call is open and nothing polls. Whoever makes room (a job that ended, a refusal by the
provider) or adds a job lets the next ones in; the sweep does it again for whoever died half-way.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger

from jobchute.aws.executions import Executions
from jobchute.errors import UnknownJobError
from jobchute.job import Job, State
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pools import PoolRow, PoolRows
from jobchute.ledger.refusals import latest_words
from jobchute.pools.limits import PoolRules, QueuePosition, in_order

logger = Logger(child=True)

WINDOW_MS = 60_000
"""Create calls are planned so far ahead: until the sweep comes again."""

YEAR_MS = 365 * 24 * 3600 * 1000
"""Who holds a lease waits for a moment however far off: the others take all that come sooner."""

STARTING_SECONDS = 10
"""Whoever took a lease starts its job within so long, or has died and another does it."""

SPARE_PLACES = 2
"""So many places more than there is room for are read of each group: of jobs that wait no more, the index may
show places for a moment."""

Pools = Mapping[str, PoolRow]
"""The rows of all pools, by name, as a sweep has read them."""


class Outcome(Enum):
    """Of a job in a line. STARTED: its turn has come. IN_VAIN: it waits no more. FULL: no job can be let in."""

    STARTED = auto()
    IN_VAIN = auto()
    FULL = auto()


def always() -> bool:
    return True


class Cut(NamedTuple):
    """A pool that lets in fewer than its rules say, after a quota error. Times in epoch seconds.

    limit: so many now. until: when it has its whole limit again, if no other error comes. reason: the
    provider's words.
    """

    limit: int
    at: float
    until: float
    reason: str


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

    def offer(self, job: Job) -> Job:
        """A job that may have to wait: let it in if it is its turn, or let in whoever comes before it."""
        if job.state is not State.QUEUED or job.waits_for or job.awaits:
            return job
        if job.pool is None or job.create_at:
            self.executions.start(job)
            return job
        if job.waiting is None:
            # Before it stands in the line: the sweep lets in jobs of pools that have a row.
            self.rows.keep(job.pool)
            job = self.rows.queues.enqueue(job, due=self._far(job))
        if job.waiting is not None:
            self.let_in(job.waiting, offered=job)
        return job

    def let_in(self, pool: str, *, offered: Job | None = None) -> int:
        """Start as many waiting jobs as the pool has room for, in their order. Returns how many."""
        return self.fill(self.rows.keep(pool), offered)

    def fill(
        self,
        row: PoolRow,
        offered: Job | None = None,
        *,
        moments: Mapping[str, int] | None = None,
        has_time: Callable[[], bool] = always,
    ) -> int:
        """Let in whoever a pool has room for. Returns how many.

        moments: when each bucket's next create call may be made, as far as it was read already.
        """
        if offered is not None and offered.job_id in row.leases:
            return int(self.finish(row, offered))
        room = self.limit_now(row) - len(row.leases)
        if room > 0:
            room = min(room, self._moments_left(row, moments or {}))
        if room <= 0:
            return 0
        line = self.rows.queues.read(
            row.pool, each=room + SPARE_PLACES, besides=row.leases, walked_to=row.walked_to
        )
        count = 0
        for place in self._in_order(line.places, row, offered):
            if count >= room or not has_time():
                break
            outcome = self._try(row, place, offered, line.walked_to)
            if outcome is Outcome.FULL:
                break
            count += outcome is Outcome.STARTED
        return count

    def _in_order(
        self, places: list[QueuePosition], row: PoolRow, offered: Job | None
    ) -> Iterator[QueuePosition]:
        """The next first; with the job that is offered, which the index may not show yet."""
        if offered is not None and offered.waiting is not None:
            places = [*places, QueuePosition.of(offered)]
        return in_order(dict.fromkeys(places), row.shares.values(), self.now())

    def leave(self, job: Job) -> None:
        """A job has ended: give its lease back and let in the next."""
        if job.pool is not None:
            row, _ = self.rows.give_back(job.pool, job.job_id)
            self.fill(row)

    def refused(self, job: Job, reason: str, *, attempt_id: str | None, **changes: Any) -> Job:
        """The provider has no quota or capacity now: the job waits at its old place, the pool lets in fewer.

        changes: fields of Job to write along.
        """
        job, is_waiting = self.rows.queues.enqueue_again(
            job, reason=reason, attempt_id=attempt_id, due=self._far(job), **changes
        )
        if is_waiting and job.pool is not None:
            row, was_held = self.rows.give_back(job.pool, job.job_id)
            if not was_held:
                # Where it has lost its lease, its pool may have been removed: it needs one to wait in.
                row = self.rows.keep(job.pool)
            reason = latest_words(job)
            self.rows.put_cap(job.pool, len(row.leases), now=self._now_ms(), reason=reason)
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
        return self._grown(row, self.rules().limit_of(row.pool))

    def _grown(self, row: PoolRow, limit: int) -> int:
        """A limit, cut by a quota error and grown again since then."""
        if row.cap is None:
            return limit
        grown = max(self._now_ms() - row.cap_at, 0) // (self.regrowth * 1000)
        return min(limit, row.cap + grown)

    def cut_of(self, row: PoolRow) -> Cut | None:
        """What is left of the last quota error, whether the pool is paused or not."""
        limit = self.rules().limit_beside_pauses(row.pool)
        now_allowed = self._grown(row, limit)
        if row.cap is None or now_allowed >= limit:
            return None
        at = row.cap_at / 1000
        until = at + (limit - row.cap) * self.regrowth
        return Cut(limit=now_allowed, at=at, until=until, reason=row.cap_reason)

    def hold(self, job: Job, pools: Pools) -> None:
        """A job that is in flight holds a lease, whatever its pool's row has lost."""
        if job.pool is None or not self.lacks_lease(job, pools):
            return
        if job.pool not in pools:
            self.rows.get(job.pool)
        self.rows.hold(job.pool, job.job_id, share=job.share, at=job.create_at)

    def lacks_lease(self, job: Job, pools: Pools) -> bool:
        """Whether a job is in flight without one."""
        if job.pool is None or job.waiting is not None or job.state.is_final:
            return False
        return job.pool not in pools or job.job_id not in pools[job.pool].leases

    def _moments_left(self, row: PoolRow, moments: Mapping[str, int]) -> int:
        """How many moments there are yet: who cannot have one need not be read from the line."""
        bucket, rate = self.rules().rate_of(row.pool)
        next_at = row.next_at if bucket == row.pool else moments.get(bucket)
        if next_at is None:
            next_at = self.rows.get(bucket).next_at
        now = self._now_ms()
        return (now + WINDOW_MS - max(next_at, now)) // _step(rate) + 1

    def _try(self, row: PoolRow, place: QueuePosition, offered: Job | None, walked_to: str | None) -> Outcome:
        """What goes wrong with another's start is not the trouble of whoever made room: the sweep mends it."""
        if offered is not None and place.job_id == offered.job_id:
            return self._admit(row, place, walked_to)
        try:
            return self._admit(row, place, walked_to)
        except Exception:
            logger.exception("a waiting job could not be started, the sweep tries again", job_id=place.job_id)
            return Outcome.STARTED

    def _admit(self, row: PoolRow, place: QueuePosition, walked_to: str | None) -> Outcome:
        """The lease comes before the moment: of several that let in the same job, only one uses up a moment."""
        now, limit = self._now_ms(), self.limit_now(row)
        is_taken = self.rows.take(
            row.pool, place.job_id, share=place.share, limit=limit, now=now, walked_to=walked_to
        )
        if not is_taken:
            # The pool filled up meanwhile, or another is letting in this very job.
            is_held = place.job_id in self.rows.get(row.pool).leases
            return Outcome.STARTED if is_held else Outcome.FULL
        moment = self.reserve_moment(row.pool)
        if moment is None:
            self.rows.give_back(row.pool, place.job_id)
            return Outcome.FULL
        return self._start(row.pool, place.job_id, moment)

    def _start(self, pool: str, job_id: str, moment: int) -> Outcome:
        try:
            job, is_admitted = self.rows.queues.admit(job_id, create_at=moment, due=moment // 1000 + self.lease)
        except UnknownJobError:
            # The index showed a row that is no more.
            self.rows.give_back(pool, job_id)
            return Outcome.IN_VAIN
        if is_admitted and job.state is State.SUBMITTING:
            # Its execution waits already: the sweep makes the next attempt.
            self.ledger.note(job_id, only_in=(State.SUBMITTING,), due=moment // 1000)
        elif is_admitted:
            self.executions.start(job)
        elif job.state.is_final or not job.create_at:
            self.rows.give_back(pool, job_id)
            return Outcome.IN_VAIN
        return Outcome.STARTED

    def finish(self, row: PoolRow, job: Job) -> bool:
        """Start a job whose lease was taken by one that died before it started it."""
        if job.waiting is None or self._now_ms() - row.leases[job.job_id] < STARTING_SECONDS * 1000:
            return False
        moment = self.reserve_moment(row.pool, window=YEAR_MS)
        if moment is not None:
            self._start(row.pool, job.job_id, moment)
        return moment is not None

    def _far(self, job: Job) -> int:
        """Nobody need look at a waiting job before its wait is over."""
        return job.deadline + 1

    def _now_ms(self) -> int:
        return int(self.now() * 1000)


def _step(rate: float) -> int:
    """Milliseconds from one create call to the next; a hundredth more, as no two calls take equally long."""
    return math.ceil(1010 / rate)
