"""How soon the very jobs of a pool could have ended, if nothing but its limit and rate kept them. Pure."""

import heapq
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Work(NamedTuple):
    """A job: when it was accepted, and how long it was at the provider. In seconds."""

    arrived: float
    seconds: float


def ended_by(work: Sequence[Work], *, rate: float, limit: Callable[[float], int], growth: float) -> float:
    """When the last of them ends. List scheduling: each begins, in this order, at the first free moment.

    limit: jobs in flight at a time. growth: a limit that is below its own grows after so many seconds at the
    earliest.
    """
    ends: list[float] = []
    last, moment = 0.0, 0.0
    for job in work:
        begin = max(job.arrived, moment)
        while ends and ends[0] <= begin:
            heapq.heappop(ends)
        while len(ends) >= limit(begin):
            free = ends[0] if ends else begin + growth
            # A limit that grows may make room before anybody leaves.
            begin = min(free, begin + growth) if len(ends) > 0 else free
            while ends and ends[0] <= begin:
                heapq.heappop(ends)
        heapq.heappush(ends, begin + job.seconds)
        last = max(last, begin + job.seconds)
        moment = begin + 1 / rate
    return last
