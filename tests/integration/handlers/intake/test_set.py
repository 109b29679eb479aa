"""The validate function changes a job that waits, and answers as it does a cancellation."""

from typing import Any

import pytest

from jobchute.job import Api, Job, State
from jobchute.ledger.pool_settings import PoolSettingsRow
from jobchute.pools.pauses import ALL, paused
from jobchute.requests.owners import json_of_owners
from tests.integration.handlers.owned import ADA, BOB, OWNERS, UNKNOWN, send
from tests.integration.handlers.world import World, keyed, sqs_record


@pytest.fixture
def all_wait(world: World) -> None:
    rows = world.parts.pool_rows
    PoolSettingsRow(rows.client, rows.table).put_pauses(paused({}, ALL))
    world.restart()


def answer_to(world: World, document: dict[str, Any], name: str = "set") -> Any:
    record = world.drop(f"requests/{name}.json", document)
    assert world.receive({"Records": [record]}) == []
    world.announce()
    return world.status(f"{name}.json.json")


@pytest.mark.usefixtures("all_wait")
class TestWaiting:
    @pytest.mark.parametrize("by", ["key", "id"])
    def test_the_answer_shows_the_job(self, world: World, by: str) -> None:
        job_id = world.submit(Api.TRAINING_JOB, idempotencyKey="nightly")
        target = "nightly" if by == "key" else job_id
        answer = answer_to(world, {"set": target, "priority": 8, "labels": {"note": "a"}})
        assert (answer["set"], answer["changed"]) == (target, ["priority", "labels"])
        assert answer["note"] == "Changed: priority and labels."
        assert (answer["jobId"], answer["priority"], answer["labels"]["note"]) == (job_id, 8, "a")

    def test_the_job_s_own_status_document_tells_it(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB)
        world.announce()
        answer_to(world, {"set": job_id, "priority": 8})
        document = world.status(world.job(job_id).source.status_key)
        (entry,) = document["changes"]
        assert (document["priority"], entry["priority"], entry["priorityBefore"]) == (8, 8, 5)
        assert entry["document"].startswith("s3://drop/requests/set.json?version=")
        assert [each["state"] for each in document["history"]] == ["QUEUED"]

    def test_an_object_is_applied_once(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB)
        record = world.drop("requests/set.json", {"set": job_id, "priority": 8})
        world.receive({"Records": [record]})
        answer_to(world, {"set": job_id, "priority": 2}, "other")
        world.receive({"Records": [record]})
        assert world.job(job_id).priority == 2

    def test_a_message_that_comes_again_is_applied_once(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB)
        first = sqs_record("again", {"set": job_id, "priority": 8})
        world.receive_records([first])
        answer_to(world, {"set": job_id, "priority": 2})
        assert world.receive_records([first]) == []
        assert world.job(job_id).priority == 2
        assert world.status("status-messages/again.json")["changed"] == ["priority"]

    def test_a_label_that_decides_the_share_is_refused(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB)
        answer = answer_to(world, {"set": job_id, "labels": {"submitter": "other"}})
        assert (answer["state"], answer["errors"][0]["code"]) == ("REJECTED", "FIXED_LABEL")
        assert answer["note"] == "Nothing was changed."

    def test_a_job_with_other_labels_is_submitted_with_them(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB)
        answer_to(world, {"set": job_id, "labels": {"note": "a"}})
        rows = world.parts.pool_rows
        PoolSettingsRow(rows.client, rows.table).put_pauses({})
        world.restart()
        world.sweep(after=60)
        world.dispatch(job_id)
        (made,) = world.there()
        assert made["tags"]["note"] == "a"


def test_a_job_that_does_not_wait_is_left_alone(world: World) -> None:
    job_id = world.submit(Api.TRAINING_JOB)
    world.dispatch(job_id)
    answer = answer_to(world, {"set": job_id, "priority": 8})
    assert (answer["changed"], answer["state"], world.job(job_id).priority) == ([], "SUBMITTED", 5)
    assert "no longer waits for its turn; nothing was changed" in answer["note"]


def test_an_unknown_job_is_answered_so(world: World) -> None:
    answer = answer_to(world, {"set": "nightly", "priority": 8})
    assert (answer["set"], answer["errors"][0]["code"]) == ("nightly", "UNKNOWN_JOB")
    assert world.jobs() == []


def test_a_wrong_document_leaves_no_row(world: World) -> None:
    answer = answer_to(world, {"set": "nightly", "priority": "high"})
    assert (answer["set"], answer["errors"][0]["path"]) == (None, "priority")
    assert world.jobs() == []


@pytest.mark.usefixtures("all_wait")
def test_another_owner_s_job_is_as_unknown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_OWNERS", json_of_owners(OWNERS))
    world.restart()
    (job,) = send(world, ADA, keyed("nightly"))

    def sent_by(sender_id: str, target: str) -> tuple[Any, Job]:
        message_id = f"m{next(world.numbers)}"
        record = sqs_record(message_id, {"set": target, "priority": 9}, sender_id=sender_id)
        assert world.receive_records([record]) == []
        return world.status(f"status-messages/{message_id}.json"), world.job(job.job_id)

    for target in ("nightly", job.job_id):
        answer, row = sent_by(BOB, target)
        assert answer["errors"][0]["message"].startswith(UNKNOWN)
        assert (row.state, row.priority) == (State.QUEUED, 5)
    assert sent_by(ADA, "nightly")[1].priority == 9
