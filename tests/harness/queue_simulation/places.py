"""Whether the tool's place of each waiting job is the one that the documented order gives it."""

from collections.abc import Callable
from dataclasses import dataclass

from jobchute.cli.facts.lines import queue_of
from jobchute.cli.pool_rules import DeployedPools
from tests.harness.queue_simulation.observed import PoolState


@dataclass
class Places:
    """checked: places that were compared, at all admissions."""

    pools: DeployedPools
    now: Callable[[], float]
    checked: int = 0

    def check(self, state: PoolState) -> str | None:
        """What differs after an admission; None if nothing does."""
        row = self.pools.rows.find(state.plan.name)
        shown = [place.job_id for place in queue_of(self.pools, row, self.now())]
        told = list(state.queue.line(self.now(), state.leases))
        self.checked += len(told)
        if shown == told:
            return None
        place = next((number for number, pair in enumerate(zip(shown, told, strict=False), 1) if pair[0] != pair[1]), 0)
        return f"of {len(told)} places, {len(shown)} are shown, and they differ from place {place} on"
