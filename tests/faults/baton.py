"""Two deliveries at once, one step at a time: whoever holds the baton runs to its next I/O call."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tests.fakes.wire import Boundary, Fault

R = TypeVar("R")


class _Runner(threading.Thread):
    def __init__(self, act: Callable[[], object], done: threading.Semaphore) -> None:
        super().__init__(daemon=True)
        self.act = act
        self.done = done
        self.go = threading.Semaphore(0)
        self.calls = 0
        self.is_over = False
        self.error: BaseException | None = None

    def run(self) -> None:
        self.go.acquire()
        try:
            self.act()
        except BaseException as error:  # noqa: BLE001 - told to whoever holds the baton
            self.error = error
        self.is_over = True
        self.done.release()

    def pause(self) -> None:
        self.calls += 1
        self.done.release()
        self.go.acquire()


@dataclass
class Schedule:
    """Who runs at each step. choices: the first ones; after them the first runner that can.

    fault: at which call of which runner what goes wrong. taken: the choices made, options: out of how many.
    """

    choices: Sequence[int] = ()
    fault: tuple[int, int, Fault] | None = None
    taken: list[int] = field(default_factory=list)
    options: list[int] = field(default_factory=list)
    _runners: list[_Runner] = field(default_factory=list)

    def run(self, acts: Sequence[Callable[[], object]]) -> None:
        """Run all of them to their ends. Raises what one of them raised."""
        done = threading.Semaphore(0)
        self._runners = [_Runner(act, done) for act in acts]
        for runner in self._runners:
            runner.start()
        while waiting := [runner for runner in self._runners if not runner.is_over]:
            step = len(self.taken)
            choice = self.choices[step] if step < len(self.choices) else 0
            self.taken.append(choice)
            self.options.append(len(waiting))
            waiting[choice].go.release()
            done.acquire()
        for runner in self._runners:
            runner.join()
            if runner.error is not None:
                raise runner.error

    def pause(self, boundary: Boundary) -> None:  # noqa: ARG002
        """For Wire.pause. Calls of other threads go on."""
        runner = threading.current_thread()
        if isinstance(runner, _Runner):
            runner.pause()

    def decide(self, boundary: Boundary) -> Fault | None:  # noqa: ARG002
        """For Wire.decide."""
        runner = threading.current_thread()
        if self.fault is None or not isinstance(runner, _Runner):
            return None
        which, call, fault = self.fault
        return fault if self._runners[which] is runner and runner.calls == call + 1 else None

    @property
    def calls(self) -> list[int]:
        """How many calls each runner made."""
        return [runner.calls for runner in self._runners]

    def __str__(self) -> str:
        fault = "" if self.fault is None else "@{}.{}={}".format(*self.fault)
        return "".join(map(str, self.taken)) + fault

    @classmethod
    def of(cls, text: str) -> "Schedule":
        choices, _, fault = text.partition("@")
        if not fault:
            return cls([int(choice) for choice in choices])
        place, _, kind = fault.partition("=")
        which, call = place.split(".")
        return cls([int(choice) for choice in choices], (int(which), int(call), Fault(kind)))


def every(run: Callable[[Schedule], R], fault: tuple[int, int, Fault] | None) -> Iterator[tuple[R, Schedule]]:
    """Every interleaving under one fault, or none, by depth first."""
    choices: list[int] = []
    while True:
        schedule = Schedule(choices, fault)
        yield run(schedule), schedule
        taken, options = schedule.taken, schedule.options
        while taken and taken[-1] + 1 >= options[-1]:
            taken.pop()
            options.pop()
        if not taken:
            return
        choices = [*taken[:-1], taken[-1] + 1]
