"""What a function reads once and keeps for a while."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


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
