"""Pools: which jobs share a limit, how many of them may be in flight, how fast they may be created. Pure.

A job is in one pool, by the first rule that matches it:

1. `label:NAME=VALUE`, for jobs that carry that label (rules in alphabetical order);
2. `API/CAPACITY`, where capacity is what the provider counts by: a Braket device, a Bedrock model, a SageMaker
   instance type, a Fireworks node pool. `*` in it stands for any text, and each capacity is a pool of its own;
3. `API`.

A pool without a rate of its own shares the rate of its API, as the providers count create calls by API; a
label's pool without one creates a job a second.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from jobchute.job import Api, Job, Source, iso
from jobchute.pools.pauses import APIS, Pauses, pause_of

MAX_A_SECOND = 1000
MAX_IN_FLIGHT = 1000
"""Of one pool: all of its leases are in one item of the table, which holds 400 KB."""

AGING_SECONDS = 3600
"""A job's priority rises by one each time that it has waited this long, without an upper bound."""

LABEL = "label:"
MIN_RATE = 1.0
"""The create rate of a label's pool without one of its own: jobs of any API may be in it, and no API allows
less.
"""

MAX_GROUPS = 200
"""Groups (one priority, one share) of a pool's queue whose oldest jobs one admission reads. If the queue
has more groups, half of them are the first groups, and half are read in turn (ledger.queues.QueueRows.read)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one rule says. limit: jobs in flight, 0 pauses the pool. rate: creates a second.

    Raises ValueError if a number is out of bounds.
    """

    # Where pydantic reads one, at synthesis; the functions do not import it for this.
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    limit: int | None = None
    rate: float | None = None

    def __post_init__(self) -> None:
        if self.limit is not None and not 0 <= self.limit <= MAX_IN_FLIGHT:
            raise ValueError(f"limit is 0 to {MAX_IN_FLIGHT}, not {self.limit}")
        if self.rate is not None and not 0 < self.rate <= MAX_A_SECOND:
            raise ValueError(f"rate is above 0, to {MAX_A_SECOND}, not {self.rate}")

    def as_said(self) -> dict[str, Any]:
        """JSON without the values that are defaults."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def rules_of_json(text: str) -> dict[str, Limits]:
    """What `json_of_rules` wrote. Raises ValueError for anything else."""
    try:
        return {name: Limits(**said) for name, said in json.loads(text).items()}
    except (TypeError, AttributeError) as error:
        raise ValueError(f"no rules of pools: {error}") from error


def json_of_rules(rules: Mapping[str, Limits]) -> str:
    return json.dumps({name: limits.as_said() for name, limits in rules.items()}, separators=(",", ":"))


class PoolRules(NamedTuple):
    """defaults: of the providers. chosen: what the deployment says, and over that what an operator set.
    pauses: see jobchute.pools.pauses.

    The limit of a pool is that of the narrowest chosen rule with a limit: the pool's own, else the longest
    pattern that matches, else its API's. The defaults, in the same order, count only if no chosen rule has a
    limit. So a limit that is chosen for an API holds for all of its pools, including those that are made
    later.
    """

    defaults: Mapping[str, Limits]
    chosen: Mapping[str, Limits]
    pauses: Pauses = MappingProxyType({})

    @classmethod
    def of(
        cls,
        defaults: Mapping[str, Limits],
        *layers: Mapping[str, Limits],
        pauses: Pauses = MappingProxyType({}),
    ) -> "PoolRules":
        """A later layer overrides an earlier one, each number by itself."""
        return cls(defaults, _merged(*layers), pauses)

    @property
    def rules(self) -> Mapping[str, Limits]:
        """All rules, the defaults included."""
        return _merged(self.defaults, self.chosen)

    def pool_of(self, api: Api, capacity: str, labels: Mapping[str, str]) -> str:
        """The pool of a new job. A target that is paused by its own name is a pool of its own, too."""
        names = {*self.chosen, *self.pauses}
        for name in sorted(each for each in names if each.startswith(LABEL)):
            label, _, value = name.removeprefix(LABEL).partition("=")
            if labels.get(label) == value:
                return name
        of_capacity = f"{api}/{capacity}"
        is_named = capacity and any(_narrower(of_capacity, each) for each in (self.defaults, names))
        return of_capacity if is_named else str(api)

    def pause_of(self, pool: str) -> str | None:
        """The target of the pause that holds for a pool."""
        return pause_of(self.pauses, pool) if self.pauses else None

    def limit_of(self, pool: str) -> int:
        """Jobs of the pool that may be in flight now."""
        return 0 if self.pause_of(pool) else self.limit_beside_pauses(pool)

    def limit_beside_pauses(self, pool: str) -> int:
        """The limit of the pool once it is not paused."""
        for rules in (self.chosen, self.defaults):
            for name in _matching(pool, rules):
                limit = rules[name].limit
                if limit is not None:
                    return limit
        return MAX_IN_FLIGHT

    def rate_of(self, pool: str) -> tuple[str, float]:
        """Creates a second, and the pool whose rate that is: this one, or its API's."""
        bucket = api_of(pool) or pool
        for each in (pool, bucket):
            rate = self._own_rate(each)
            if rate is not None:
                return each, rate
        return bucket, MIN_RATE if pool.startswith(LABEL) else MAX_A_SECOND

    def _own_rate(self, pool: str) -> float | None:
        for rules in (self.chosen, self.defaults):
            for name in _narrower(pool, rules):
                rate = rules[name].rate
                if rate is not None:
                    return rate
        return None


def _merged(*layers: Mapping[str, Limits]) -> dict[str, Limits]:
    merged: dict[str, Limits] = {}
    for layer in layers:
        for name, limits in layer.items():
            merged[str(name)] = replace(merged.get(name, Limits()), **limits.as_said())
    return merged


def _narrower(pool: str, names: Collection[str]) -> list[str]:
    """The names of rules for a pool other than its API's, the narrowest first."""
    patterns = (name for name in names if "*" in name and fnmatchcase(pool, name.replace("[", "[[]")))
    own = [pool] if pool in names else []
    return own + sorted((name for name in patterns if name != pool), key=len, reverse=True)


def _matching(pool: str, names: Collection[str]) -> list[str]:
    """The names of all rules for a pool, the narrowest first."""
    api = api_of(pool)
    return _narrower(pool, names) + ([api] if api not in (None, pool) and api in names else [])


def api_of(pool: str) -> str | None:
    """The API whose pool it is; None for a label's."""
    api = pool.partition("/")[0]
    return api if api in APIS else None


def share_of(labels: Mapping[str, str], source: Source, fair_by: str) -> str:
    """Whose job it is, for fairness: the owner, which no sender can choose, if the deployment has owners.

    Otherwise the label's value, else the folder below `requests/`, else empty.
    """
    if source.owner is not None:
        return source.owner
    if labels.get(fair_by):
        return labels[fair_by]
    folders = source.uri.partition("/requests/")[2].split("/")[:-1]
    return folders[0].replace("|", "_")[:64] if folders else ""


def waiting_in(pool: str) -> str:
    """The reason of a job that waits."""
    return f"waiting for its turn in pool {pool}"


class QueuePosition(NamedTuple):
    """A job's place in the queue of its pool. As text it sorts by group, then by age."""

    priority: int
    share: str
    since: str
    job_id: str

    @classmethod
    def of(cls, job: Job) -> "QueuePosition":
        return cls(job.priority, job.share, waits_since(job), job.job_id)

    @classmethod
    def parse(cls, text: str) -> "QueuePosition":
        priority, share, since, job_id = text.split("|")
        return cls(9 - int(priority), share, since, job_id)

    def __str__(self) -> str:
        return f"{self.group}{self.since}|{self.job_id}"

    @property
    def group(self) -> str:
        """The beginning of all places of one priority and one share."""
        return f"{9 - self.priority}|{self.share}|"

    def waited(self, now: float) -> float:
        """Seconds."""
        return max(now - datetime.fromisoformat(self.since).timestamp(), 0)

    def raised(self, now: float) -> int:
        """The priority, raised by the time waited."""
        return self.priority + int(self.waited(now) // AGING_SECONDS)


def waits_since(job: Job) -> str:
    """Since when a job waits for its turn: its acceptance, or the time at which its newest attempt was due."""
    return job.created_at if job.retry_at is None else iso(job.retry_at)


def in_order(
    places: Iterable[QueuePosition], shares_in_flight: Iterable[str], now: float
) -> Iterator[QueuePosition]:
    """The queue, the next job first: by priority, raised by the time waited, then the share with the fewest
    jobs in flight, then the oldest. Each job that is yielded counts as in flight.

    places: of each group the oldest.
    """
    by_age = sorted((-place.raised(now), place.since, place.job_id, place) for place in places)
    in_flight = Counter(shares_in_flight)
    turns = []
    for raised, since, job_id, place in by_age:
        turns.append((raised, in_flight[place.share], since, job_id, place))
        in_flight[place.share] += 1
    return (place for *_, place in sorted(turns))
