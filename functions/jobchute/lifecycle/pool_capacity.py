"""How many jobs of a pool may be in flight now, and when its next create call may be made."""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

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

    def reserve_create_slot(self, pool: str, *, window: int = WINDOW_MS) -> int | None:
        """When the pool's next create call may be made, in epoch milliseconds. None if that is not within the
        window.

        window: milliseconds from now.
        """
        bucket, rate = self.rules().rate_of(pool)
        now = self.now_ms()
        return self.rows.reserve(bucket, step=_step(rate), now=now, horizon=now + window)

    def slots_left(self, row: PoolRow, next_slots: Mapping[str, int]) -> int:
        """How many create slots can still be reserved within the window: no more jobs need be read.

        next_slots: the next slot of each bucket whose row was read already.
        """
        bucket, rate = self.rules().rate_of(row.pool)
        next_at = row.next_at if bucket == row.pool else next_slots.get(bucket)
        if next_at is None:
            next_at = self.rows.get(bucket).next_at
        now = self.now_ms()
        return (now + WINDOW_MS - max(next_at, now)) // _step(rate) + 1

    def now_ms(self) -> int:
        return int(self.now() * 1000)

    def _grown(self, row: PoolRow, limit: int) -> int:
        """A limit, cut by a quota error and grown again since then."""
        if row.cap is None:
            return limit
        grown = max(self.now_ms() - row.cap_at, 0) // (self.regrowth * 1000)
        return min(limit, row.cap + grown)


def _step(rate: float) -> int:
    """Milliseconds from one create call to the next; a hundredth more, as no two calls take equally long."""
    return math.ceil(1010 / rate)
