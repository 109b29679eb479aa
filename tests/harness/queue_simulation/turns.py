"""Whether each admission takes the job whose turn it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.harness.queue_simulation.observed import PoolState, Seen
from tests.harness.queue_simulation.order import PART

UNMARKED_SECONDS = 180
"""Docs: a reconciliation, each minute, restores the mark of a queue; the rest is for faults."""


@dataclass
class Turns:
    """now: the clock. excuses: how many starts met a fault in this very run of a function. Each stays in its
    queue, or in a lease that is restored later, and one share may be overtaken for it. admitted: how many jobs
    since a queue was read.
    """

    jobs: Mapping[str, Seen]
    now: Callable[[], float]
    excuses: Callable[[], int]
    tell: Callable[[PoolState, str], None]
    admitted: int = 0

    def read(self) -> None:
        """A function reads a queue."""
        self.admitted = 0

    def check(self, state: PoolState, job_id: str) -> None:
        """A job takes a lease."""
        seen = self.jobs.get(job_id)
        if seen is None:
            self._of_a_new_job(state, job_id)
        else:
            self._of_the_queue(state, seen)

    def _of_the_queue(self, state: PoolState, seen: Seen) -> None:
        state.admissions += 1
        admitted = self._left_the_queue(state)
        if state.queue.has_crowd(admitted):
            self._in_turn_of_a_crowd(state, seen)
        ahead = state.queue.ahead_of(*seen.place, self.now(), state.leases, admitted=admitted)
        if len(ahead) > self.excuses():
            self.tell(state, f"jobs of {sorted(ahead)} should have come before {seen.place[1].job_id}")
        elif ahead:
            state.overtaken += 1

    def _of_a_new_job(self, state: PoolState, job_id: str) -> None:
        """A job that has no row yet is let in only where no other waits."""
        state.at_once += 1
        for other in state.queue.jobs(state.leases):
            if self.now() - self.jobs[other].queued_at > UNMARKED_SECONDS:
                self.tell(state, f"{other} waits, and {job_id} was let in before it came to the queue")

    def _left_the_queue(self, state: PoolState) -> int:
        """By how many groups fewer an admission may have read than wait now: those that were let in since, and
        those that took two queries, as their first job holds a lease and stays in the queue for a moment."""
        if len(state.queue.groups) <= PART:
            return 0
        return self.admitted + sum(
            job_id in self.jobs and self.jobs[job_id].is_waiting for job_id in state.leases
        )

    def _in_turn_of_a_crowd(self, state: PoolState, seen: Seen) -> None:
        """Each admission admits as many as the limit at most, and reads the next part of the queue."""
        state.crowded += 1
        first = state.queue.next(self.now(), state.leases)
        job_id, passes = state.passed
        if first == seen.place[1].job_id:
            state.passed = (None, 0)
            return
        state.passed = (first, passes + 1 if first == job_id else 1)
        if state.passed[1] > state.plan.limit * state.queue.turns():
            self.tell(state, f"{first} comes before all others, and {passes} were let in before it")
