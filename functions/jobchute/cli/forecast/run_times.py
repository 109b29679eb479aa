"""How long the jobs of a pool hold their lease, from those that ended lately and those that still run.

The estimate is Kaplan and Meier's, for observations that begin late and end early: a job that still runs has
held its lease for at least so long, and of a job that was admitted before the observation began nothing is
known but that it had not ended until then. Without both, the short jobs would count too much: they end first.

The chance to outlast the longest known time is one in n + 1 for n jobs (Hill, 1968). How much longer such jobs
take is a guess, half as long again, and wide of the mark when a pool's first jobs still run: so it differs from
one estimate to the next.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from operator import mul
from random import Random
from typing import NamedTuple

LONGER, SPREAD = 0.5, 1.0
"""By how much jobs that outlast all others are longer than they: the median of the estimates, and the standard
deviation of its logarithm."""


class Held(NamedTuple):
    """A lease as it was observed. In seconds.

    seen_from: how old it was when the observation began. seconds: how old it was at its end, or is now.
    """

    seconds: float
    is_over: bool
    seen_from: float = 0.0


class RunTimes(NamedTuple):
    """ages: at which leases ended, ascending. outlasted: the share of jobs that hold theirs longer than that,
    negative, so that it ascends. longer: by how much those are longer, on average, that outlast all.
    """

    ages: Sequence[float]
    outlasted: Sequence[float]
    longer: float = LONGER

    @classmethod
    def of(cls, observed: Sequence[Held], *, longer: float = LONGER) -> "RunTimes":
        """At least one of the observed leases must have ended."""
        ends = sorted(each.seconds for each in observed)
        begins = sorted(each.seen_from for each in observed)
        ages = sorted(each.seconds for each in observed if each.is_over)
        at_risk = (bisect_left(begins, age) - bisect_left(ends, age) for age in ages)
        # Of several that ended at one age, each leaves one less at risk.
        before = (number - bisect_left(ages, age) for number, age in enumerate(ages))
        left = (_left_after(count - ended) for count, ended in zip(at_risk, before, strict=True))
        return cls(ages, [-share for share in accumulate(left, mul)], longer)

    def draw(self, random: Random, beyond: float = 0.0) -> float:
        """The seconds of one job, which has held its lease for `beyond` seconds already."""
        place = bisect_right(self.ages, beyond)
        still = -self.outlasted[place - 1] if place else 1.0
        chosen = bisect_left(self.outlasted, -still * random.random(), lo=place)
        if chosen < len(self.ages):
            return self.ages[chosen]
        return max(self.ages[-1], beyond) * (1 + random.expovariate(1 / self.longer))


def guessed(random: Random) -> float:
    """By how much jobs may be longer that outlast all others."""
    return LONGER * random.lognormvariate(0, SPREAD)


def resampled(observed: Sequence[Held], random: Random) -> list[Held]:
    """As many observations, drawn anew from these: what else might have been observed. At least one ended."""
    chosen = random.choices(observed, k=len(observed))
    if any(each.is_over for each in chosen):
        return chosen
    return [*chosen, random.choice([each for each in observed if each.is_over])]


def _left_after(at_risk: int) -> float:
    """The share of so many jobs that outlast the end of one."""
    return 1 - 1 / (max(at_risk, 1) + 1)
