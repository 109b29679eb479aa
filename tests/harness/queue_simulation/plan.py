"""What a simulation is made of: the pools, and the jobs that come to them. Pure; the same for the same seed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from jobchute.job import Api
from jobchute.pools.limits import Limits
from jobchute.providers.registry import SPECS

HOUR = 3600.0
DROPPED = 0.5
"""The share of a pool's jobs that come at once, at the begin; the others come over ARRIVING of its time, so
that somebody waits nearly to the end."""
ARRIVING = 0.8
CANCELLED = 0.01
"""The share of jobs that somebody cancels, at any time."""
FEWEST = 4
"""Jobs of a pool, in a simulation however small."""
TWICE = 0.05
"""The share of requests that are delivered again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPlan:
    """limit: jobs in flight. rate: creates a second; None where the pool shares its API's.

    minutes: a job's mean duration. hours: how long the pool would be busy in a simulation of FULL jobs. shares,
    priorities: those of its jobs. quota: the provider itself takes so many between two parts of that time.
    """

    name: str
    api: Api
    limit: int
    rate: float | None
    minutes: float
    hours: float = 40.0
    shares: int = 3
    priorities: tuple[int, ...] = (5,)
    quota: tuple[float, float, int] | None = None

    @property
    def bucket(self) -> str:
        """Whose rate it is."""
        return self.name if self.rate is not None else str(self.api)

    def weight(self) -> float:
        """Jobs that it can end in its time."""
        rate = self.rate if self.rate is not None else API_RATES[self.api]
        return min(rate, self.limit / (60 * self.minutes)) * self.hours * HOUR

    def envelope(self) -> tuple[dict[str, Any], dict[str, str]]:
        """The body and the labels that make a job one of this pool's."""
        kind, _, value = self.name.partition("=")
        if kind.startswith("label:"):
            return {}, {kind.removeprefix("label:"): value}
        capacity: Any = self.name.partition("/")[2]
        if not capacity:
            return {}, {}
        for member in reversed(SPECS[self.api].capacity.members[0].split(".")):
            capacity = {member: capacity}
        return capacity, {}


API_RATES: Mapping[Api, float] = {api: spec.pool.rate for api, spec in SPECS.items()}

FEW = (2, 5, 5, 8)
ALL = tuple(range(10))


def _label(name: str, limit: int, rate: float, minutes: float, **more: Any) -> PoolPlan:
    api = more.pop("api", Api.TRAINING_JOB)
    return PoolPlan(name=f"label:pool={name}", api=api, limit=limit, rate=rate, minutes=minutes, **more)


def _of(api: Api, capacity: str, limit: int, minutes: float, **more: Any) -> PoolPlan:
    name = f"{api}/{capacity}" if capacity else str(api)
    return PoolPlan(name=name, api=api, limit=limit, rate=more.pop("rate", None), minutes=minutes, **more)


POOLS = (
    _of(Api.BRAKET_JOB, "", 3, 25, rate=1.0, priorities=FEW),
    _label("slow-creates", 100, 0.2, 5, hours=8, shares=6, priorities=FEW),
    _of(Api.TRAINING_JOB, "ml.g5.xlarge", 20, 45, priorities=FEW, quota=(0.2, 0.4, 12)),
    _of(Api.TRAINING_JOB, "ml.m5.large", 50, 30, shares=12, priorities=ALL),
    _label("wide", 200, 20, 40, shares=6, priorities=FEW),
    _of(Api.FIREWORKS_JOB, "", 100, 60, rate=1.0, priorities=FEW),
    _of(Api.BEDROCK_JOB, "model-a", 20, 60, shares=5),
    _of(Api.BEDROCK_JOB, "model-b", 20, 90, shares=1, priorities=ALL, quota=(0.5, 0.6, 15)),
    _of(Api.TRAINING_JOB, "ml.p4d.24xlarge", 2, 120, shares=4, priorities=FEW),
    _of(Api.PROCESSING_JOB, "ml.m5.large", 100, 40, shares=4, priorities=(5, 6)),
    _of(Api.PROCESSING_JOB, "ml.c5.large", 40, 30),
    _label("alone", 1, 0.2, 30, priorities=ALL, api=Api.BRAKET_JOB),
    _label("short-jobs", 200, 1.0, 2, hours=4, shares=8),
    _label("burst", 150, 0.5, 4, hours=6, shares=4, priorities=FEW, api=Api.PROCESSING_JOB),
    _label("fast-creates", 30, 20, 20, shares=5, priorities=FEW),
    _label("small", 5, 2, 35, priorities=ALL, api=Api.BEDROCK_JOB),
    _label("middle", 60, 10, 50, shares=6, quota=(0.3, 0.5, 48)),
    _label("balanced", 120, 0.2, 12, hours=20, shares=7, priorities=FEW),
    _label("ten", 10, 5, 30, shares=2, priorities=FEW, api=Api.PROCESSING_JOB),
    _label("long-jobs", 80, 1, 180, shares=9, priorities=FEW),
    _label("crowd", 5, 1, 20, shares=2000, priorities=(8, *[9] * 7)),
)
"""The widest bounds of each kind: limits of 1 to 200, rates of 0.2 to 20, jobs of two minutes to hours.

Jobs of a pool with a small limit take 20 minutes or more: a place that a fault kept comes back with the next
reconciliation, a minute later, which would be a large part of a job of two minutes.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """at, cancel_at: when it is sent, and cancelled, in seconds from the begin. seconds: of its job's run."""

    number: int
    pool: PoolPlan
    at: float
    share: str
    priority: int
    seconds: float
    is_good: bool
    cancel_at: float | None

    def body(self) -> dict[str, Any]:
        return self.pool.envelope()[0] | {"number": self.number}


@dataclass(frozen=True, slots=True)
class Plan:
    """spans: for how many seconds each pool would be busy. requests: in no order."""

    pools: tuple[PoolPlan, ...]
    requests: tuple[Request, ...]
    spans: Mapping[str, float] = field(default_factory=dict)

    @property
    def rules(self) -> dict[str, Limits]:
        of_apis = {str(api): Limits(rate=rate) for api, rate in API_RATES.items()}
        return of_apis | {pool.name: Limits(limit=pool.limit, rate=pool.rate) for pool in self.pools}


def plan_of(jobs: int, chosen: tuple[PoolPlan, ...], seed: int) -> Plan:
    """So many jobs over these pools, to each as many as it can end in its time."""
    random = Random(f"plan {seed}")
    whole = sum(pool.weight() for pool in chosen)
    scale = jobs / whole
    counts = [max(int(pool.weight() * scale), FEWEST) for pool in chosen]
    counts[-1] += jobs - sum(counts)
    spans = {pool.name: pool.hours * HOUR * scale for pool in chosen}
    requests: list[Request] = []
    for pool, count in zip(chosen, counts, strict=True):
        requests += _requests(random, pool, count, spans[pool.name], len(requests))
    return Plan(chosen, tuple(requests), spans)


def _requests(random: Random, pool: PoolPlan, count: int, span: float, first: int) -> Iterator[Request]:
    for number in range(first, first + count):
        is_dropped = random.random() < DROPPED
        at = random.uniform(0, 60.0 if is_dropped else ARRIVING * span)
        yield Request(
            number=number,
            pool=pool,
            at=at,
            # The first share has the most jobs.
            share=f"share-{min(int(random.expovariate(2 / pool.shares)), pool.shares - 1)}",
            priority=random.choice(pool.priorities),
            seconds=60 * pool.minutes * random.uniform(0.4, 1.6),
            is_good=random.random() < 0.9,
            cancel_at=at + random.uniform(0, span) if random.random() < CANCELLED else None,
        )
