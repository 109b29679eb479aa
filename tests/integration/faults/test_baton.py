"""What the harness leaves out of all interleavings, it leaves out because it comes to the same."""

from collections.abc import Iterator

import pytest

from jobchute.job import Api
from tests.fakes.wire import Boundary
from tests.harness.faults import interleavings
from tests.harness.faults.baton import Schedule, every
from tests.harness.faults.commuting import commute
from tests.harness.faults.functions import borrowed
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
