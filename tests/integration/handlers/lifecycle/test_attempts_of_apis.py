"""Attempts at each provider: alternatives where there is no capacity, and retries of what passes."""

from typing import Any

import pytest

from jobchute.job import Api, State
from tests.apis import REQUESTS
from tests.integration.handlers.world import RUN, World
from tests.scarcity import alternatives, scarce

pytestmark = pytest.mark.sampled

PATIENCE = 60


def ended(world: World, job_id: str, *, rounds: int = 40) -> Any:
    """The job's status document once it has ended; it must within so many rounds of the schedule."""
    world.dispatch(job_id)
    for _ in range(rounds):
        if world.job(job_id).state.is_final:
            break
        world.sweep(after=RUN)
    assert world.announce() == []
    return world.status(world.job(job_id).source.status_key)


def told(status: Any, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(each.get(name) for name in names) for each in status["attempts"]]


@pytest.mark.parametrize("api", Api)
def test_the_second_alternative_has_capacity(world: World, api: Api) -> None:
    job_id = world.submit(
        api, simulate=scarce(api, REQUESTS[api]), alternatives=alternatives(api), patience=PATIENCE
    )
    status = ended(world, job_id)
    assert (status["state"], status["attempt"]) == ("SUCCEEDED", 3)
    causes = ["CAPACITY", "CAPACITY", None]
    assert told(status, "attempt", "alternative", "cause") == list(
        zip([1, 2, 3], [None, 1, 2], causes, strict=True)
    )
    there = world.there(api)
    assert [job["id"] in str(each["providerId"]) for job, each in zip(there, status["attempts"], strict=True)]
    assert len({job["name"] for job in there}) == 3
    assert len({each["name"] for each in status["attempts"]}) == 3


@pytest.mark.parametrize("api", [api for api in Api if api is not Api.FIREWORKS_JOB])
def test_an_internal_failure_twice_then_well(world: World, api: Api) -> None:
    job_id = world.submit(api, simulate="internal+twice", retry={"attempts": 3, "after": "1m"})
    status = ended(world, job_id)
    assert (status["state"], status["attempt"]) == ("SUCCEEDED", 3)
    assert told(status, "state", "cause") == [("FAILED", "INTERNAL")] * 2 + [("SUCCEEDED", None)]


@pytest.mark.parametrize("api", Api)
def test_what_is_not_recognised_is_not_tried_again(world: World, api: Api) -> None:
    job_id = world.submit(api, simulate="unknown", retry={"attempts": 3, "after": 0})
    status = ended(world, job_id)
    assert (status["state"], status["cause"], len(world.there(api))) == ("FAILED", "UNKNOWN", 1)


def test_a_quota_of_zero_is_no_reason_to_wait(world: World) -> None:
    """The next alternative is tried at once: the provider created nothing, and never would."""
    api = Api.TRAINING_JOB
    type_ = REQUESTS[api]["ResourceConfig"]["InstanceType"]
    job_id = world.submit(api, simulate=f"zero-quota@{type_}", alternatives=alternatives(api)[:1])
    status = ended(world, job_id)
    assert (status["state"], status["attempt"]) == ("SUCCEEDED", 2)
    assert told(status, "cause", "providerId")[0] == ("CAPACITY", None)
    assert len(world.there(api)) == 1


@pytest.mark.parametrize(
    ("api", "how"),
    [(Api.BRAKET_JOB, "offline"), (Api.BEDROCK_JOB, "no-quota"), (Api.PROCESSING_JOB, "no-quota")],
)
def test_refused_creates_lead_to_the_alternative(world: World, api: Api, how: str) -> None:
    simulate = scarce(api, REQUESTS[api]).replace("capacity", how)
    job_id = world.submit(api, simulate=simulate, alternatives=alternatives(api), patience=PATIENCE)
    status = ended(world, job_id)
    assert (status["state"], status["attempt"]) == ("SUCCEEDED", 3)
    assert told(status, "cause", "providerId")[:2] == [("CAPACITY", None)] * 2
    assert [job["status"] for job in world.there(api)] == [world.there(api)[-1]["status"]]


def test_patience_has_an_end_at_the_provider(world: World) -> None:
    """A training job that is Pending is stopped first; its last alternative may wait as long as any job."""
    api = Api.TRAINING_JOB
    job_id = world.submit(api, simulate="pending+once", alternatives=alternatives(api)[:1], patience=PATIENCE)
    status = ended(world, job_id)
    assert (status["state"], status["attempt"]) == ("SUCCEEDED", 2)
    assert [job["status"] for job in world.there(api)] == ["Stopped", "Completed"]
    assert world.job(job_id).state is State.SUCCEEDED
