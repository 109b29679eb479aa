"""What the special cases look at besides the invariants."""

from collections.abc import Iterator

from jobchute.job import State
from tests.faults.invariants import Violation
from tests.faults.world import World


def settled(world: World) -> Iterator[Violation]:
    if not world.settle():
        yield Violation("stuck", "world", "it did not come to rest")


def wrong(is_so: bool, what: str) -> Iterator[Violation]:
    if not is_so:
        yield Violation("wrong", "case", what)


def ended(world: World, state: State = State.SUCCEEDED) -> Iterator[Violation]:
    states = {job.state for job in world.rows.jobs().values()}
    yield from wrong(states == {state}, f"jobs are {states}")
