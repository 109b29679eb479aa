"""A short form of `python -m tests.harness.faults`: a part of each part."""

from collections.abc import Iterable, Iterator
from itertools import islice

import pytest

from jobchute.job import Api
from tests.harness.faults import boundaries, interleavings, parts, seeds, special
from tests.harness.faults.functions import borrowed
from tests.harness.faults.result import Plan, Result, tally_of

pytestmark = pytest.mark.sampled

STRIDE = 11
STORIES = [(api, story) for story in boundaries.STORIES for api in boundaries.apis_of(story)]
MIN_BOUNDARIES = 12
LONG = 913
"""A world that comes to rest after 45 days: no event arrives, and a job's attempts wait or run for weeks."""


@pytest.fixture(autouse=True)
def functions() -> Iterator[None]:
    with borrowed():
        yield


def check(results: Iterable[Result], *, at_least: int) -> None:
    tally = tally_of(results)
    assert tally.failures == []
    assert tally.runs >= at_least


@pytest.mark.parametrize("name", sorted(special.CASES.keys() - special.LONG))
def test_a_special_case(name: str) -> None:
    check([special.run(name)], at_least=1)


@pytest.mark.parametrize(("api", "story"), STORIES)
def test_a_fault_at_one_call(api: Api, story: str) -> None:
    check(boundaries.singles(api, story, stride=STRIDE), at_least=10)


@pytest.mark.parametrize("api", list(Api))
def test_there_are_as_many_boundaries_as_promised(api: Api) -> None:
    assert len({*boundaries.run(api, "uploaded", Plan()).calls}) >= MIN_BOUNDARIES


@pytest.mark.parametrize(("api", "story"), STORIES)
def test_faults_at_two_calls(api: Api, story: str) -> None:
    check(boundaries.some_pairs(api, story, 6), at_least=4)


@pytest.mark.parametrize(("place", "name"), list(enumerate(interleavings.MEETINGS)))
def test_two_at_once(place: int, name: str) -> None:
    api = list(Api)[place % len(Api)]
    check(islice(interleavings.all_of(api, name), 60), at_least=40)


@pytest.mark.parametrize("seed", [*range(6), LONG])
def test_a_world_of_chance(seed: int) -> None:
    check([seeds.run(seed)], at_least=1)


@pytest.mark.parametrize(
    "name",
    [
        "seed:3",
        "special:clock_skew",
        "calls:FIREWORKS_JOB:uploaded:3=crash-after,17=answer-lost",
        "two:BRAKET_JOB:cancel_and_observe:010101@1.1=crash-after",
    ],
)
def test_a_name_replays_its_run(name: str) -> None:
    first, second = parts.replay(name), parts.replay(name)
    assert first == second
    assert first.hit
