"""The time that an invocation takes, where a case depends on it: each call costs some, and Lambda ends it."""

from collections.abc import Mapping

from tests.fakes.wire import Boundary, Crash
from tests.harness.faults.world import World

TIMEOUT = 90.0
"""Seconds; infra/stack.py."""
USUAL: Mapping[str, float] = {"dynamodb": 0.01, "s3": 0.03, "sqs": 0.02, "states": 0.03, "events": 0.02}
"""Seconds a call, by the beginning of its name; the longest that matches counts."""


class Meter:
    """From now on the functions of a world have TIMEOUT seconds each, and calls take so much of them.

    Simulated time stands still within an invocation: what its end delays is what comes back after it was ended.
    """

    def __init__(self, world: World, costs: Mapping[str, float] = USUAL) -> None:
        self.ended = 0
        self._costs = sorted(costs.items(), key=lambda pair: -len(pair[0]))
        self._functions = world.functions
        self._invocation = 0
        self._spent = 0.0
        world.wire.pause = self._charge
        world.functions.time_left = self._time_left

    def lift(self) -> None:
        """From now on calls take no time."""
        self._costs = []

    def _time_left(self) -> float:
        self._follow()
        return TIMEOUT - self._spent

    def _charge(self, boundary: Boundary) -> None:
        self._follow()
        self._spent += next((cost for name, cost in self._costs if boundary.name.startswith(name)), 0.0)
        if self._spent > TIMEOUT:
            self.ended += 1
            raise Crash(f"{boundary.name}: the function's time is over")

    def _follow(self) -> None:
        """An invocation begins with all of its time."""
        if self._invocation != self._functions.invocations:
            self._invocation, self._spent = self._functions.invocations, 0.0
