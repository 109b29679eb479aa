"""What the tool is asked during a simulation: places at admissions, and expected starts now and then."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from jobchute.cli.pool_rules import DeployedPools
from tests.harness.queue_simulation.places import Places
from tests.harness.queue_simulation.starts import Starts


class Asking(NamedTuple):
    """admissions: after one of so many of each pool, places are compared. minutes: between two questions when
    the waiting jobs will start; None for no such question.
    """

    admissions: int = 1
    minutes: int | None = None


@dataclass
class Questions:
    """What was asked, and what came of it."""

    pools: DeployedPools
    now: Callable[[], float]
    asking: Asking
    seed: int
    places: Places = field(init=False)
    starts: Starts = field(init=False)

    def __post_init__(self) -> None:
        self.places = Places(self.pools, self.now, self.asking.admissions)
        self.starts = Starts(self.pools, self.now, Random(f"questions {self.seed}"))

    def minute(self, number: int) -> None:
        """Once a minute."""
        if self.asking.minutes is not None and number % self.asking.minutes == 0:
            self.starts.ask()
