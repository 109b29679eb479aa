"""Admission and the upkeep of pools over a DynamoDB client of the test's own."""

from collections.abc import Callable
from typing import Any

from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pools import PoolRows
from jobchute.ledger.queues import QueueRows
from jobchute.lifecycle.admit import Admission
from jobchute.lifecycle.pool_capacity import PoolCapacity
from jobchute.lifecycle.pool_upkeep import PoolUpkeep
from jobchute.pools.limits import PoolRules


def admission_over(
    ledger: Ledger, executions: Any, *, rules: Callable[[], PoolRules], now: Callable[[], float]
) -> Admission:
    rows = PoolRows(ledger.client, ledger.table)
    return Admission(
        ledger=ledger,
        queues=QueueRows(ledger.client, ledger.table),
        rows=rows,
        capacity=PoolCapacity(rows=rows, rules=rules, now=now),
        executions=executions,
    )


def upkeep_of(admission: Admission) -> PoolUpkeep:
    return PoolUpkeep(
        ledger=admission.ledger,
        queues=admission.queues,
        rows=admission.rows,
        capacity=admission.capacity,
        admission=admission,
    )
