"""What a simulation showed, by pool. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tests.harness.queue_simulation.ideal import Work, ended_by
from tests.harness.queue_simulation.observed import GROWTH_SECONDS, PoolState
from tests.harness.queue_simulation.plan import API_RATES
from tests.harness.queue_simulation.watch import Watch
from tests.harness.queue_simulation.world import QueueWorld

MAX_RATIO = 1.05
"""Throughput within 5 % of what the limits allow."""
BREAKS = ("lost", "double", "above", "late", "shares", "order", "place", "ended")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """makespan: seconds from the begin to the end of the last job at the provider. ideal: of list scheduling
    under the limit that was in force and the rate. plain: as if no quota error had ever lowered the limit.

    overtaken: admissions before another's whose own start met a fault. broken: by BREAKS.
    """

    pool: str
    jobs: int
    limit: int
    rate: float
    most_in_flight: int
    makespan: float
    ideal: float
    plain: float
    refused: int
    overtaken: int
    broken: dict[str, int]

    @property
    def ratio(self) -> float:
        return self.makespan / self.ideal

    @property
    def is_good(self) -> bool:
        return self.ratio <= MAX_RATIO and not any(self.broken.values())


def figures_of(world: QueueWorld, begin: float) -> Iterator[Figures]:
    for state in world.watch.pools.values():
        plan, name = state.plan, state.plan.name
        rate = plan.rate if plan.rate is not None else API_RATES[plan.api]
        made = world.watch.begun[name]
        work = [
            Work(world.watch.jobs[each.job_id].accepted_at - begin, (each.ended_at or begin) - each.created_at)
            for each in made
        ]
        step = round(1000 / rate) / 1000
        yield Figures(
            pool=name,
            jobs=sum(seen.pool == name for seen in world.watch.jobs.values()),
            limit=plan.limit,
            rate=rate,
            most_in_flight=state.most_at_provider,
            makespan=max((each.ended_at or begin) - begin for each in made),
            ideal=ended_by(work, rate=1 / step, limit=_in_force(state, begin), growth=GROWTH_SECONDS),
            plain=ended_by(work, rate=1 / step, limit=partial(_always, plan.limit), growth=GROWTH_SECONDS),
            refused=world.provider.refused[name],
            overtaken=state.overtaken,
            broken={kind: world.watch.findings.counts[kind, name] for kind in BREAKS},
        )


def _always(limit: int, _: float) -> int:
    return limit


def _in_force(state: PoolState, begin: float) -> Callable[[float], int]:
    """The limit at a time, asked for times that only grow."""
    caps = state.caps
    place = -1

    def limit(now: float) -> int:
        nonlocal place
        while place + 1 < len(caps) and caps[place + 1][0] - begin <= now:
            place += 1
        if place < 0:
            return state.plan.limit
        _, cap, cap_at = caps[place]
        return min(state.plan.limit, cap + int((now + begin - cap_at) // GROWTH_SECONDS))

    return limit


def is_good(found: Sequence[Figures], watch: Watch) -> bool:
    return all(each.is_good for each in found) and not watch.findings.broken
