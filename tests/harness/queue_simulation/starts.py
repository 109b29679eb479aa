"""Whether jobs start when the tool has said that they would."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from statistics import median
from typing import NamedTuple

from jobchute.cli.facts.lines import lines_of
from jobchute.cli.forecast.starts import Start
from jobchute.cli.pool_rules import DeployedPools


class Said(NamedTuple):
    at: float
    start: Start | None


@dataclass
class Statements:
    """Of each job that waits, one of the statements about it counts, drawn from all of them."""

    pools: DeployedPools
    now: Callable[[], float]
    chance: Random
    said: dict[str, Said] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    found: dict[str, list[tuple[Said, float]]] = field(default_factory=lambda: defaultdict(list))

    def ask(self) -> None:
        rows = self.pools.rows.all()
        for line in lines_of(self.pools, rows, first=100_000).values():
            for job in line.jobs:
                self.counts[job.job_id] += 1
                if self.chance.random() < 1 / self.counts[job.job_id]:
                    self.said[job.job_id] = Said(self.now(), job.start)

    def started(self, pool: str, job_id: str) -> None:
        said = self.said.pop(job_id, None)
        if said is not None:
            self.found[pool].append((said, self.now()))


class StartFigures(NamedTuple):
    pool: str
    said: int
    known: int
    inside: int
    early: int
    late: int
    width: float
    wait: float


def start_figures(pool: str, found: list[tuple[Said, float]]) -> StartFigures:
    known = [(said.at, said.start, at) for said, at in found if said.start is not None]
    return StartFigures(
        pool,
        len(found),
        len(known),
        sum(start.earliest <= at <= start.latest for _, start, at in known),
        sum(at < start.earliest for _, start, at in known),
        sum(at > start.latest for _, start, at in known),
        median([start.latest - start.earliest for _, start, _ in known] or [0.0]),
        median([at - asked for asked, _, at in known] or [0.0]),
    )
