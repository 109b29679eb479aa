"""The parts of the whole: what belongs to each, cut into tasks that run side by side."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from jobchute.job import Api
from tests.harness.faults import attacks, boundaries, interleavings, seeds, special
from tests.harness.faults.functions import borrowed
from tests.harness.faults.result import Result, Tally, tally_of

SEEDS_AT_ONCE = 10


class Task(NamedTuple):
    """A piece of a part: its name and what it is of."""

    part: str
    of: tuple[str | int, ...]


class Part(NamedTuple):
    """title: for the table. tasks: from the first seed and the number of seeds."""

    title: str
    tasks: Callable[[int, int], Iterator[Task]]
    run: Callable[..., Iterator[Result]]


def _stories(part: str) -> Callable[[int, int], Iterator[Task]]:
    return lambda first, count: (  # noqa: ARG005 - only seeds have any
        Task(part, (api.name, story)) for story in boundaries.STORIES for api in boundaries.apis_of(story)
    )


def _meetings(first: int, count: int) -> Iterator[Task]:
    for meeting in interleavings.MEETINGS:
        yield from (Task("two", (api.name, meeting)) for api in interleavings.apis_of(meeting))


def _cases(first: int, count: int) -> Iterator[Task]:
    return (Task("special", (name,)) for name in special.CASES)


def _attacks(first: int, count: int) -> Iterator[Task]:
    return (Task("attacks", (name,)) for name in attacks.ATTACKS)


def _seeds(first: int, count: int) -> Iterator[Task]:
    for begin in range(first, first + count, SEEDS_AT_ONCE):
        yield Task("seeds", (begin, min(begin + SEEDS_AT_ONCE, first + count)))


PARTS: Mapping[str, Part] = {
    "special": Part("special cases", _cases, lambda name: iter([special.run(name)])),
    "attacks": Part("attacks on others", _attacks, lambda name: iter([attacks.run(name)])),
    "one": Part(
        "a fault at every call", _stories("one"), lambda api, story: boundaries.singles(Api[api], story)
    ),
    "pairs": Part(
        "at every pair of boundaries", _stories("pairs"), lambda api, story: boundaries.pairs(Api[api], story)
    ),
    "two": Part(
        "two at once, one fault", _meetings, lambda api, meeting: interleavings.all_of(Api[api], meeting)
    ),
    "seeds": Part("chance, one call in ten", _seeds, lambda begin, end: map(seeds.run, range(begin, end))),
}
REPLAYS: Mapping[str, Callable[[str], Result]] = {
    "special": special.replay,
    "attack": attacks.replay,
    "calls": boundaries.replay,
    "two": interleavings.replay,
    "seed": seeds.replay,
}


def tally(task: Task) -> tuple[Task, Tally]:
    with borrowed():
        return task, tally_of(PARTS[task.part].run(*task.of))


def replay(name: str) -> Result:
    """A run by the name that it was told under. Raises KeyError for a name that no run has."""
    with borrowed():
        return REPLAYS[name.partition(":")[0]](name)
