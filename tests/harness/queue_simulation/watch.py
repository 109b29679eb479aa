"""What must hold of leases and of the order, checked at every write of a pool's item and of a job's row.

Incremental: a write costs what it changed. It knows the table's changes and the provider's jobs alone, and
nothing of how the product reads or writes them.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.fakes.dynamodb import Change
from tests.harness.queue_simulation.order import PART, Group, Waiting, WaitingQueue, place_in
from tests.harness.queue_simulation.plan import Plan, PoolPlan
from tests.harness.queue_simulation.provider import Made

ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "TIMED_OUT", "PARTIAL"})
AT_PROVIDER = frozenset({"SUBMITTED", "RUNNING", "CANCELLING"})
GROWTH_SECONDS = 300
"""Docs: after a quota error one more is tried every five minutes."""
REPAIR_SECONDS = 900
"""Docs: leases are compared with the jobs every five minutes; the rest is for runs that a fault stopped."""
MAX_KEPT = 100


class Broken(NamedTuple):
    """kind: lost, double, above, orphan, late, shares, order or ended."""

    kind: str
    pool: str
    what: str


@dataclass(slots=True)
class PoolState:
    """leases: by job, whose share. cap: as the pool's item says it, and since when, in seconds.

    caps: all of them, in their order. passed: the job that comes before all others, and how many were let in
    before it without a break; it is kept for queues of more groups than one admission reads.
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
    """A job as its row says it is. admitted_at: when it was last let in."""

    pool: str
    state: str
    place: tuple[Group, Waiting]
    is_waiting: bool
    accepted_at: float
    ended_at: float | None = None


@dataclass
class Watch:
    """now: the clock. excuses: how many starts met a fault in this very run of a function. Each stays in its
    queue, or in a lease that is repaired later, and one share may be overtaken for it. admitted: how many jobs
    were admitted since a queue was read.
    """

    plan: Plan
    now: Callable[[], float]
    excuses: Callable[[], int] = lambda: 0
    jobs: dict[str, Seen] = field(default_factory=dict)
    pools: dict[str, PoolState] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    broken: list[Broken] = field(default_factory=list)
    made: dict[str, Made] = field(default_factory=dict)
    begun: dict[str, list[Made]] = field(default_factory=lambda: defaultdict(list))
    open: int = 0
    longest_repair: float = 0.0
    steps: int = 0
    admitted: int = 0
    _holder: dict[str, str] = field(default_factory=dict)
    _odd: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pools = {pool.name: PoolState(pool) for pool in self.plan.pools}

    def read(self) -> None:
        """A function reads a queue."""
        self.admitted = 0

    def hear(self, change: Change) -> None:
        """A write of the table."""
        if change.keys["sk"]["S"] == "JOB":
            self._job(change)
        elif change.keys["pk"]["S"] == "POOL" and change.keys["sk"]["S"] in self.pools:
            self._pool(change)

    def created(self, made: Made) -> None:
        """A job is at the provider."""
        state = self.pools[made.request.pool.name]
        self.made[made.job_id] = made
        self.begun[state.plan.name].append(made)
        state.at_provider += 1
        state.most_at_provider = max(state.most_at_provider, state.at_provider)
        if made.job_id not in state.leases:
            self._tell("lost", state, f"{made.job_id} was created without a lease")
        if state.at_provider > state.plan.limit:
            self._tell("above", state, f"{state.at_provider} at the provider, {state.plan.limit} allowed")

    def ended(self, made: Made) -> None:
        self.pools[made.request.pool.name].at_provider -= 1

    def look(self) -> None:
        """Once a minute: whether anything is left longer than a repair takes."""
        for job_id, since in list(self._odd.items()):
            if self.now() - since > REPAIR_SECONDS:
                pool = self._holder[job_id]
                seen = self.jobs.get(job_id)
                what = "no row" if seen is None else f"{seen.state}, waiting: {seen.is_waiting}"
                self._tell(
                    "late", self.pools[pool], f"a lease for {self.now() - since:.0f} s of {job_id}: {what}"
                )
                self._mended(job_id)

    def finish(self) -> None:
        """What must hold when all is over."""
        for state in self.pools.values():
            for job_id in state.leases:
                self._tell("late", state, f"{job_id} still holds a lease")
        for job_id, seen in self.jobs.items():
            if seen.state not in ENDED:
                self._tell("ended", self.pools[seen.pool], f"{job_id} is {seen.state}")

    def _job(self, change: Change) -> None:
        self.steps += 1
        row = change.new
        job_id = change.keys["pk"]["S"]
        seen = self.jobs.get(job_id)
        if row is None:
            return
        state_now, is_waiting = row["state"]["S"], "waiting" in row
        if seen is None:
            seen = Seen(row["pool"]["S"], state_now, place_in(row), False, self.now())
            self.jobs[job_id] = seen
            self.open += 1
        pool = self.pools[seen.pool]
        if seen.state in ENDED and state_now != seen.state:
            self._tell("ended", pool, f"{job_id} ended {seen.state}, then {state_now}")
        if is_waiting is not seen.is_waiting:
            (pool.queue.add if is_waiting else pool.queue.remove)(*seen.place)
        if state_now in ENDED and seen.state not in ENDED:
            seen.ended_at = self.now()
            self.open -= 1
        seen.state, seen.is_waiting = state_now, is_waiting
        self._settle(job_id, seen, pool, is_admitted=row["createAt"]["N"] != "0")

    def _settle(self, job_id: str, seen: Seen, pool: PoolState, *, is_admitted: bool) -> None:
        """Hold a job's row against its lease."""
        has_lease = job_id in pool.leases
        should = seen.state not in ENDED and not seen.is_waiting and is_admitted
        if should and not has_lease:
            self._tell("lost", pool, f"{job_id} is {seen.state} without a lease")
        if has_lease and not should:
            self._odd.setdefault(job_id, self.now())
        else:
            self._mended(job_id)

    def _pool(self, change: Change) -> None:
        self.steps += 1
        old, new = change.old or {}, change.new or {}
        state = self.pools[change.keys["sk"]["S"]]
        leases, shares = _map(new, "leases"), _map(new, "shares")
        if leases is not _map(old, "leases"):
            for job_id in state.leases.keys() - leases.keys():
                self._given_back(state, job_id)
            for job_id in leases.keys() - state.leases.keys():
                self._taken(state, job_id, shares.get(job_id, {"S": "?"})["S"], len(leases))
        if leases.keys() != shares.keys():
            self._tell("shares", state, f"{len(leases)} leases of {len(shares)} shares")
        if "cap" in new and (new["cap"] != old.get("cap") or new["capAt"] != old.get("capAt")):
            self._capped(state, int(new["cap"]["N"]), int(new["capAt"]["N"]) / 1000)

    def _taken(self, state: PoolState, job_id: str, share: str, count: int) -> None:
        now = self.now()
        if job_id in self._holder:
            self._tell("double", state, f"{job_id} holds a lease of {self._holder[job_id]} already")
        if count > state.limit(now):
            self._tell("above", state, f"{count} leases, {state.limit(now)} allowed")
        seen = self.jobs.get(job_id)
        if seen is None or seen.pool != state.plan.name or seen.state in ENDED:
            self._tell("lost", state, f"a lease for {job_id}, which may not have one")
        elif seen.is_waiting:
            self._in_turn(state, seen)
            self._odd[job_id] = now
        self.admitted += 1
        state.leases[job_id] = share
        state.queue.in_flight[share] += 1
        state.most_leases = max(state.most_leases, len(state.leases))
        self._holder[job_id] = state.plan.name

    def _in_turn(self, state: PoolState, seen: Seen) -> None:
        state.admissions += 1
        admitted = self._left_the_queue(state)
        if state.queue.has_crowd(admitted):
            self._in_turn_of_a_crowd(state, seen)
        ahead = state.queue.ahead_of(*seen.place, self.now(), state.leases, admitted=admitted)
        if len(ahead) > self.excuses():
            self._tell(
                "order", state, f"jobs of {sorted(ahead)} should have come before {seen.place[1].job_id}"
            )
        elif ahead:
            state.overtaken += 1

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
            self._tell("order", state, f"{first} comes before all others, and {passes} were let in before it")

    def _given_back(self, state: PoolState, job_id: str) -> None:
        seen, made = self.jobs.get(job_id), self.made.get(job_id)
        if made is not None and made.ended_at is None:
            self._tell("lost", state, f"{job_id} is at the provider and lost its lease")
        elif seen is not None and seen.state not in ENDED and not seen.is_waiting:
            self._tell("lost", state, f"{job_id} is {seen.state} and lost its lease")
        share = state.leases.pop(job_id)
        state.queue.in_flight[share] -= 1
        if state.queue.in_flight[share] < 0:
            self._tell("shares", state, f"{share} has {state.queue.in_flight[share]} in flight")
        self._holder.pop(job_id, None)
        self._mended(job_id)

    def _capped(self, state: PoolState, cap: int, cap_at: float) -> None:
        if cap < 0 or cap > len(state.leases):
            self._tell("above", state, f"a cap of {cap} where {len(state.leases)} hold a lease")
        state.cap, state.cap_at = cap, cap_at
        state.caps.append((self.now(), cap, cap_at))

    def _mended(self, job_id: str) -> None:
        since = self._odd.pop(job_id, None)
        if since is not None:
            self.longest_repair = max(self.longest_repair, self.now() - since)

    def _tell(self, kind: str, state: PoolState, what: str) -> None:
        self.counts[kind, state.plan.name] += 1
        if len(self.broken) < MAX_KEPT:
            self.broken.append(Broken(kind, state.plan.name, what))


def _map(item: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = item[name]["M"] if name in item else {}
    return found
