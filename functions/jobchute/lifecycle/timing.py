"""How long to wait for what. Pure but for the jitter, which is an argument."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from jobchute.job import Job, State

T = TypeVar("T")

MAX_GAP = 900
"""Seconds between two look-ups that do not find a job, if it is to count as missing all the while."""
RECONCILIATIONS_A_POLL = 5
"""Jobs of APIs that send events are polled for lost events only: by one reconciliation in so many."""


class Timing(NamedTuple):
    """All in seconds.

    lease: how long an attempt to submit holds its job; longer than the function may run.
    settle: how long a create call may take effect after the lease of its attempt.
    max_jobs: the due jobs that one reconciliation handles; the longest overdue come first.
    wait_limit: a job that was not submitted by then ends TIMED_OUT.
    allowance: what a job gets beyond each limit of its own, for slow starts and stops.
    unknown: if the provider of a job that is being stopped, and whose time is over, has reported for so long
    that it has no such job, or a state that is in no table, the job has ended.
    poll: how often the reconciler runs, and polls jobs of APIs that send no events.
    spare_seconds: a reconciliation stops when its function has so little time left.
    """

    jitter: Callable[[float], float]
    lease: int = 120
    settle: int = 60
    wait_limit: int = 14 * 24 * 3600
    allowance: int = 24 * 3600
    unknown: int = 3600
    poll: int = 60
    spare_seconds: int = 15
    max_jobs: int = 1000

    @property
    def hidden(self) -> int:
        """How long a provider may not show a job that it has created."""
        return 10 * self.settle

    def backoff(self, attempts: int) -> float:
        """Exponential with full jitter, from 5 seconds to 10 minutes."""
        return self.jitter(min(5.0 * 2 ** min(attempts, 10), 600.0))

    def in_any_order(self, items: Iterable[T]) -> list[T]:
        """From another item on each time: an item that kills the process does not always keep the same others
        from their turn.
        """
        found = list(items)
        first = int(self.jitter(len(found)))
        return found[first:] + found[:first]

    def is_time_to_poll_all(self, now: float, polled_at: float) -> bool:
        """Whether a reconciliation that runs now also polls jobs of APIs that send events.

        polled_at: when the last poll of all jobs was complete. Reconciliations are not punctual to the second,
        so half of the time between two of them is subtracted.
        """
        return now - polled_at >= self.poll * (RECONCILIATIONS_A_POLL - 0.5)


def moved_at(job: Job) -> float:
    """When a job came into its state, in epoch seconds."""
    return datetime.fromisoformat(job.history[-1]["at"]).timestamp()


def missing_since(job: Job, now: float, native: str = "") -> int:
    """Since when look-ups have not found a job, in epoch seconds; now if this is the first of them.

    native: the state, in no table, in which it is found instead. A claim that creates the job, or may have,
    begins anew: it leaves a gap among the attempts to submit. So does a quarter of an hour without such an
    answer, once the job was submitted.
    """
    kept = job.missing
    if kept is None or kept["native"] != native:
        return int(now)
    is_recent = job.state is State.SUBMITTING or now - kept["at"] <= MAX_GAP
    return int(kept["since"]) if is_recent and kept["attempts"] >= job.attempts - 1 else int(now)


def may_be_hidden(job: Job, now: float, hidden: int) -> bool:
    """Whether an earlier call may have created a job that is being submitted, and its provider may not show it
    yet. hidden: Timing.hidden.
    """
    return job.may_exist and now - missing_since(job, now) < hidden


def as_missing(job: Job, now: float, native: str = "") -> dict[str, Any]:
    """What to write of a job that a look-up has not found just now. One answer proves little: look-ups lag."""
    since = missing_since(job, now, native)
    return {"missing": {"since": since, "at": int(now), "attempts": job.attempts, "native": native}}
