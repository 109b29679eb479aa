"""Which calls of the simulation meet a fault."""

from collections.abc import Mapping
from random import Random
from typing import Any

from jobchute.ledger.pool_items import LANES
from tests.fakes.wire import Boundary, Fault

LONG_RUN_CRASHES = 1 / 20
"""The share of crashes that hit the sweep too: it makes hundreds of calls in one process, the others ten."""
FAULTS = tuple(Fault)
CRASHES = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER)
LANES_READ = "query of lanes"
READS = frozenset(f"dynamodb:{name}" for name in ("query", LANES_READ, "get_item", "batch_get_item"))
READ_AGAIN = 3
"""How often the functions' client repeats a read (`jobchute.runtime.clients.CONFIG`). A queue of many groups
takes hundreds of queries: hardly any would be read in whole if none of them were repeated.
"""
STARTING = frozenset({"dynamodb:update_item", "dynamodb:get_item", f"dynamodb:{LANES_READ}"})
"""Calls that admit one job; if one of them fails, the next in the queue is admitted."""


def name_of(operation: str, request: Mapping[str, Any]) -> str:
    """The name of a call of the table."""
    partition = request.get("ExpressionAttributeValues", {}).get(":pk", {}).get("S", "")
    return LANES_READ if operation == "query" and partition.startswith(LANES) else operation


class Faults:
    """failing: the share of attempts at a call that meet a fault. excuses: of the calls that admit jobs, those
    that met one since the queue was read last.
    """

    def __init__(self, chance: Random, failing: float) -> None:
        self.chance = chance
        self.failing = failing
        self.count = 0
        self.excuses = 0
        self.is_sweeping = False

    def decide(self, boundary: Boundary) -> Fault | None:
        if self.chance.random() >= self.failing:
            return None
        fault = self.chance.choice(FAULTS)
        is_read = boundary.name in READS
        if fault in CRASHES:
            if (self.is_sweeping or is_read) and self.chance.random() >= LONG_RUN_CRASHES:
                return None
        elif is_read and self.chance.random() >= self.failing**READ_AGAIN:
            return None
        self.count += 1
        self.excuses += boundary.name in STARTING and fault is not Fault.REPEATED
        return fault
