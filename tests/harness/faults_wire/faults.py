"""What can become of a call on the wire: by a seed, the n-th call of an operation always meets the same."""

import random
import threading
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Before: the call has no effect. After: it has, and the caller does not learn of it."""

    THROTTLED = "typed throttle"
    UNAVAILABLE = "typed 5xx, before"
    RESET = "reset, before"
    LOST = "reset, after"
    LOST_5XX = "typed 5xx, after"
    LATE = "late commit"
    CUT = "answer cut short"
    SLOW = "delay"
    KILL_BEFORE = "process killed, before"
    KILL_AFTER = "process killed, after"


WEIGHTS = {
    Fault.THROTTLED: 14,
    Fault.UNAVAILABLE: 14,
    Fault.RESET: 14,
    Fault.LOST: 14,
    Fault.LOST_5XX: 10,
    Fault.LATE: 10,
    Fault.CUT: 8,
    Fault.SLOW: 8,
    Fault.KILL_BEFORE: 3,
    Fault.KILL_AFTER: 4,
}
# Jobchute lets a call that was sent in time land for so long after its function's end (pace.settle).
LATEST_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Fate:
    """delay: of LATE and SLOW, in seconds."""

    fault: Fault
    delay: float


class Plan:
    """rate: the part of the calls that break. `stop` ends it: from then on every call goes through."""

    def __init__(self, seed: int, rate: float) -> None:
        self._seed = seed
        self._rate = rate
        self._lock = threading.Lock()
        self.calls: Counter[str] = Counter()
        self.exposed = 0
        self.injected: Counter[tuple[str, Fault]] = Counter()
        self._is_over = False

    def fate(self, service: str, operation: str) -> Fate | None:
        name = f"{service}.{operation}"
        with self._lock:
            self.calls[name] += 1
            number = self.calls[name]
            if self._is_over:
                return None
            self.exposed += 1
        drawn = random.Random(f"{self._seed}:{name}:{number}")
        if drawn.random() >= self._rate:
            return None
        fault = drawn.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
        if fault is Fault.LATE and name == "s3.PUT":
            # S3 keeps the last writer's object by the time at which it came in; it knows no order of callers.
            fault = Fault.LOST
        longest = LATEST_SECONDS if fault is Fault.LATE else 1.0
        return Fate(fault, drawn.uniform(0.2, longest))

    def count(self, service: str, fault: Fault) -> None:
        with self._lock:
            self.injected[service, fault] += 1

    def stop(self) -> None:
        self._is_over = True
