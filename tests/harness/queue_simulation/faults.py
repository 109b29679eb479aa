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
STARTING = frozenset({"dynamodb:update_item", "dynamodb:get_item", f"dynamodb:{LANES_READ}"})
"""Calls that admit one job; if one of them fails, the next in the queue is admitted."""


def name_of(operation: str, request: Mapping[str, Any]) -> str:
    """The name of a call of the table."""
    partition = request.get("ExpressionAttributeValues", {}).get(":pk", {}).get("S", "")
    return LANES_READ if operation == "query" and partition.startswith(LANES) else operation


class Faults:
    """failing: the share of calls that meet a fault. excuses: of the calls that admit jobs, those that met one
    since the queue was read last.
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
        if fault in CRASHES and self.is_sweeping and self.chance.random() >= LONG_RUN_CRASHES:
            return None
        self.count += 1
        self.excuses += boundary.name in STARTING and fault is not Fault.REPEATED
        return fault
