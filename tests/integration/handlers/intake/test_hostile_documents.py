"""Small bad documents: each is a rejection at once, small enough for every place where it is told."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from jobchute.job import State, rejection_id_of
from jobchute.ledger.items import item_of
from jobchute.ledger.jobs import Ledger
from jobchute.requests.judgement import Judge
from jobchute.status.sources import document_source, message_source
from tests.integration.handlers.world import VALID, World, keyed

HOSTILE = {
    "a matrix of equal values": {
        **VALID,
        "matrix": {f"HyperParameters.{'x' * 90}{number}": [1] * 700 for number in range(10)},
    },
    "2,400 unknown keys": {**VALID, **{f"{'x' * 90}{number}": 1 for number in range(2400)}},
    "a key of 200 KB": {**VALID, "k" * 200_000: 1},
    "a label of 200 KB": {**VALID, "labels": {"k" * 200_000: "v"}},
}


def too_large(*_: object, **__: object) -> Any:
    """As DynamoDB answers for an item of more than 400 KB."""
    error = {"Code": "ValidationException", "Message": "Item size has exceeded the maximum allowed size"}
    response: Any = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}
    raise ClientError(response, "PutItem")


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_rejected_at_once_in_a_small_row_and_told(world: World, name: str) -> None:
    assert world.receive(HOSTILE[name]) == []
    job = world.job(rejection_id_of(message_source("m0")))
    assert job.state is State.REJECTED
    assert len(json.dumps(item_of(job))) < 50_000
    assert world.announce() == []
    assert world.status("status-messages/m0.json")["errors"]
    assert [event["detail"]["state"] for event in world.heard()] == ["REJECTED"]


def test_a_cancellation_of_3000_characters_has_a_small_answer(world: World) -> None:
    assert world.receive({"cancel": "x" * 3000}) == []
    answer = world.status("status-messages/m0.json")
    assert answer["errors"][0]["code"] == "TOO_LONG"
    assert len(json.dumps(answer)) < 2000
    assert world.jobs() == []


class TestOneLineOfAFile:
    """What is raised for good because of one document stops nothing behind it."""

    def send(self, world: World) -> list[str]:
        lines = "\n".join(map(json.dumps, [keyed("a"), keyed("bad"), keyed("c")]))
        return world.receive_records(
            [
                {
                    "messageId": "lines",
                    "receiptHandle": "handle",
                    "body": lines,
                    "attributes": {},
                    "messageAttributes": {},
                }
            ]
        )

    def states(self, world: World) -> dict[str | None, str]:
        return {job.idempotency_key: str(job.state) for job in world.jobs()}

    def test_one_that_the_table_refuses(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        add = Ledger.add
        monkeypatch.setattr(
            Ledger, "add", lambda self, job: too_large() if job.idempotency_key == "bad" else add(self, job)
        )
        assert self.send(world) == []
        assert self.states(world) == {"a": "QUEUED", None: "REJECTED", "c": "QUEUED"}
        job = world.job(rejection_id_of(document_source(message_source("lines"), 1)))
        assert job.problems[0]["code"] == "NOT_STORED"
        assert "(ValidationException)" in job.problems[0]["message"]

    def test_one_that_cannot_be_read(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        check = Judge.problems_in

        def fail(judge: Judge, submission: Any) -> Any:
            if submission.idempotency_key == "bad":
                raise RecursionError
            return check(judge, submission)

        monkeypatch.setattr(Judge, "problems_in", fail)
        assert self.send(world) == []
        assert self.states(world) == {"a": "QUEUED", None: "REJECTED", "c": "QUEUED"}

    def test_one_that_fails_for_the_moment_comes_back(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def throttled(*_: object) -> Any:
            response: Any = {
                "Error": {"Code": "ThrottlingException"},
                "ResponseMetadata": {"HTTPStatusCode": 400},
            }
            raise ClientError(response, "PutItem")

        monkeypatch.setattr(Ledger, "add", throttled)
        assert self.send(world) == ["lines"]
        assert world.jobs() == []

    def test_a_job_in_the_ledger_is_accepted_if_its_next_step_fails(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("jobchute.lifecycle.admit.Admission.enqueue", too_large)
        assert self.send(world) == []
        assert self.states(world) == {"a": "QUEUED", "bad": "QUEUED", "c": "QUEUED"}
