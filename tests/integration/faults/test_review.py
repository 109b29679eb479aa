"""Forged notifications that become dead letters: no answer of another's is replaced by what is said of them."""

import json
from collections.abc import Iterator

import pytest

from jobchute.dead_letters.messages import DeadLetterKind
from jobchute.job import Api, job_id_for_key
from tests.harness.faults.documents import document_of
from tests.harness.faults.functions import borrowed
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.world import World

KEY = "requests/theirs.json"
STATUS = "status/theirs.json.json"


@pytest.fixture(autouse=True)
def functions() -> Iterator[None]:
    with borrowed():
        yield


def succeeded() -> World:
    world = World()
    document = document_of(Api.TRAINING_JOB, 1, idempotencyKey="theirs")
    world.upload(KEY, document, Sent(Kind.JOB, job_id_for_key("theirs")))
    world.settle()
    assert world.s3.status(STATUS)["state"] == "SUCCEEDED"
    return world


def forge(world: World, **entry: str) -> None:
    """An hour later; and let it fail as often as it may."""
    s3 = {"bucket": {"name": world.s3.bucket}, "object": {"key": KEY, **entry}}
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}
    body = json.dumps({"Records": [record]})
    world.clock.after(3600, lambda: world.intake.send(body, delays=(0.0,), message_id="forged"))
    world.busy_until = world.clock.now + 4 * 3600
    world.clock.at(world.busy_until, lambda: None)
    world.settle()


def test_a_version_that_is_no_key_of_the_ledger_is_no_poison() -> None:
    world = succeeded()
    forge(world, versionId="v" + "9" * 1020)
    assert not world.dead[DeadLetterKind.INTAKE]
    assert world.s3.status(STATUS)["state"] == "SUCCEEDED"


@pytest.mark.parametrize("entry", [{}, {"versionId": "v99"}])
def test_a_forged_notification_that_fails_replaces_no_answer(entry: dict[str, str]) -> None:
    """As S3, or a key of KMS, is out of order for a while."""
    world = succeeded()
    world.s3.forbidden.add(KEY)
    forge(world, **entry)
    assert world.dead[DeadLetterKind.INTAKE]
    assert world.s3.status(STATUS)["state"] == "SUCCEEDED"
