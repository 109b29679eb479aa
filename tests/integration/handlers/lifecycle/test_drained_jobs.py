"""What `jobchute drain` writes about a job, and what the deployed functions make of it."""

import pytest

from jobchute.cli.draining import REASON, ask_to_end
from jobchute.job import Api, State
from tests.integration.handlers.world import RUN, World, provider_calls

pytestmark = pytest.mark.sampled


def drained(world: World, job_id: str) -> None:
    ask_to_end(world.ledger(), world.job(job_id), world.now)


@pytest.mark.parametrize("api", Api)
def test_the_next_sweep_stops_a_job_at_its_provider(api: Api, world: World) -> None:
    job_id = world.submit(api)
    assert world.dispatch(job_id) == State.SUBMITTED
    world.sweep(after=RUN + 1)
    drained(world, job_id)
    world.sweep()
    assert world.job(job_id).state is State.CANCELLING
    stops = ("Cancel", "Stop", "Delete")
    assert any(word in name for name in provider_calls(world) for word in stops)
    for _ in range(3):
        world.sweep(after=RUN)
    job = world.job(job_id)
    assert (job.state, job.stop_cause) == (State.CANCELLED, State.CANCELLED)


def test_a_job_that_waits_never_reaches_its_provider(world: World) -> None:
    job_id = world.submit(Api.TRAINING_JOB)
    drained(world, job_id)
    assert (world.job(job_id).state, world.job(job_id).reason) == (State.CANCELLED, REASON)
    assert world.dispatch(job_id) == State.CANCELLED
    world.sweep(after=RUN)
    assert world.there() == []


def test_one_whose_create_call_was_postponed_is_not_created(world: World) -> None:
    job_id = world.submit(Api.TRAINING_JOB, simulate="unavailable")
    world.dispatch(job_id)
    assert world.job(job_id).state is State.SUBMITTING
    drained(world, job_id)
    world.sweep(after=RUN)
    assert world.job(job_id).state is State.SUBMITTING, "its provider may not show it yet"
    for _ in range(3):
        world.sweep(after=world.parts.timing.hidden)
    assert world.job(job_id).state is State.CANCELLED
    assert world.there() == []
