"""How long to wait for what. Pure but for the jitter that is passed in."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

T = TypeVar("T")

SWEEPS_A_LOOK = 5
"""Where events tell of a job, looks are for those that were lost: one sweep of so many asks for it."""


class Timing(NamedTuple):
    """All in seconds.

    lease: an attempt to submit holds its job for so long; longer than the function may run.
    settle: after a lease, a create call that is still on its way is given so long to land.
    most_jobs_a_sweep: how many due jobs one sweep takes on; the longest overdue come first.
    wait_limit: a job that was not submitted by then ends TIMED_OUT.
    allowance: what a job gets beyond each limit of its own, for slow starts and stops.
    unknown: so long after a provider was asked to stop a job whose time is over, a state that is in no table
    counts as an end.
    look: how often the sweep runs, and asks how submitted jobs stand that no event tells of.
    spare_seconds: a sweep stops when its function has so little time left.
    """

    jitter: Callable[[float], float]
    lease: int = 120
    settle: int = 60
    wait_limit: int = 14 * 24 * 3600
    allowance: int = 24 * 3600
    unknown: int = 3600
    look: int = 60
    spare_seconds: int = 15
    most_jobs_a_sweep: int = 1000

    def backoff(self, attempts: int) -> float:
        """Exponential with full jitter, from 5 seconds to 10 minutes."""
        return self.jitter(min(5.0 * 2 ** min(attempts, 10), 600.0))

    def in_any_order(self, items: Iterable[T]) -> list[T]:
        """From another one on each time: one that kills the process keeps not always the same from theirs."""
        found = list(items)
        first = int(self.jitter(len(found)))
        return found[first:] + found[:first]

    def is_time_to_look_at_all(self, now: float, looked_at: float) -> bool:
        """Whether a sweep that runs now asks for the jobs, too, that events tell of.

        looked_at: when the last one did that came to its end. Sweeps do not come to the second: half of the
        time between two is left for it.
        """
        return now - looked_at >= self.look * (SWEEPS_A_LOOK - 0.5)
