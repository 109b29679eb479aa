"""Whether a create that is right in itself may go on now: rates, quotas and the refusals that scenarios ask
for.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from jobchute.job import Api

from .clock import Clock
from .jobs import Kind
from .scenarios import Refusal, Scenario
from .settings import Settings


@dataclass(slots=True)
class Bucket:
    """A token bucket; `level` is None until it is first used, and then full."""

    level: float | None = None
    filled: float = 0.0

    def take(self, *, rate: float, now: float) -> bool:
        """Take one token, of `rate` that flow in a second and at most `max(1, rate)` that it holds."""
        size = max(1.0, rate)
        level = size if self.level is None else min(size, self.level + (now - self.filled) * rate)
        self.filled = now
        self.level = level - 1 if level >= 1 else level
        return level >= 1


class Admission:
    """Raises the provider's own error for what may not go on. Called under the lock of the jobs."""

    def __init__(self, clock: Clock, settings: Callable[[], Settings]) -> None:
        self._clock = clock
        self._settings = settings
        self._buckets: defaultdict[Api, Bucket] = defaultdict(Bucket)
        self._refused: Counter[tuple[Api, str]] = Counter()

    def check_rate(self, kind: Kind) -> None:
        """Throttle a create that is faster than `create_rate`."""
        rate = self._settings().create_rate.get(kind.api)
        if rate is not None and not self._buckets[kind.api].take(rate=rate, now=self._clock.now()):
            raise kind.refusals[Refusal.THROTTLE]()

    def check_turn(self, kind: Kind, *, name: str, scenario: Scenario) -> int:
        """Refuse the first creates under `name`, or all of them, where the scenario says so; returns how many
        were refused before.
        """
        refused = self._refused[kind.api, name]
        is_refused = scenario.refusal_lasts or refused < self._settings().refusals
        if scenario.refusal is not None and is_refused:
            self._refused[kind.api, name] += 1
            # A refusal that an API does not have is its full quota.
            raise kind.refusals.get(scenario.refusal, kind.refusals[Refusal.QUOTA])()
        return self._refused.pop((kind.api, name), 0)

    def check_quota(self, kind: Kind, in_flight: int) -> None:
        """Refuse a create while `max_in_flight` jobs of its API are unfinished."""
        limit = self._settings().max_in_flight.get(kind.api)
        if limit is not None and in_flight >= limit:
            raise kind.refusals[Refusal.QUOTA]()

    def clear(self) -> None:
        self._buckets.clear()
        self._refused.clear()
