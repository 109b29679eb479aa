"""What a job takes while it waits or runs: nothing. And the instrument sees what it counts."""

from collections import Counter
from collections.abc import Mapping

import pytest

from jobchute.cli.commands.cost import PRICES, read_prices
from jobchute.job import Api
from jobchute.pools.limits import Limits
from tests.fakes.provider import Course
from tests.harness.bench.counted import AWS_SECONDS, Run, measure
from tests.harness.bench.counted_world import HOUR, SWEEP, CountedWorld
from tests.harness.bench.counts import MAX_OVER_FAKES, SUCCEEDS
from tests.harness.bench.samples import document_of
from tests.harness.faults.functions import borrowed
from tests.harness.faults.sent import Kind, Sent

FEW, MANY = 2, 12
ROOMY = Limits(limit=100, rate=100)
ONE_AT_A_TIME = Limits(limit=1, rate=100)


def busy_world(api: Api, jobs: int, limits: Limits) -> CountedWorld:
    """Its jobs last for days, and have begun or wait."""
    world = CountedWorld({str(api): limits})
    world.course = Course(seconds=96 * HOUR, pending=1.0)
    for number in range(jobs):
        world.upload(f"requests/{number}.json", document_of(api, f"job-{number}"), Sent(Kind.JOB))
    world.clock.run(world.clock.now + HOUR)
    return world


def calls_within(world: CountedWorld, seconds: float) -> Mapping[str, int]:
    """By name. Raises AssertionError for a function that is no sweep, and for a write of a job's items."""
    first = len(world.log.invocations)
    world.clock.run(world.clock.now + seconds)
    assert set(world.log.invocations[first:]) == {SWEEP}
    calls = [call for call in world.log.calls if call.number >= first]
    assert not [call.name for call in calls if call.write.index]
    assert not [call.name for call in calls if call.write.table and "/JOB" in call.name]
    return Counter(call.name for call in calls)


@pytest.mark.sampled
@pytest.mark.parametrize("api", list(Api))
@pytest.mark.parametrize("limits", [ROOMY, ONE_AT_A_TIME], ids=["running", "waiting"])
def test_jobs_that_run_or_wait_take_no_call_of_their_own(api: Api, limits: Limits) -> None:
    """The sweep's calls are the same, however many jobs there are."""
    with borrowed():
        few, many = (calls_within(busy_world(api, jobs, limits), 2 * HOUR) for jobs in (FEW, MANY))
    assert few == many
    asked = {name for name in few if name.partition(":")[0] not in AWS_SECONDS}
    assert asked == {"braket:search"} if api is Api.BRAKET_JOB else {f"{api.partition(':')[0]}:list"}


def test_every_call_of_a_job_is_in_its_counts() -> None:
    with borrowed():
        run = Run(Api.BRAKET_JOB, SUCCEEDS)
    counts, calls = run.counts(), run.calls()
    assert counts.all_calls == len(calls)
    assert counts.function_calls == len({call.number for call in calls})
    assert counts.write_units == sum(call.write.table for call in calls)
    assert counts.all_index_units == sum(call.write.index for call in calls)
    assert {call.function for call in calls} == counts.functions.keys()
    assert counts.provider_calls["braket:create"] == 1


@pytest.mark.parametrize("api", list(Api))
def test_a_lone_job_that_succeeds_takes_no_more_than_it_may(api: Api) -> None:
    prices = read_prices(PRICES)
    (counts,) = measure([api], [SUCCEEDS])
    found = counts.quantities(prices)
    assert {name: found[name] for name, most in MAX_OVER_FAKES.items() if found[name] > most} == {}
