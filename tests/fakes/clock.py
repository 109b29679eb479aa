"""Simulated time, and what is to happen in it."""

import heapq
import itertools
from collections.abc import Callable

Action = Callable[[], object]


class Clock:
    """Nothing happens between two actions, so time jumps from one to the next. Ties go by order of entry."""

    def __init__(self, now: float) -> None:
        self.now = now
        self._agenda: list[tuple[float, int, Action]] = []
        self._numbers = itertools.count()

    def at(self, when: float, action: Action) -> None:
        heapq.heappush(self._agenda, (max(when, self.now), next(self._numbers), action))

    def after(self, seconds: float, action: Action) -> None:
        self.at(self.now + seconds, action)

    @property
    def next_at(self) -> float | None:
        return self._agenda[0][0] if self._agenda else None

    def step(self) -> None:
        """Let the next action happen."""
        when, _, action = heapq.heappop(self._agenda)
        self.now = max(self.now, when)
        action()

    def run(self, until: float) -> None:
        """Let everything happen that is to happen by then."""
        while self.next_at is not None and self.next_at <= until:
            self.step()
        self.now = max(self.now, until)
