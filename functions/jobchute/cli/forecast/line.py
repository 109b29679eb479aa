"""A pool's queue during a simulation: whose turn it is, as jobs come, start and end."""

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from typing import NamedTuple

from jobchute.cli.forecast.arrivals import Arrival
from jobchute.pools.limits import AGING_SECONDS

Group = tuple[str, int]
"""A share and a priority."""


class Turn(NamedTuple):
    """The rank of the first job of a group, the lowest next (jobchute.pools.limits.in_order)."""

    raised: int
    in_flight: int
    since: float
    job_id: str


class Line:
    """The order of jobchute.pools.limits.in_order, kept up to date as shares, ages and jobs change.

    A group's rank changes with the jobs in flight of its share, and with the age of its first job. It is then
    entered anew, and the old entry is passed over.
    """

    def __init__(self, jobs: Iterable[Arrival], in_flight: Counter[str], now: float) -> None:
        """jobs: the oldest of each group first."""
        self._in_flight = in_flight
        self._groups: dict[Group, deque[Arrival]] = defaultdict(deque)
        self._of_share: dict[str, list[Group]] = defaultdict(list)
        self._turns: dict[Group, Turn] = {}
        self._heap: list[tuple[Turn, Group]] = []
        self._rises: list[tuple[float, Group]] = []
        for job in jobs:
            self._append(job)
        for group in self._groups:
            self._enter(group, now)

    def __bool__(self) -> bool:
        return bool(self._turns)

    def add(self, job: Arrival) -> None:
        group = self._append(job)
        if len(self._groups[group]) == 1:
            self._enter(group, job.since)

    def release(self, share: str, now: float) -> None:
        """A job of the share has ended."""
        self._in_flight[share] -= 1
        self._enter_share(share, now)

    def take(self, now: float) -> Arrival:
        """Remove the next job, which is in flight from now on."""
        while self._rises and self._rises[0][0] <= now:
            self._enter(heapq.heappop(self._rises)[1], now)
        while True:
            turn, group = heapq.heappop(self._heap)
            if self._turns.get(group) == turn:
                break
        job = self._groups[group].popleft()
        self._in_flight[job.share] += 1
        self._enter_share(job.share, now)
        return job

    def _append(self, job: Arrival) -> Group:
        group = (job.share, job.priority)
        if group not in self._groups:
            self._of_share[job.share].append(group)
        self._groups[group].append(job)
        return group

    def _enter_share(self, share: str, now: float) -> None:
        for group in self._of_share[share]:
            self._enter(group, now)

    def _enter(self, group: Group, now: float) -> None:
        jobs = self._groups[group]
        if not jobs:
            self._turns.pop(group, None)
            return
        first, hours = jobs[0], max(int((now - jobs[0].since) // AGING_SECONDS), 0)
        turn = Turn(-group[1] - hours, self._in_flight[group[0]], first.since, first.job_id)
        if self._turns.get(group) != turn:
            self._turns[group] = turn
            heapq.heappush(self._heap, (turn, group))
            heapq.heappush(self._rises, (first.since + (hours + 1) * AGING_SECONDS, group))
