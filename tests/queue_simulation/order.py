"""Who is next in a pool, as docs/queues.md tells it: a model that shares no code with the product."""

from collections import Counter, defaultdict
from collections.abc import Container, Mapping
from datetime import datetime
from typing import NamedTuple

from sortedcontainers import SortedList

HOUR = 3600


class Waiting(NamedTuple):
    """A job in a line. since: when it was accepted, in epoch seconds."""

    since: float
    job_id: str


class Group(NamedTuple):
    priority: int
    share: str


class Line:
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

    def ahead_of(self, group: Group, job: Waiting, now: float, held: Container[str]) -> set[str]:
        """The shares of which a job should have been let in before this one. held: who holds a lease."""
        own = self._rank(group, job, now)
        return {
            other.share
            for other, line in self.groups.items()
            if (first := next((each for each in line if each.job_id not in held), None)) is not None
            and self._rank(other, first, now) < own
        }

    def _rank(self, group: Group, job: Waiting, now: float) -> tuple[int, int, float, str]:
        """Priority, one higher for every hour; then the share with the fewest in flight; then the first."""
        raised = group.priority + int(max(now - job.since, 0.0) // HOUR)
        return -raised, self.in_flight[group.share], job.since, job.job_id


def place_in(row: Mapping[str, Mapping[str, str]]) -> tuple[Group, Waiting]:
    """Of a job's row as it is stored."""
    since = datetime.fromisoformat(row["createdAt"]["S"]).timestamp()
    share = row["share"]["S"] if "share" in row else ""
    return Group(int(row["priority"]["N"]), share), Waiting(since, row["pk"]["S"])
