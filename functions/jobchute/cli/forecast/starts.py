"""When each of the waiting jobs of a pool is expected to start, as a range."""

from collections.abc import Collection, Iterator, Sequence
from math import inf
from random import Random
from typing import NamedTuple

from jobchute.cli.forecast.arrivals import Arrival, Arrivals
from jobchute.cli.forecast.run_times import Held, RunTimes, guessed, resampled
from jobchute.cli.forecast.trial import PoolNow, Trial

MIN_ENDED = 5
"""Jobs of the pool that ended lately: with fewer, nothing is said of jobs that wait for the end of others."""
TRIALS = (99, 39, 19)
"""Of n trials, the range without the (n + 1) / 20 lowest and highest starts holds 90 % of further ones."""
MAX_STEPS = 5_000
"""Admissions of one trial."""
MAX_WORK = 100_000
"""Waiting jobs of all trials, as far as fewer trials can keep it. There are twice as many admissions at
most, as other jobs may come."""
EARLY, LATE = 10.0, 60.0
"""Seconds by which a start may differ from its turn: clocks differ, and the reconciler, which makes up for lost
calls, runs each minute."""


class Start(NamedTuple):
    """A job is expected to start between these times, in epoch seconds, in about nine of ten cases."""

    earliest: float
    latest: float


class Recent(NamedTuple):
    """What a pool's recent past tells. leases: of jobs that ended lately, and of those in flight."""

    leases: Sequence[Held]
    arrivals: Arrivals

    @property
    def is_enough(self) -> bool:
        return sum(lease.is_over for lease in self.leases) >= MIN_ENDED


def expected_starts(
    pool: PoolNow, waiting: Sequence[Arrival], recent: Recent, *, wanted: Collection[str], random: Random
) -> dict[str, Start]:
    """The expected start of each wanted job, without those of which nothing can be said.

    waiting: the pool's whole queue.
    """
    if not pool.limit or not wanted:
        return {}
    line = sorted(waiting)
    number = next((each for each in TRIALS if each * len(line) <= MAX_WORK), TRIALS[-1])
    steps = min(MAX_STEPS, 2 * MAX_WORK // number)
    trials = [_trial(pool, line, recent, random).starts(wanted, max_steps=steps) for _ in range(number)]
    return dict(_ranges(trials, wanted))


def _trial(pool: PoolNow, line: Sequence[Arrival], recent: Recent, random: Random) -> Trial:
    later = recent.arrivals.later(random, pool.now)
    if pool.cut is not None and random.random() < 1 / 2:
        # The provider may go on refusing more jobs than it takes now.
        pool = pool._replace(limit=min(pool.limit, max(pool.limit_at(pool.now), 1)), cut=None)
    if not recent.is_enough:
        return Trial(pool, line, lambda _: inf, later)
    times = RunTimes.of(resampled(recent.leases, random), longer=guessed(random))
    return Trial(pool, line, lambda age: times.draw(random, age) - age, later)


def _ranges(trials: Sequence[dict[str, float]], wanted: Collection[str]) -> Iterator[tuple[str, Start]]:
    left_out = (len(trials) + 1) // 20
    for job_id in wanted:
        starts = sorted(trial.get(job_id, inf) for trial in trials)
        earliest, latest = starts[left_out - 1], starts[-left_out]
        if latest < inf:
            yield job_id, Start(earliest - EARLY, latest + LATE)
