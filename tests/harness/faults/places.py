"""The calls of an interleaving at which a fault can change the outcome."""

from collections.abc import Iterator, Sequence

from tests.fakes.wire import Fault
from tests.harness.faults.baton import Call
from tests.harness.faults.commuting import is_read

Place = tuple[int, int, Fault]
"""The index of the runner, the index of its call, and the fault that is injected there."""


def places_of(calls: Sequence[Sequence[Call]], faults: Sequence[Fault]) -> Iterator[Place]:
    """Where to inject these faults into a run. calls: those that the run made, by runner.

    Losing an answer is injected at every call. Crashes between two writes are equivalent, because reads have no
    effect: a crash is injected before the first call of an invocation and after each write.
    """
    for which, made in enumerate(calls):
        for number, call in enumerate(made):
            yield from ((which, number, fault) for fault in faults if _differs(fault, call))


def _differs(fault: Fault, call: Call) -> bool:
    match fault:
        case Fault.CRASH_BEFORE:
            return call.is_first
        case Fault.CRASH_AFTER:
            return not is_read(call.name)
        case _:
            return True
