"""Who is next in a pool, as docs/queues.md tells it: a model of its own, which shares no code with the product."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
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

    def ahead_of(self, group: Group, job: Waiting, now: float, held: Collection[str]) -> int:
        """How many should have been let in before this job. held: jobs that hold a lease and wait no more."""
        own = self._rank(group, job, now)
        count = 0
        for other, line in self.groups.items():
            for each in line:
                if self._rank(other, each, now) >= own:
                    break
                count += each.job_id not in held
        return count

    def _rank(self, group: Group, job: Waiting, now: float) -> tuple[int, int, float, str]:
        """Priority, one higher for every hour; then the share with the fewest in flight; then the first."""
        raised = group.priority + int(max(now - job.since, 0.0) // HOUR)
        return -raised, self.in_flight[group.share], job.since, job.job_id


def place_in(row: Mapping[str, Mapping[str, str]]) -> tuple[Group, Waiting]:
    """Of a job's row as it is stored."""
    since = datetime.fromisoformat(row["createdAt"]["S"]).timestamp()
    share = row["share"]["S"] if "share" in row else ""
    return Group(int(row["priority"]["N"]), share), Waiting(since, row["pk"]["S"])
