"""What the watch keeps of a pool and of a job, and what it reports."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.harness.queue_simulation.order import Group, Waiting, WaitingQueue
from tests.harness.queue_simulation.plan import PoolPlan

ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "TIMED_OUT", "PARTIAL"})
MAX_KEPT = 100
GROWTH_SECONDS = 300
"""Docs: after a quota error one more is tried every five minutes."""


class Broken(NamedTuple):
    """kind: lost, double, above, orphan, late, shares, order, place or ended."""

    kind: str
    pool: str
    what: str


@dataclass
class Findings:
    """What was broken: all of it counted by kind and pool, the first of it in words."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    broken: list[Broken] = field(default_factory=list)

    def tell(self, kind: str, state: "PoolState", what: str) -> None:
        self.counts[kind, state.plan.name] += 1
        if len(self.broken) < MAX_KEPT:
            self.broken.append(Broken(kind, state.plan.name, what))


@dataclass(slots=True)
class PoolState:
    """leases: by job, whose share. cap: as the pool's item says it, and since when, in seconds.

    caps: all of them, in their order. passed: the job that comes before all others, and how many were let in
    before it without a break; it is kept for queues of more groups than one admission reads. at_once: how many
    were let in before they had a row.
    """

    plan: PoolPlan
    queue: WaitingQueue = field(default_factory=WaitingQueue)
    leases: dict[str, str] = field(default_factory=dict)
    cap: int | None = None
    cap_at: float = 0.0
    caps: list[tuple[float, int, float]] = field(default_factory=list)
    most_leases: int = 0
    at_provider: int = 0
    most_at_provider: int = 0
    admissions: int = 0
    at_once: int = 0
    overtaken: int = 0
    crowded: int = 0
    passed: tuple[str | None, int] = (None, 0)

    def limit(self, now: float) -> int:
        """The limit in force."""
        if self.cap is None:
            return self.plan.limit
        return min(self.plan.limit, self.cap + int((now - self.cap_at) // GROWTH_SECONDS))


@dataclass(slots=True)
class Seen:
    """A job as its row says it is. queued_at: when it last entered its queue."""

    pool: str
    state: str
    place: tuple[Group, Waiting]
    is_waiting: bool
    accepted_at: float
    queued_at: float = 0.0
    ended_at: float | None = None
