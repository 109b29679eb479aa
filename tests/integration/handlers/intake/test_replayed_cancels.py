"""Cancellations in objects: whoever has one read again cancels nothing that came later."""

import json

import pytest

from jobchute.job import State, job_id_for_key
from jobchute.requests.owners import json_of_owners
from tests.integration.handlers.files.many import deliver, lines
from tests.integration.handlers.intake.test_forged_notifications import told
from tests.integration.handlers.owned import BOB, OWNERS, send, upload
from tests.integration.handlers.world import World, keyed

MONTH = 30 * 24 * 3600


@pytest.fixture(autouse=True)
def owners(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_OWNERS", json_of_owners(OWNERS))


def test_one_that_came_too_early_cancels_no_later_job(world: World) -> None:
    upload(world, "requests/ada/cancel.json", {"cancel": "nightly"})
    (job,) = upload(world, "requests/ada/job.json", keyed("nightly"))
    world.pass_time(MONTH)
    send(world, BOB, told("requests/ada/cancel.json"))
    assert world.job(job.job_id).state is State.QUEUED


def test_one_of_a_file_cancels_no_later_version_of_it(world: World) -> None:
    deliver(world, {"Records": [world.drop("requests/ada/many.jsonl", lines(3))]})
    upload(world, "requests/ada/cancel.json", {"cancel": "requests/ada/many.jsonl"})
    world.pass_time(MONTH)
    upload(world, "requests/ada/nothing.json", {"cancel": "nothing"})
    send(world, BOB, told("requests/ada/cancel.json"))  # the second look
    new = "\n".join(json.dumps(keyed(f"later-{number}")) for number in range(3)).encode()
    deliver(world, {"Records": [world.drop("requests/ada/many.jsonl", new)]})
    send(world, BOB, told("requests/ada/cancel.json"))
    ids = [job_id_for_key(f"later-{number}", "ada") for number in range(3)]
    assert {world.job(job_id).state for job_id in ids} == {State.QUEUED}
