"""Whether the tool's place of each waiting job is the one that the documented order gives it."""

from collections.abc import Callable
from dataclasses import dataclass

from jobchute.cli.facts.lines import MAX_LINE, in_turn
from jobchute.cli.pool_rules import DeployedPools
from tests.harness.queue_simulation.observed import PoolState


@dataclass
class Places:
    """every: of so many admissions of a pool one is checked. compared: places, at all of them."""

    pools: DeployedPools
    now: Callable[[], float]
    every: int = 1
    compared: int = 0

    def check(self, state: PoolState) -> str | None:
        """What differs after an admission; None if nothing does."""
        if state.admissions % self.every:
            return None
        row = self.pools.rows.find(state.plan.name)
        read = self.pools.queues.line(row.pool, limit=MAX_LINE)
        shown = [place.job_id for place in in_turn(read, row, self.now())]
        expected = list(state.queue.line(self.now(), state.leases))
        self.compared += len(expected)
        if shown == expected:
            return None
        pairs = enumerate(zip(shown, expected, strict=False), 1)
        place = next((number for number, (ours, model) in pairs if ours != model), "the last")
        return f"{len(shown)} jobs are shown to wait, {len(expected)} do; they differ from place {place} on"
