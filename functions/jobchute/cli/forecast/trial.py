"""One way in which a pool's queue may go on."""

import heapq
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from math import inf
from typing import NamedTuple

from jobchute.cli.forecast.arrivals import Arrival
from jobchute.cli.forecast.line import Line

WINDOW = 60.0
"""Create slots are reserved up to so many seconds ahead (jobchute.lifecycle.pool_capacity)."""


class Lease(NamedTuple):
    """A job in flight. at: when it was admitted, in epoch seconds."""

    at: float
    share: str


class PoolNow(NamedTuple):
    """A pool at one moment. In seconds, and epoch seconds.

    limit: jobs in flight by the rules. cut: a lower limit after a quota error at cut_at, which grows by one
    every `regrowth` seconds. next_slot: when the next create call may be made; step: the time between two.
    """

    now: float
    limit: int
    leases: Sequence[Lease]
    next_slot: float
    step: float
    cut: int | None = None
    cut_at: float = 0.0
    regrowth: float = 300.0

    def limit_at(self, at: float) -> int:
        if self.cut is None:
            return self.limit
        return min(self.limit, self.cut + int(max(at - self.cut_at, 0) // self.regrowth))

    def growth_after(self, at: float) -> float:
        """When the limit is next higher; never where it is whole."""
        if self.cut is None or self.limit_at(at) >= self.limit:
            return inf
        return self.cut_at + (int(max(at - self.cut_at, 0) // self.regrowth) + 1) * self.regrowth


class Trial:
    """draw: how many seconds longer a job holds its lease that has held it for so many already."""

    def __init__(
        self,
        pool: PoolNow,
        waiting: Sequence[Arrival],
        draw: Callable[[float], float],
        later: Iterator[Arrival],
    ) -> None:
        """waiting: the oldest of each group first."""
        self._pool = pool
        self._draw = draw
        self._later = later
        self._next = next(later, None)
        self._time, self._slot = pool.now, pool.next_slot
        in_flight = Counter(lease.share for lease in pool.leases)
        self._line = Line(waiting, in_flight, pool.now)
        self._ends = [(self._end_of(lease), lease.share) for lease in pool.leases]
        heapq.heapify(self._ends)

    def starts(self, wanted: Collection[str], *, max_steps: int) -> dict[str, float]:
        """When each of the wanted jobs starts, without those that have not started after so many others."""
        found: dict[str, float] = {}
        for _ in range(max_steps):
            if len(found) == len(wanted) or not self._wait_for_room():
                break
            start = max(self._time, self._slot)
            job = self._line.take(self._time)
            if job.job_id in wanted:
                found[job.job_id] = start
            self._slot = start + self._pool.step
            heapq.heappush(self._ends, (start + self._draw(0.0), job.share))
        return found

    def _end_of(self, lease: Lease) -> float:
        age = max(self._pool.now - lease.at, 0.0)
        return max(lease.at, self._pool.now) + self._draw(age)

    def _wait_for_room(self) -> bool:
        """Let time pass until a job can be admitted. Returns False if that never comes."""
        while True:
            self._pass(max(self._time, self._slot - WINDOW))
            if not self._line:
                if self._next is None:
                    return False
                self._pass(self._next.since)
            elif len(self._ends) < self._pool.limit_at(self._time):
                return True
            else:
                change = min(self._ends[0][0] if self._ends else inf, self._pool.growth_after(self._time))
                if change == inf:
                    return False
                self._pass(change)

    def _pass(self, until: float) -> None:
        """Jobs come and end."""
        while self._ends and self._ends[0][0] <= until:
            _, share = heapq.heappop(self._ends)
            self._line.release(share)
        while self._next is not None and self._next.since <= until:
            self._line.add(self._next)
            self._next = next(self._later, None)
        self._time = max(self._time, until)
