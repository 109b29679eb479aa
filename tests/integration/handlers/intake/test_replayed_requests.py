"""Requests in objects of long ago: reading one again makes no job that its sender did not get at the time."""

import pytest

from jobchute.job import Job, State, job_id_for_key, rejection_id_of
from jobchute.lifecycle.resolve import DependencyResolver
from jobchute.requests.owners import json_of_owners
from tests.aws import TABLE
from tests.integration.handlers.intake.test_forged_notifications import told
from tests.integration.handlers.owned import BOB, OWNERS, send, upload
from tests.integration.handlers.world import World, keyed

KEY = "requests/ada/job.json"
HOUR = 3600
DAY = 24 * HOUR


@pytest.fixture(autouse=True)
def owners(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_OWNERS", json_of_owners(OWNERS))


def rejected(world: World, monkeypatch: pytest.MonkeyPatch) -> Job:
    """As too many jobs wait for the first one; later none do."""
    upload(world, "requests/ada/first.json", keyed("first"))
    with monkeypatch.context() as full:
        full.setattr(DependencyResolver, "max_dependents", 0)
        (rejection,) = upload(world, KEY, keyed("second", after=["first"]))
    return rejection


def test_a_rejection_stays_though_the_document_would_pass_now(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rejection = rejected(world, monkeypatch)
    world.pass_time(2 * HOUR)
    send(world, BOB, told(KEY))
    assert rejection.state is State.REJECTED
    assert rejection.job_id == rejection_id_of(rejection.source)
    assert {job.job_id for job in world.jobs()} == {rejection.job_id, job_id_for_key("first", "ada")}


def test_the_same_document_uploaded_again_is_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rejected(world, monkeypatch)
    world.pass_time(2 * HOUR)
    (job,) = upload(world, "requests/ada/again.json", keyed("second", after=["first"]))
    assert (job.job_id, job.state) == (job_id_for_key("second", "ada"), State.QUEUED)


def test_what_the_ledger_has_forgotten_is_not_run_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_RETENTION_SECONDS", str(DAY))
    (job,) = upload(world, KEY, keyed("nightly"))
    for name in ("JOB", "REQUEST"):
        world.aws["dynamodb"].delete_item(TableName=TABLE, Key={"pk": {"S": job.job_id}, "sk": {"S": name}})
    world.pass_time(2 * DAY)
    (rejection,) = send(world, BOB, told(KEY))
    assert [problem["code"] for problem in rejection.problems] == ["TOO_OLD"]
    assert "uploaded more than 1 days ago; upload it again to run it" in rejection.problems[0]["message"]


def test_a_job_that_the_ledger_knows_stays_what_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_RETENTION_SECONDS", str(DAY))
    (job,) = upload(world, KEY, keyed("nightly"))
    world.pass_time(2 * DAY)
    send(world, BOB, told(KEY))
    assert [each.job_id for each in world.jobs()] == [job.job_id]
