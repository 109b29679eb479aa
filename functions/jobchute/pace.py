"""How long to wait for what. Pure but for the jitter that is passed in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from jobchute.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """All in seconds.

    lease: an attempt to submit holds its job for so long; longer than the function may run.
    settle: after a lease, a create call that is still on its way is given so long to land.
    most_jobs_a_sweep: how many due jobs one sweep takes on; the longest overdue come first.
    wait_limit: a job that was not submitted by then ends TIMED_OUT.
    allowance: what a job gets beyond its own time limit, for queues at the provider and slow stops.
    shortest_silence, longest_silence: between two looks at a job of which no event tells.
    spare_seconds: a sweep stops when its function has so little time left.
    """

    jitter: Callable[[float], float]
    lease: int = 120
    settle: int = 60
    wait_limit: int = 14 * 24 * 3600
    allowance: int = 24 * 3600
    shortest_silence: int = 60
    longest_silence: int = 3600
    spare_seconds: int = 15
    most_jobs_a_sweep: int = 1000

    def backoff(self, attempts: int) -> float:
        """Exponential with full jitter, from 5 seconds to 10 minutes."""
        return self.jitter(min(5.0 * 2 ** min(attempts, 10), 600.0))

    def silence(self, job: Job, now: float, *, has_events: bool) -> int:
        """Until the next look at a submitted job.

        Its age counts from its turn, not from its time in the line: what ended holds its lease until somebody
        looks.
        """
        age = now - (job.create_at / 1000 or datetime.fromisoformat(job.created_at).timestamp())
        return self.silence_at(age, has_events=has_events)

    def silence_at(self, age: float, *, has_events: bool) -> int:
        """Looks become rarer as a job grows old: every twentieth of its age, with events every fifth.

        So their number grows with the logarithm of its duration, then by one an hour.
        """
        shortest = self.shortest_silence * (5 if has_events else 1)
        return int(min(max(age / (5 if has_events else 20), shortest), self.longest_silence))
