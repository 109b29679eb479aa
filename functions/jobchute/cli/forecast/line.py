"""A pool's queue during a simulation: whose turn it is, as jobs come, start and end."""

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from typing import NamedTuple

from jobchute.cli.forecast.arrivals import Arrival
from jobchute.pools.limits import AGING_SECONDS


class Turn(NamedTuple):
    """The rank of the next job of a share, the lowest next (jobchute.pools.limits.in_order)."""

    raised: int
    in_flight: int
    since: float
    job_id: str


class Head(NamedTuple):
    """The oldest job of one priority and one share, which is ranked by the first three members."""

    raised: int
    since: float
    job_id: str
    priority: int


class Line:
    """The order of jobchute.pools.limits.in_order, kept up to date as shares, ages and jobs change.

    The rank of a share changes with its jobs in flight, and with its next job. It is then entered anew, and
    the old entry is passed over.
    """

    def __init__(self, jobs: Iterable[Arrival], in_flight: Counter[str], now: float) -> None:
        """jobs: the oldest of each share and priority first."""
        self._in_flight = in_flight
        self._shares: dict[str, dict[int, deque[Arrival]]] = defaultdict(lambda: defaultdict(deque))
        self._heads: dict[str, Head] = {}
        self._turns: dict[str, Turn] = {}
        self._heap: list[tuple[Turn, str]] = []
        self._rises: list[tuple[float, str, int, str]] = []
        for job in jobs:
            self._shares[job.share][job.priority].append(job)
        for share, groups in self._shares.items():
            for group in groups.values():
                self._expect_rise(group[0], now)
            self._choose_head(share, now)

    def __bool__(self) -> bool:
        return bool(self._heads)

    def add(self, job: Arrival) -> None:
        """A job has come, at its `since`."""
        group = self._shares[job.share][job.priority]
        group.append(job)
        if len(group) == 1:
            self._expect_rise(job, job.since)
            self._choose_head(job.share, job.since)

    def release(self, share: str) -> None:
        """A job of the share has ended."""
        self._in_flight[share] -= 1
        self._enter(share)

    def take(self, now: float) -> Arrival:
        """Remove the next job, which is in flight from now on."""
        self._rise(now)
        while True:
            turn, share = heapq.heappop(self._heap)
            if self._turns.get(share) == turn:
                break
        group = self._shares[share][self._heads[share].priority]
        job = group.popleft()
        self._in_flight[share] += 1
        if group:
            self._expect_rise(group[0], now)
        self._choose_head(share, now)
        return job

    def _rise(self, now: float) -> None:
        """The jobs that have waited for another hour."""
        while self._rises and self._rises[0][0] <= now:
            _, share, priority, job_id = heapq.heappop(self._rises)
            group = self._shares[share][priority]
            if group and group[0].job_id == job_id:
                self._expect_rise(group[0], now)
                self._choose_head(share, now)

    def _expect_rise(self, job: Arrival, now: float) -> None:
        at = job.since + (_hours(job, now) + 1) * AGING_SECONDS
        heapq.heappush(self._rises, (at, job.share, job.priority, job.job_id))

    def _choose_head(self, share: str, now: float) -> None:
        groups = self._shares[share]
        firsts = [group[0] for group in groups.values() if group]
        if not firsts:
            self._heads.pop(share, None)
            self._turns.pop(share, None)
            return
        self._heads[share] = min(
            Head(-first.priority - _hours(first, now), first.since, first.job_id, first.priority)
            for first in firsts
        )
        self._enter(share)

    def _enter(self, share: str) -> None:
        head = self._heads.get(share)
        if head is not None:
            turn = Turn(head.raised, self._in_flight[share], head.since, head.job_id)
            self._turns[share] = turn
            heapq.heappush(self._heap, (turn, share))


def _hours(job: Arrival, now: float) -> int:
    return int(max(now - job.since, 0.0) // AGING_SECONDS)
