"""What the parts know of time and chance, and values that are read again after some time."""

import random
import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


def jitter(most: float) -> float:
    """A random number between 0 and `most`."""
    return random.uniform(0, most)


class Clock(NamedTuple):
    """now: epoch seconds. sleep: waits for so many seconds. jitter: a random number from 0 to its argument."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float], float] = jitter


SYSTEM_CLOCK = Clock()


class Fresh(Generic[T]):
    """Gives what `read` gave in this period of so many seconds. What `read` raises is raised, and not kept."""

    def __init__(self, read: Callable[[], T], *, seconds: int, now: Callable[[], float]) -> None:
        self._read = read
        self._seconds = seconds
        self._now = now
        self._kept: dict[int, T] = {}

    def __call__(self) -> T:
        period = int(self._now() // self._seconds)
        if period not in self._kept:
            self._kept = {period: self._read()}
        return self._kept[period]

    def forget(self) -> None:
        """Read again at the next call."""
        self._kept = {}
