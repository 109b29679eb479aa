"""How many jobs of a pool may be in flight now, and when its next create call may be made."""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from jobchute.ledger.pool_leases import LeaseRows, Pace, Taken, Wish
from jobchute.ledger.pools import PoolRow, PoolRows
from jobchute.pools.limits import PoolRules

WINDOW_MS = 60_000
"""Create slots are reserved up to this far ahead: until the next reconciliation."""

YEAR_MS = 365 * 24 * 3600 * 1000
"""A job that holds a lease takes a create slot however far ahead: other jobs take all the slots before it."""


class Cut(NamedTuple):
    """A pool that admits fewer jobs than its rules allow, after a quota error. Times in epoch seconds.

    limit: jobs in flight now. until: when the pool has its whole limit again, if no other error comes.
    reason: the provider's words.
    """

    limit: int
    at: float
    until: float
    reason: str


class Turn(NamedTuple):
    """slot: the create slot of a job that was given a lease by this call; None if it has to wait.

    row: of its pool, after that. lane: of the lease; None for the pool's row. held: the lease's value.
    """

    row: PoolRow
    slot: int | None
    lane: int | None = None
    held: int | None = None


class PoolCapacity(NamedTuple):
    """rules: the pools' rules as they are now. now: epoch seconds.

    regrowth: seconds after which a pool that met a quota error tries one job more.
    """

    rows: PoolRows
    rules: Callable[[], PoolRules]
    now: Callable[[], float]
    regrowth: int = 300

    def limit_now(self, row: PoolRow) -> int:
        """The pool's limit. After a quota error it is lower, and grows by one every `regrowth` seconds."""
        return self._grown(row, self.rules().limit_of(row.pool))

    def cut_of(self, row: PoolRow) -> Cut | None:
        """What is left of the last quota error, whether the pool is paused or not."""
        limit = self.rules().limit_beside_pauses(row.pool)
        now_allowed = self._grown(row, limit)
        if row.cap is None or now_allowed >= limit:
            return None
        at = row.cap_at / 1000
        until = at + (limit - row.cap) * self.regrowth
        return Cut(limit=now_allowed, at=at, until=until, reason=row.cap_reason)

    def take_turn(
        self, row: PoolRow, job_id: str, *, share: str, after: int = 0, walked_to: str | None = None
    ) -> Turn:
        """A lease and a create slot for a job of the queue. row: of its pool, as it was read last.

        after: the slot that was reserved last, as far as it is known. walked_to: where the next admission
        continues reading the queue.
        """
        wish = self._wish(row.pool, job_id, share)._replace(walked_to=walked_to)
        return self._turn(wish, self._leases.take(row, wish, limit_of=self.limit_now), after)

    def take_turn_at_once(self, pool: str, job_id: str, *, share: str) -> Turn:
        """A lease and a create slot for a new job, if none waits in its pool."""
        wish = self._wish(pool, job_id, share)
        return self._turn(wish, self._leases.take_at_once(pool, wish, limit_of=self.limit_now))

    def _wish(self, pool: str, job_id: str, share: str) -> Wish:
        bucket, rate = self.rules().rate_of(pool)
        now = self.now_ms()
        pace = Pace(step_of(rate), now + WINDOW_MS) if bucket == pool else None
        return Wish(job_id, share, now, pace)

    def _turn(self, wish: Wish, taken: Taken, after: int = 0) -> Turn:
        """Where the pool shares its API's rate, and where it is wide, the lease comes before the slot: of
        several calls that admit the same job, one uses up a slot.
        """
        row, held, lane = taken
        if held is None or (wish.pace is not None and lane is None):
            return Turn(row, held, held=held)
        slot = self.reserve_create_slot(row.pool, after=after)
        if slot is None:
            row, _ = self._leases.give_back(row.pool, wish.job_id, seen=held, lane=lane)
        return Turn(row, slot, lane, held)

    def reserve_create_slot(self, pool: str, *, window: int = WINDOW_MS, after: int = 0) -> int | None:
        """When the pool's next create call may be made, in epoch milliseconds. None if that is not within the
        window.

        window: milliseconds from now. after: the slot that was reserved last, as far as it is known.
        """
        bucket, rate = self.rules().rate_of(pool)
        now = self.now_ms()
        pace = Pace(step_of(rate), now + window)
        return self._leases.reserve(bucket, pace, now=now, next_at=after + pace.step if after else 0)

    def room(self, row: PoolRow, next_slots: Mapping[str, int]) -> int:
        """For how many jobs a pool has leases and create slots within the window.

        next_slots: the next slot of each bucket whose row was read already.
        """
        room = self.limit_now(row) - len(row.leases)
        return min(room, self._slots_left(row, next_slots)) if room > 0 else 0

    def _slots_left(self, row: PoolRow, next_slots: Mapping[str, int]) -> int:
        bucket, rate = self.rules().rate_of(row.pool)
        next_at = row.next_at if bucket == row.pool else next_slots.get(bucket)
        if next_at is None:
            next_at = self.rows.find(bucket).next_at
        now = self.now_ms()
        return (now + WINDOW_MS - max(next_at, now)) // step_of(rate) + 1

    @property
    def _leases(self) -> LeaseRows:
        return self.rows.leases

    def now_ms(self) -> int:
        return int(self.now() * 1000)

    def _grown(self, row: PoolRow, limit: int) -> int:
        """A limit, cut by a quota error and grown again since then."""
        if row.cap is None:
            return limit
        grown = max(self.now_ms() - row.cap_at, 0) // (self.regrowth * 1000)
        return min(limit, row.cap + grown)


def step_of(rate: float) -> int:
    """Milliseconds from one create call to the next; a hundredth more, as no two calls take equally long."""
    return math.ceil(1010 / rate)
