"""What must hold of jobs that wait for their turn."""

import itertools
from collections import defaultdict
from collections.abc import Iterator

from jobchute.providers.capacity import capacity_of
from tests.harness.faults.violation import Rows, Violation, short
from tests.harness.faults.world import World


def leases(world: World) -> Iterator[Violation]:
    for pool, held in world.rows.leases().items():
        yield Violation("stuck", pool, f"{len(held)} leases are still held: {sorted(map(short, held))[:3]}")


def crowds(world: World, rows: Rows) -> Iterator[Violation]:
    """No pool ever has more jobs at its provider than its limit."""
    changes: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for made in world.provider.jobs:
        row = rows.get(made.owner or "")
        if row is not None and row.pool is not None:
            ended_at = float("inf") if made.ended_at is None else made.ended_at
            of_attempt = world.rules.pool_of(made.api, capacity_of(made.api, made.call), row.labels)
            pool = row.pool if row.retry is None else of_attempt
            changes[pool] += [(made.created_at, 1), (ended_at, -1)]
    for pool, of_pool in changes.items():
        most = max(itertools.accumulate(change for _, change in sorted(of_pool)))
        if most > (limit := world.rules.limit_of(pool)):
            yield Violation("wrong", pool, f"{most} jobs at its provider, {limit} allowed")
