"""Whether jobs start when the tool has said that they would."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import median
from typing import NamedTuple

from jobchute.cli.facts.lines import MAX_LINE, lines_of
from jobchute.cli.forecast.starts import Start
from jobchute.cli.pool_rules import DeployedPools

MIN_INSIDE, MAX_INSIDE = 0.80, 0.95
MIN_KNOWN = 500
"""Of fewer starts, the share that was in its range says too little."""


class Said(NamedTuple):
    """What was said of a job at a time. started: when it then was created at its provider."""

    at: float
    start: Start | None
    started: float = 0.0


@dataclass
class Starts:
    """Of each job, one of the statements about it counts, drawn from all of them."""

    pools: DeployedPools
    now: Callable[[], float]
    chance: Random
    found: dict[str, list[Said]] = field(default_factory=lambda: defaultdict(list))
    _said: dict[str, Said] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)

    def ask(self) -> None:
        """When each waiting job will start."""
        for line in lines_of(self.pools, self.pools.rows.all(), first=MAX_LINE).values():
            for job in line.jobs:
                self._counts[job.job_id] += 1
                if self.chance.random() < 1 / self._counts[job.job_id]:
                    self._said[job.job_id] = Said(self.now(), job.start)

    def created(self, pool: str, job_id: str) -> None:
        """A job has started."""
        said = self._said.pop(job_id, None)
        if said is not None:
            self.found[pool].append(said._replace(started=self.now()))

    def all(self) -> list[Said]:
        """Of all pools."""
        return [each for found in self.found.values() for each in found]


class StartFigures(NamedTuple):
    """asked: jobs of which a start was asked for. known: of these, the share of which one was told.

    inside, early, late: the shares of the known ones that started in their range, before and after it.
    width: the median width of a range, in seconds. wait: the median time from the statement to the start.
    """

    asked: int
    known: float
    inside: float
    early: float
    late: float
    width: float
    wait: float

    @property
    def is_good(self) -> bool:
        """Whether the ranges are neither too narrow nor too wide, as far as there are enough of them."""
        return self.asked * self.known < MIN_KNOWN or MIN_INSIDE <= self.inside <= MAX_INSIDE


def start_figures(found: Sequence[Said]) -> StartFigures:
    told = list(_told(found))
    count = max(len(told), 1)
    return StartFigures(
        asked=len(found),
        known=len(told) / max(len(found), 1),
        inside=sum(start.earliest <= at <= start.latest for start, at, _ in told) / count,
        early=sum(at < start.earliest for start, at, _ in told) / count,
        late=sum(at > start.latest for start, at, _ in told) / count,
        width=median([start.latest - start.earliest for start, _, _ in told] or [0.0]),
        wait=median([wait for _, _, wait in told] or [0.0]),
    )


def _told(found: Sequence[Said]) -> Iterator[tuple[Start, float, float]]:
    for said in found:
        if said.start is not None:
            yield said.start, said.started, said.started - said.at
