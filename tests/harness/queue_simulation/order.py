"""Who is next in a pool, as docs/queues.md tells it: a model that shares no code with the product."""

import math
from collections import Counter, defaultdict, deque
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from sortedcontainers import SortedList

HOUR = 3600
WHOLE = 200
"""Docs: a queue of so many groups is read whole at each admission."""
PART = 100
"""Docs: of a queue with more groups, so many at its front are read each time, and so many others in turn."""


class Waiting(NamedTuple):
    """A job in a queue. since: when it was accepted, in epoch seconds."""

    since: float
    job_id: str


class Group(NamedTuple):
    priority: int
    share: str


class WaitingQueue:
    """Those who wait in one pool, and how many of each share are in flight there."""

    def __init__(self) -> None:
        self.groups: dict[Group, SortedList[Waiting]] = defaultdict(SortedList)
        self.in_flight: Counter[str] = Counter()

    def add(self, group: Group, job: Waiting) -> None:
        self.groups[group].add(job)

    def remove(self, group: Group, job: Waiting) -> None:
        self.groups[group].remove(job)
        if not self.groups[group]:
            del self.groups[group]

    def ahead_of(
        self, group: Group, job: Waiting, now: float, held: Container[str], *, admitted: int = 0
    ) -> set[str]:
        """The shares of which a job should have been let in before this one. held: who holds a lease.

        admitted: so many at most were admitted since the queue was read.
        """
        own = self._rank(group, job, now)
        groups: Iterable[Group] = self.groups
        if self.has_crowd(admitted):
            groups = sorted(self.groups, key=_in_the_table)[: PART - admitted]
        return {other.share for other, rank in self._ranks(groups, now, held) if rank < own}

    def has_crowd(self, admitted: int) -> bool:
        """Whether more groups may have waited, before so many were let in, than one admission reads."""
        return len(self.groups) + admitted > WHOLE

    def next(self, now: float, held: Container[str]) -> str | None:
        """The job that comes before all others."""
        ranks = (rank for _, rank in self._ranks(self.groups, now, held))
        return min(ranks, default=(0, 0, 0.0, None))[-1]

    def line(self, now: float, held: Container[str]) -> Iterator[str]:
        """All who hold no lease, in the order in which they come if none ends and none arrives meanwhile."""
        groups = {
            group: deque(each for each in jobs if each.job_id not in held)
            for group, jobs in self.groups.items()
        }
        in_flight = Counter(self.in_flight)
        ranks = {group: self._rank(group, jobs[0], now) for group, jobs in groups.items() if jobs}
        while ranks:
            group = min(ranks, key=ranks.__getitem__)
            yield groups[group].popleft().job_id
            in_flight[group.share] += 1
            for other in [each for each in ranks if each.share == group.share]:
                del ranks[other]
                if groups[other]:
                    raised, _, since, job_id = self._rank(other, groups[other][0], now)
                    ranks[other] = (raised, in_flight[group.share], since, job_id)

    def jobs(self, held: Container[str]) -> Iterator[str]:
        """Those that hold no lease."""
        for group in self.groups.values():
            yield from (each.job_id for each in group if each.job_id not in held)

    def turns(self) -> int:
        """After so many admissions at most, each group was read once."""
        return math.ceil(len(self.groups) / PART) + 1

    def _ranks(
        self, groups: Iterable[Group], now: float, held: Container[str]
    ) -> Iterator[tuple[Group, tuple[int, int, float, str]]]:
        """Of the first of each group."""
        for group in groups:
            first = next((each for each in self.groups[group] if each.job_id not in held), None)
            if first is not None:
                yield group, self._rank(group, first, now)

    def _rank(self, group: Group, job: Waiting, now: float) -> tuple[int, int, float, str]:
        """Priority, one higher for every hour; then the share with the fewest in flight; then the first."""
        raised = group.priority + int(max(now - job.since, 0.0) // HOUR)
        return -raised, self.in_flight[group.share], job.since, job.job_id


def _in_the_table(group: Group) -> tuple[int, str]:
    """The order of groups there: a share ends with a character that sorts behind letters and digits."""
    return -group.priority, f"{group.share}|"


def place_in(row: Mapping[str, Mapping[str, str]]) -> tuple[Group, Waiting]:
    """Of a job's row as it is stored."""
    since = datetime.fromisoformat(row["createdAt"]["S"]).timestamp()
    share = row["share"]["S"] if "share" in row else ""
    return Group(int(row["priority"]["N"]), share), Waiting(since, row["pk"]["S"])
