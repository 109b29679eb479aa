"""Files in the folders of owners: cancelled by their owners alone."""

import pytest

from jobchute.job import State
from jobchute.requests.owners import json_of_owners
from tests.integration.handlers.files.many import deliver, go_on, lines
from tests.integration.handlers.owned import BOB, OWNERS, UNKNOWN, refused_cancel, upload
from tests.integration.handlers.world import BUCKET, World


@pytest.fixture(autouse=True)
def owners(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_OWNERS", json_of_owners(OWNERS))


@pytest.mark.parametrize("target", ["requests/ada/many.jsonl", f"s3://{BUCKET}/requests/ada/many.jsonl"])
def test_a_file_is_cancelled_by_its_owner_alone(world: World, target: str) -> None:
    deliver(world, {"Records": [world.drop("requests/ada/many.jsonl", lines(5))]}, looks=3)
    assert refused_cancel(world, BOB, target)[1].startswith(UNKNOWN)
    assert upload(world, "requests/bob/cancel.json", {"cancel": target}) == []
    assert world.status("bob/cancel.json.json")["errors"][0]["code"] == "UNKNOWN_JOB"
    assert go_on(world, looks=99) == 1
    queued = [job for job in world.jobs() if job.state is State.QUEUED]
    assert len(queued) == 5
    assert upload(world, "requests/ada/cancel.json", {"cancel": target}) == []
    assert {world.job(job.job_id).state for job in queued} == {State.CANCELLED}


def test_the_second_look_at_a_cancelled_file_is_its_owner_s_too(world: World) -> None:
    deliver(world, {"Records": [world.drop("requests/ada/many.jsonl", lines(5))]})
    upload(world, "requests/ada/cancel.json", {"cancel": "requests/ada/many.jsonl"})
    world.now += 200
    assert go_on(world) == 1
    assert world.status("ada/cancel.json.json")["finished"] is True
