"""What the harness leaves out of all interleavings, it leaves out because it comes to the same."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import pytest

from jobchute.job import Api
from tests.fakes.wire import Boundary, Fault
from tests.harness.faults import interleavings
from tests.harness.faults.baton import Call, Schedule, every
from tests.harness.faults.commuting import commute, is_read
from tests.harness.faults.functions import borrowed
from tests.harness.faults.places import Place, places_of
from tests.harness.faults.result import Result
from tests.harness.faults.world import World


@pytest.fixture(autouse=True)
def functions() -> Iterator[None]:
    with borrowed():
        yield


def outcomes(api: Api, meeting: str) -> tuple[int, set[tuple[str, ...]]]:
    """How many interleavings were run, and what calls they came to."""
    results = list(interleavings.all_of(api, meeting, faults=()))
    return len(results), {(*sorted(result.calls), *map(str, result.violations)) for result in results}


@pytest.mark.parametrize("meeting", ["cancel_and_observe"])
def test_the_interleavings_left_out_come_to_the_same(meeting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fewer, of_fewer = outcomes(Api.BRAKET_JOB, meeting)
    monkeypatch.setattr(Schedule, "commute", lambda *_: False)
    more, of_more = outcomes(Api.BRAKET_JOB, meeting)
    assert fewer < more
    assert of_fewer == of_more


@pytest.mark.parametrize("meeting", ["cancel_and_dispatch", "dispatch_and_end"])
def test_the_deaths_left_out_come_to_the_same(meeting: str) -> None:
    """Two meetings of one function with another, and with two; each whole before the other, in either order."""
    run = partial(interleavings.run, Api.BRAKET_JOB, meeting)
    orders = [schedule.calls for _, schedule in every(run, None, 0)]
    fewer = {place for calls in orders for place in places_of(calls, interleavings.FAULTS)}
    all_places = {
        (which, number, fault)
        for calls in orders
        for which, made in enumerate(calls)
        for number, _ in enumerate(made)
        for fault in interleavings.FAULTS
    }
    assert len(fewer) < 0.8 * len(all_places)
    assert writes_under(run, fewer) == writes_under(run, all_places)


def writes_under(run: Callable[[Schedule], Result], places: Iterable[Place]) -> set[tuple[str, ...]]:
    """The calls that took effect, reads apart, and what was violated."""
    found = set()
    for place in places:
        for result, _ in every(run, place, 0):
            died_at = [int(hit.partition(":")[0]) for hit in result.hit if f":{Fault.CRASH_BEFORE}@" in hit]
            writes = [name for n, name in enumerate(result.calls) if n not in died_at and not is_read(name)]
            found.add((*sorted(writes), *map(str, result.violations)))
    return found


def test_a_death_is_run_after_writes_and_before_an_invocation() -> None:
    calls = [Call("s3:get_object", is_first=True), Call("dynamodb:put_item/JOB", is_first=False)]
    places = places_of([calls], (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.LOST))
    assert [*places] == [
        (0, 0, Fault.CRASH_BEFORE),
        (0, 0, Fault.LOST),
        (0, 1, Fault.CRASH_AFTER),
        (0, 1, Fault.LOST),
    ]


@pytest.mark.parametrize("meeting", ["two_observes", "observe_and_sweep"])
def test_without_events_those_who_observe_are_two_sweeps(meeting: str) -> None:
    """So one of the two meetings is run, of as many preemptions as two sweeps have."""
    world = World()
    assert interleavings.MEETINGS[meeting](world, Api.FIREWORKS_JOB) == (world.sweep, world.sweep)
    bounds = {interleavings.preemptions_of(api, "two_observes") for api in interleavings.REPRESENTATIVES}
    assert bounds == {interleavings.PREEMPTIONS["two_sweeps"], None}
    assert Api.FIREWORKS_JOB not in interleavings.apis_of("observe_and_sweep")


def test_all_interleavings_within_the_bound_are_run() -> None:
    """Two runners of one call each: 6 interleavings; 2 without a preemption, 2 more with one."""
    counts = [len({str(schedule) for _, schedule in every(_of_one_call, None, most)}) for most in range(4)]
    assert counts == [2, 4, 6, 6]


def _of_one_call(schedule: Schedule) -> None:
    def act() -> None:
        schedule.pause(Boundary(0, "braket:create"))

    schedule.run((act, act))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("dynamodb:get_item/JOB", "dynamodb:get_item/JOB", True),
        ("dynamodb:get_item/JOB", "dynamodb:update_item/JOB:SUBMITTED", False),
        ("dynamodb:update_item/POOL:nextAt", "dynamodb:update_item/JOB:SUBMITTED", True),
        ("dynamodb:query/byDue", "dynamodb:update_item/JOB:due", False),
        ("dynamodb:query", "dynamodb:update_item/POOL:nextAt", False),
        ("dynamodb:query/POOL", "dynamodb:update_item/POOL:nextAt", False),
        ("dynamodb:query/POOL", "dynamodb:update_item/JOB:SUBMITTED", True),
        ("dynamodb:batch_get_item", "dynamodb:put_item/JOB", False),
        ("braket:search", "braket:create", False),
        ("braket:get", "braket:search", True),
        ("s3:put_object", "dynamodb:put_item/JOB", True),
        ("states:start_execution", "states:send_task_success", False),
        (None, "braket:create", False),
    ],
)
def test_calls_that_may_change_places(one: str | None, other: str | None, expected: bool) -> None:
    assert commute(one, other) is commute(other, one) is expected
