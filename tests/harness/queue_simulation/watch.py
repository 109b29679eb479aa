"""What must hold of leases and of the order, checked at every write of a pool's item and of a job's row.

Incremental: a write costs what it changed. It knows the table's changes and the provider's jobs alone, and
nothing of how the product reads or writes them.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.fakes.dynamodb import Change
from tests.harness.queue_simulation.observed import ENDED, Findings, PoolState, Seen
from tests.harness.queue_simulation.order import place_in
from tests.harness.queue_simulation.plan import Plan
from tests.harness.queue_simulation.provider import Made
from tests.harness.queue_simulation.repairs import Repairs
from tests.harness.queue_simulation.turns import Turns


@dataclass
class Watch:
    """now: the clock. excuses: see Turns. differs: what differs in the places that the tool shows of a pool.
    begins: hears of each job that is at its provider.
    """

    plan: Plan
    now: Callable[[], float]
    excuses: Callable[[], int] = lambda: 0
    differs: Callable[[PoolState], str | None] = lambda _: None
    begins: Callable[[str, str], object] = lambda *_: None
    jobs: dict[str, Seen] = field(default_factory=dict)
    pools: dict[str, PoolState] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    made: dict[str, Made] = field(default_factory=dict)
    begun: dict[str, list[Made]] = field(default_factory=lambda: defaultdict(list))
    open: int = 0
    repairs: Repairs = field(default_factory=Repairs)
    steps: int = 0
    _holder: dict[str, str] = field(default_factory=dict)
    turns: Turns = field(init=False)

    def __post_init__(self) -> None:
        self.pools = {pool.name: PoolState(pool) for pool in self.plan.pools}
        self.turns = Turns(self.jobs, self.now, self.excuses, partial(self.findings.tell, "order"))

    def hear(self, change: Change) -> None:
        """A write of the table."""
        if change.keys["sk"]["S"] == "JOB":
            self._job(change)
        elif change.keys["pk"]["S"] == "POOL" and change.keys["sk"]["S"] in self.pools:
            self._pool(change, self.pools[change.keys["sk"]["S"]])
        elif change.keys["pk"]["S"].startswith("LANES#"):
            self._leases(change, self.pools[change.keys["pk"]["S"].removeprefix("LANES#")])

    def created(self, made: Made) -> None:
        """A job is at the provider."""
        state = self.pools[made.request.pool.name]
        self.made[made.job_id] = made
        self.begun[state.plan.name].append(made)
        self.begins(state.plan.name, made.job_id)
        state.at_provider += 1
        state.most_at_provider = max(state.most_at_provider, state.at_provider)
        if made.job_id not in state.leases:
            self.findings.tell("lost", state, f"{made.job_id} was created without a lease")
        if state.at_provider > state.plan.limit:
            self.findings.tell(
                "above", state, f"{state.at_provider} at the provider, {state.plan.limit} allowed"
            )

    def ended(self, made: Made) -> None:
        self.pools[made.request.pool.name].at_provider -= 1

    def look(self) -> None:
        """Once a minute: whether anything is left longer than a repair takes."""
        for job_id, seconds in self.repairs.late(self.now()):
            seen = self.jobs.get(job_id)
            what = "no row" if seen is None else f"{seen.state}, waiting: {seen.is_waiting}"
            self.findings.tell(
                "late", self.pools[self._holder[job_id]], f"a lease for {seconds:.0f} s of {job_id}: {what}"
            )

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
            self.findings.tell("ended", pool, f"{job_id} ended {seen.state}, then {state_now}")
        if is_waiting is not seen.is_waiting:
            (pool.queue.add if is_waiting else pool.queue.remove)(*seen.place)
            seen.queued_at = self.now()
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
            self.findings.tell("lost", pool, f"{job_id} is {seen.state} without a lease")
        if has_lease and not should:
            self.repairs.need(job_id, self.now())
        else:
            self.repairs.end(job_id, self.now())

    def _pool(self, change: Change, state: PoolState) -> None:
        self._leases(change, state)
        above = _cut(state, change, self.now())
        if above is not None:
            self.findings.tell("above", state, above)

    def _leases(self, change: Change, state: PoolState) -> None:
        """Of the pool's row, or of a lane."""
        self.steps += 1
        old, new = change.old or {}, change.new or {}
        leases, shares = _map(new, "leases"), _map(new, "shares")
        before = _map(old, "leases")
        if leases is not before:
            for job_id in before.keys() - leases.keys():
                self._given_back(state, job_id)
            for job_id in leases.keys() - before.keys():
                self._taken(state, job_id, shares.get(job_id, {"S": "?"})["S"])
        if leases.keys() != shares.keys():
            self.findings.tell("shares", state, f"{len(leases)} leases of {len(shares)} shares")

    def _taken(self, state: PoolState, job_id: str, share: str) -> None:
        now = self.now()
        count = len(state.leases) + 1
        if job_id in self._holder:
            self.findings.tell("double", state, f"{job_id} holds a lease of {self._holder[job_id]} already")
        if count > state.limit(now):
            self.findings.tell("above", state, f"{count} leases, {state.limit(now)} allowed")
        seen = self.jobs.get(job_id)
        if seen is not None and (seen.pool != state.plan.name or seen.state in ENDED):
            self.findings.tell("lost", state, f"a lease for {job_id}, which may not have one")
        elif seen is None or seen.is_waiting:
            self.turns.check(state, job_id)
            self.repairs.begin(job_id, now)
        self.turns.admitted += 1
        state.leases[job_id] = share
        state.queue.in_flight[share] += 1
        state.most_leases = max(state.most_leases, len(state.leases))
        self._holder[job_id] = state.plan.name
        what = self.differs(state)
        if what is not None:
            self.findings.tell("place", state, what)

    def _given_back(self, state: PoolState, job_id: str) -> None:
        seen, made = self.jobs.get(job_id), self.made.get(job_id)
        if made is not None and made.ended_at is None:
            self.findings.tell("lost", state, f"{job_id} is at the provider and lost its lease")
        elif seen is not None and seen.state not in ENDED and not seen.is_waiting:
            self.findings.tell("lost", state, f"{job_id} is {seen.state} and lost its lease")
        share = state.leases.pop(job_id)
        state.queue.in_flight[share] -= 1
        if state.queue.in_flight[share] < 0:
            self.findings.tell("shares", state, f"{share} has {state.queue.in_flight[share]} in flight")
        self._holder.pop(job_id, None)
        self.repairs.end(job_id, self.now())


def finish(watch: Watch) -> None:
    """What must hold when all is over."""
    for state in watch.pools.values():
        for job_id in state.leases:
            watch.findings.tell("late", state, f"{job_id} still holds a lease")
    for job_id, seen in watch.jobs.items():
        if seen.state not in ENDED:
            watch.findings.tell("ended", watch.pools[seen.pool], f"{job_id} is {seen.state}")


def _cut(state: PoolState, change: Change, now: float) -> str | None:
    """A quota error's lower limit. Returns what is wrong with it."""
    old, new = change.old or {}, change.new or {}
    if "cap" not in new or (new["cap"] == old.get("cap") and new["capAt"] == old.get("capAt")):
        return None
    cap, cap_at = int(new["cap"]["N"]), int(new["capAt"]["N"]) / 1000
    state.cap, state.cap_at = cap, cap_at
    state.caps.append((now, cap, cap_at))
    is_right = 0 <= cap <= len(state.leases)
    return None if is_right else f"a cap of {cap} where {len(state.leases)} hold a lease"


def _map(item: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = item[name]["M"] if name in item else {}
    return found
