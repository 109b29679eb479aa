"""Which jobs may come to a pool later, as they came lately: some of them will be admitted first."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

PARTS = 12
IGNORED = 2
"""So many of the parts of the observed time, those with the most arrivals, do not count: a file of a thousand
jobs is not expected to come again."""


class Arrival(NamedTuple):
    """A job that was accepted, in epoch seconds; since: for a waiting job, its age in the queue begins then."""

    since: float
    job_id: str
    priority: int
    share: str


class Arrivals(NamedTuple):
    """rate: jobs a second. lasted: for how many seconds they have been observed to come."""

    rate: float
    lasted: float
    seen: Sequence[Arrival]

    @classmethod
    def of(cls, seen: Sequence[Arrival], *, since: float, now: float) -> "Arrivals":
        """since: all jobs that came later are among those that were seen."""
        recent = [each for each in seen if each.since >= since]
        if not recent or now <= since:
            return cls(0.0, 0.0, ())
        length = (now - since) / PARTS
        counts = [0] * PARTS
        for each in recent:
            counts[min(int((each.since - since) / length), PARTS - 1)] += 1
        usual = sum(sorted(counts)[:-IGNORED]) / (PARTS - IGNORED)
        return cls(usual / length, now - since, recent)

    def later(self, random: Random, now: float) -> Iterator[Arrival]:
        """Jobs that may come, the first first.

        They stop at a random time: what has lasted for a while is as likely as not to last as long again.
        """
        if not self.rate:
            return
        until = now + self.lasted * (1 / (1 - random.random()) - 1)
        at = now + random.expovariate(self.rate)
        while at < until:
            like = random.choice(self.seen)
            yield Arrival(at, "", like.priority, like.share)
            at += random.expovariate(self.rate)
