"""Time that a test can move, and the timeline on which jobs change state."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

Action = Callable[[], None]

log = logging.getLogger(__name__)


class Clock:
    """The time of day in epoch seconds, plus what it was moved ahead."""

    def __init__(self, time_of_day: Callable[[], float] = time.time) -> None:
        self._time_of_day = time_of_day
        self._ahead = 0.0

    def now(self) -> float:
        return self._time_of_day() + self._ahead

    def move(self, seconds: float) -> None:
        self._ahead += seconds


class Timeline:
    """Runs actions when they are due, in order of time, one at a time.

    A thread does it between `start` and `stop`; `run_due` does it in the caller's thread. An action may add
    actions.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: list[tuple[float, int, Action]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._running = threading.RLock()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def at(self, due: float, action: Action) -> None:
        """Have `action` run at the epoch second `due`, or at once where that is past."""
        with self._changed:
            heapq.heappush(self._due, (due, next(self._order), action))
            self._changed.notify()

    def run_due(self) -> None:
        """Run everything that is due; after return nothing due is left."""
        with self._running:
            while (action := self._next()) is not None:
                self._run(action)

    def start(self) -> None:
        self._stopped = False
        self._thread = threading.Thread(target=self._loop, name="simulator-timeline", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what is not yet due stays on the timeline."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _loop(self) -> None:
        while not self._stopped:
            self.run_due()
            with self._changed:
                if not self._stopped:
                    self._changed.wait(self._pause())

    def _pause(self) -> float | None:
        return max(0.0, self._due[0][0] - self._clock.now()) if self._due else None

    def _next(self) -> Action | None:
        with self._changed:
            if self._due and self._due[0][0] <= self._clock.now():
                return heapq.heappop(self._due)[2]
            return None

    def _run(self, action: Action) -> None:
        try:
            action()
        except Exception:
            log.exception("an action on the timeline failed; the timeline goes on")
