"""Where in an interleaving a fault makes a difference."""

from collections.abc import Iterator, Sequence

from tests.fakes.wire import Fault
from tests.harness.faults.baton import Call
from tests.harness.faults.commuting import is_read

Place = tuple[int, int, Fault]
"""At which call of which runner what goes wrong."""


def places_of(calls: Sequence[Sequence[Call]], faults: Sequence[Fault]) -> Iterator[Place]:
    """The places of these faults in a run that made these calls. calls: of each runner.

    An answer can be lost at each call. But a process that dies has done the same whether it dies after a call,
    before the next one, or at a read in between: a death is run before the first call of an invocation, and
    after each call that is no read.
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
