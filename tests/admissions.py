"""Admission and the upkeep of pools over a DynamoDB client of the test's own."""

from collections.abc import Callable
from typing import Any

from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pool_leases import Pace, Wish
from jobchute.ledger.pools import PoolRow, PoolRows
from jobchute.ledger.queues import QueueRows
from jobchute.lifecycle.admit import Admission
from jobchute.lifecycle.pool_capacity import PoolCapacity
from jobchute.lifecycle.pool_upkeep import PoolUpkeep
from jobchute.pools.limits import PoolRules


def admission_over(
    ledger: Ledger,
    executions: Any,
    *,
    rules: Callable[[], PoolRules],
    now: Callable[[], float],
    rows: PoolRows | None = None,
) -> Admission:
    rows = rows or PoolRows(ledger.client, ledger.table)
    return Admission(
        ledger=ledger,
        queues=QueueRows(ledger.client, ledger.table),
        rows=rows,
        capacity=PoolCapacity(rows=rows, rules=rules, now=now),
        executions=executions,
    )


def took(rows: PoolRows, pool: str, job_id: str, *, limit: int, now: int, share: str = "") -> bool:
    """Whether a job got a lease. now: epoch milliseconds."""
    wish = Wish(job_id, share, now)
    return rows.leases.take(PoolRow(pool), wish, limit_of=lambda _: limit).at is not None


def slot_of(rows: PoolRows, pool: str, *, step: int, now: int, horizon: int) -> int | None:
    """The next create slot. In milliseconds."""
    return rows.leases.reserve(pool, Pace(step, horizon), now=now)


def upkeep_of(admission: Admission, *, repair_interval: int = 300) -> PoolUpkeep:
    return PoolUpkeep(
        ledger=admission.ledger,
        rows=admission.rows,
        capacity=admission.capacity,
        admission=admission,
        repair_interval=repair_interval,
    )
