"""What the parts know of time and chance."""

import random
import time
from collections.abc import Callable
from typing import NamedTuple


def jitter(most: float) -> float:
    """A random number between 0 and `most`."""
    return random.uniform(0, most)


class Clock(NamedTuple):
    """now: epoch seconds. sleep: waits for so many seconds. jitter: a random number from 0 to its argument."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float], float] = jitter


SYSTEM_CLOCK = Clock()
