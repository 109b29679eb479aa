"""The key of the Fireworks account: as people paste it, replaced, and never in a log."""

import io
import json
from collections.abc import Iterator

import pytest
import urllib3

from jobchute.job import Api, State
from jobchute.settings import FireworksSettings
from tests.integration.handlers.world import World, provider_calls

OLD, NEW = "fw_0ldSecretKey", "fw_N3wSecretKey"


def store(world: World, key: str) -> None:
    world.aws["secretsmanager"].put_secret_value(
        SecretId=FireworksSettings.from_environment().fireworks_secret_arn,
        SecretString=json.dumps({"accountId": "acme", "apiKey": key}),
    )


@pytest.fixture
def only_new_key(world: World) -> Iterator[None]:
    """Fireworks takes no other."""
    urllib3.request("POST", f"{world.url}/_simulator/settings", json={"fireworks_key": NEW})
    yield
    urllib3.request("POST", f"{world.url}/_simulator/settings", json={"fireworks_key": None})


def test_a_key_with_a_line_feed_at_its_end_is_used_without_it(world: World, log: io.StringIO) -> None:
    store(world, f"{OLD}\n")
    assert world.dispatch(world.submit(Api.FIREWORKS_JOB)) == "SUBMITTED"
    assert OLD not in log.getvalue()


def test_jobs_wait_while_the_key_cannot_be_sent(world: World, log: io.StringIO) -> None:
    store(world, f"{OLD}\n{OLD}")
    job_id = world.submit(Api.FIREWORKS_JOB)
    assert world.dispatch(job_id) == "SUBMITTING"
    assert "contains white space" in str(world.job(job_id).reason)
    store(world, OLD)
    world.sweep(after=601)
    assert world.job(job_id).state is State.SUBMITTED
    assert OLD not in log.getvalue()


@pytest.mark.usefixtures("only_new_key")
def test_a_key_that_is_refused_is_replaced_at_the_next_attempt(world: World, log: io.StringIO) -> None:
    """Without waiting for the five minutes for which a key is kept."""
    store(world, OLD)
    job_id = world.submit(Api.FIREWORKS_JOB)
    assert world.dispatch(job_id) == "SUBMITTING"
    assert "HTTP 401" in str(world.job(job_id).reason)
    store(world, NEW)
    assert world.parts.account().api_key == NEW
    world.sweep(after=601)
    assert world.job(job_id).state is State.SUBMITTED
    assert len(world.there()) == 1
    assert OLD not in log.getvalue()


@pytest.mark.usefixtures("only_new_key")
def test_a_job_whose_key_stays_refused_ends_at_its_wait_limit(world: World) -> None:
    store(world, OLD)
    job_id = world.submit(Api.FIREWORKS_JOB)
    world.dispatch(job_id)
    world.sweep(after=601)
    assert world.job(job_id).state is State.SUBMITTING
    world.now = world.job(job_id).deadline + 1
    world.sweep(after=601)
    assert (world.job(job_id).state, world.there()) == (State.TIMED_OUT, [])
    assert provider_calls(world)["fireworks:CreateBatchJob"] >= 2
