"""What a guard of the product is, and the runs that show what it is there for."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from jobchute.job import Api
from tests.fakes.provider import UNKNOWN, Course
from tests.fakes.wire import Boundary, Fault
from tests.harness.faults import boundaries, interleavings, special, world
from tests.harness.faults.removal import Removal
from tests.harness.faults.result import Plan, Result, result_of

CRASHES = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.LOST)
Runs = Callable[[], Iterable[Result]]


class Guard(NamedTuple):
    """kind: of what the runs report once it is gone. patience: days until what is stuck then is called so."""

    name: str
    remove: Removal
    runs: Runs
    kind: str
    patience: float = 40.0


@dataclass(frozen=True)
class SpecialCase:
    name: str

    def __call__(self) -> Iterable[Result]:
        return [special.run(self.name)]


def case(name: str) -> Runs:
    return SpecialCase(name)


def meeting(name: str, api: Api, *, most: int | None = None) -> Runs:
    """Every interleaving, or the first ones."""
    return lambda: islice(interleavings.all_of(api, name, faults=()), most)


def replayed(name: str) -> Runs:
    """One interleaving, where the first one that shows it comes after hundreds of others."""
    return lambda: [interleavings.replay(name)]


def undisturbed(story: str, api: Api) -> Runs:
    return lambda: [boundaries.run(api, story, Plan())]


def on_call(story: str, api: Api, faults: Iterable[Fault], name: str, **changes: Any) -> Runs:
    """A fault at the first call of a name. changes: attributes of the provider, the schedule or the world."""

    def runs() -> Iterator[Result]:
        for fault in faults:
            made = boundaries.WORLDS.get(story, world.World)()
            for attribute, value in changes.items():
                changed = (each for each in (made.provider, made.schedule) if hasattr(each, attribute))
                setattr(next(changed, made), attribute, value)
            made.wire.decide = _first(name, fault)
            boundaries.STORIES[story](made, api)
            yield result_of(f"{name}={fault}", made)

    return runs


def on_last_call(story: str, api: Api, fault: Fault, name: str) -> Runs:
    """A fault at the last call of a name, in a story whose jobs must all have succeeded."""

    def runs() -> Iterator[Result]:
        calls = boundaries.run(api, story, Plan()).calls
        place = len(calls) - 1 - calls[::-1].index(name)
        yield boundaries.run(api, story, Plan({place: fault}))

    return runs


def endless(api: Api) -> Runs:
    """The provider's job runs for months; its own time limit is hours."""

    def runs() -> Iterator[Result]:
        made = world.World()
        made.provider.course = lambda job: Course(seconds=90 * 24 * 3600.0)  # noqa: ARG005
        boundaries.STORIES["once"](made, api)
        yield result_of("endless", made)

    return runs


def unknown_end(api: Api) -> Runs:
    """The provider's job ends in a state that no table knows, an hour before it is given up."""

    def runs() -> Iterator[Result]:
        made = world.World(allowance=3600)
        made.provider.course = lambda job: Course(end=UNKNOWN)  # noqa: ARG005
        boundaries.STORIES["once"](made, api)
        yield result_of("unknown end", made)

    return runs


def idle_chain(most: int) -> Runs:
    """A file whose readers never have time for one document; after so many messages, SQS takes no more."""

    def runs() -> Iterator[Result]:
        made = world.World()
        left = iter(range(most))

        def decide(boundary: Boundary) -> Fault | None:
            is_message = boundary.name == "sqs:send_message"
            return Fault.REFUSED if is_message and next(left, None) is None else None

        made.wire.decide = decide
        found = list(special.CASES["no_time_to_advance"](made))
        result = result_of("idle chain", made)
        yield result._replace(violations=found + result.violations)

    return runs


def lost_then_refused(api: Api) -> Runs:
    """The answer of the first create call is lost, and everything after it is refused for a while."""

    def runs() -> Iterator[Result]:
        made = world.World()
        left = [Fault.LOST]

        def allow() -> None:
            made.secret_is_there = True

        def decide(boundary: Boundary) -> Fault | None:
            if not (boundary.creates and left):
                return None
            made.secret_is_there = False
            made.clock.after(1800, allow)
            return left.pop()

        made.wire.decide = decide
        boundaries.STORIES["once"](made, api)
        yield result_of("lost, then refused", made)

    return runs


def _first(name: str, fault: Fault) -> Callable[[Boundary], Fault | None]:
    left = [fault]
    return lambda boundary: left.pop() if left and boundary.name == name else None


FIREWORKS = Api.FIREWORKS_JOB
