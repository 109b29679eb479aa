"""Two deliveries at once, one step at a time: whoever holds the baton runs to its next I/O call.

Of the interleavings that differ only in the order of calls that do not touch the same thing, one is run: sleep
sets (P. Godefroid, Partial-Order Methods for the Verification of Concurrent Systems, 1996, chapter 5). Where
that leaves too many, preemptions are bounded instead (M. Musuvathi and S. Qadeer, Iterative Context Bounding
for Systematic Testing of Multithreaded Programs, 2007); both at once could leave an outcome out.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from greenlet import getcurrent, greenlet

from tests.fakes.wire import Boundary, Fault
from tests.harness.faults.commuting import commute
from tests.harness.faults.functions import invocation
from tests.harness.faults.table import OF_NO_JOB

R = TypeVar("R")


class Repeated(Exception):  # noqa: N818 - no error
    """What comes after these steps was seen in another order of calls that do not touch the same thing."""


class _Abandoned(BaseException):
    """A runner need not go on. No `except Exception` sees it."""


class Call(NamedTuple):
    """One call of a runner. is_first: whether it is the first call of its invocation."""

    name: str
    is_first: bool


class _Runner(greenlet):
    """`switch` runs it to its next call, or its end. pending: that call's name; None before its first.

    A greenlet: with a thread that is woken for each call a run takes twice as long.
    """

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self.act = act
        self.caller = getcurrent()
        self.calls: list[Call] = []
        self.invocation: int | None = None
        self.pending: str | None = None
        self.is_over = False
        self.is_abandoned = False
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            if not self.is_abandoned:
                self.act()
        except BaseException as error:  # noqa: BLE001 - told to whoever holds the baton
            self.failure = None if self.is_abandoned else error
        self.is_over = True

    def pause(self, name: str) -> None:
        is_first = not self.calls or invocation.get() != self.invocation
        self.calls.append(Call(name, is_first=is_first))
        self.invocation = invocation.get()
        self.pending = name
        if not self.is_abandoned:
            self.caller.switch()
        if self.is_abandoned:
            raise _Abandoned


class Step(NamedTuple):
    """Who ran, and who else could have with another outcome."""

    choice: int
    others: list[int]


@dataclass
class Schedule:
    """Who runs at each step. choices: the first ones; after them the first runner that can.

    fault: at which call of which runner what goes wrong. tried: whose turns were run before, of those steps.
    preemptions: how often a runner that could go on may have to wait for another; None is without a bound.
    """

    choices: Sequence[int] = ()
    fault: tuple[int, int, Fault] | None = None
    tried: Sequence[frozenset[int]] = ()
    preemptions: int | None = None
    steps: list[Step] = field(default_factory=list)
    _runners: list[_Runner] = field(default_factory=list)
    _preempted: int = 0

    def run(self, acts: Sequence[Callable[[], object]]) -> None:
        """Run all of them to their ends. Raises what one of them raised, and Repeated."""
        self._runners = [_Runner(act) for act in acts]
        asleep: frozenset[int] = frozenset()
        while waiting := [number for number, runner in enumerate(self._runners) if not runner.is_over]:
            place = len(self.steps)
            asleep |= self.tried[place] if place < len(self.tried) else frozenset()
            ready = self._ready(waiting)
            choice = self._choose(place, ready, asleep)
            if choice is None:
                self._abandon(waiting)
                raise Repeated
            others = [number for number in ready if number not in asleep and number != choice]
            self._preempted += self._last in waiting and self._last != choice
            self.steps.append(Step(choice, others))
            asleep = self._still_asleep(asleep, choice)
            self._runners[choice].switch()
        for runner in self._runners:
            if runner.failure is not None:
                raise runner.failure

    def _ready(self, waiting: list[int]) -> list[int]:
        """Who may run next: whoever ran last before the other, and alone once no preemption is left."""
        last = self._last
        if self.preemptions is None or last is None or last not in waiting:
            return waiting
        is_free = self._preempted < self.preemptions
        return [last, *(number for number in waiting if is_free and number != last)]

    def commute(self, one: str | None, other: str | None) -> bool:
        """Whether the order of two calls makes no difference."""
        return commute(one, other)

    @property
    def _last(self) -> int | None:
        return self.steps[-1].choice if self.steps else None

    def _still_asleep(self, asleep: frozenset[int], choice: int) -> frozenset[int]:
        if self.preemptions is not None:
            return frozenset()
        call = self._runners[choice].pending
        return frozenset(each for each in asleep - {choice} if self.commute(self._runners[each].pending, call))

    def _choose(self, place: int, waiting: list[int], asleep: frozenset[int]) -> int | None:
        if place < len(self.choices) and self.choices[place] in waiting:
            return self.choices[place]
        return next((number for number in waiting if number not in asleep), None)

    def _abandon(self, waiting: list[int]) -> None:
        for number in waiting:
            self._runners[number].is_abandoned = True
            self._runners[number].switch()

    def pause(self, boundary: Boundary) -> None:
        """For Wire.pause. Calls of nobody's turn go on."""
        runner = getcurrent()
        if isinstance(runner, _Runner) and not boundary.name.endswith(OF_NO_JOB):
            runner.pause(boundary.name)

    def decide(self, boundary: Boundary) -> Fault | None:  # noqa: ARG002
        """For Wire.decide."""
        runner = getcurrent()
        if self.fault is None or not isinstance(runner, _Runner):
            return None
        which, call, fault = self.fault
        return fault if self._runners[which] is runner and len(runner.calls) == call + 1 else None

    @property
    def calls(self) -> list[list[Call]]:
        """The calls that each runner made."""
        return [runner.calls for runner in self._runners]

    def __str__(self) -> str:
        fault = "" if self.fault is None else "@{}.{}={}".format(*self.fault)
        return "".join(str(step.choice) for step in self.steps) + fault

    @classmethod
    def of(cls, text: str) -> "Schedule":
        choices, _, fault = text.partition("@")
        if not fault:
            return cls([int(choice) for choice in choices])
        place, _, kind = fault.partition("=")
        which, call = place.split(".")
        return cls([int(choice) for choice in choices], (int(which), int(call), Fault(kind)))


def every(
    run: Callable[[Schedule], R], fault: tuple[int, int, Fault] | None, preemptions: int | None = None
) -> Iterator[tuple[R, Schedule]]:
    """Every interleaving under one fault, or none, by depth first; or those of so few preemptions."""
    choices: list[int] = []
    tried: list[frozenset[int]] = []
    while True:
        schedule = Schedule(choices, fault, tried, preemptions)
        with contextlib.suppress(Repeated):
            yield run(schedule), schedule
        steps = schedule.steps
        tried += [frozenset[int]()] * (len(steps) - len(tried))
        while steps and not steps[-1].others:
            steps.pop()
        if not steps:
            return
        *before, last = steps
        choices = [*(step.choice for step in before), last.others[0]]
        tried = [*tried[: len(before)], tried[len(before)] | {last.choice}]
