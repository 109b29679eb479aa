"""A cancellation that is wrong is answered in its place, and leaves nothing in the list of jobs."""

import json

import pytest

from jobchute.aws.objects import Objects
from tests.integration.handlers.files.many import Killed, deliver
from tests.integration.handlers.world import World, keyed, sqs_record

WRONG = {
    "a job that is not there": ({"cancel": "nightly"}, "UNKNOWN_JOB"),
    "a file that is not there": ({"cancel": "requests/nothing.jsonl"}, "UNKNOWN_JOB"),
    "no text": ({"cancel": 7}, "WRONG_TYPE"),
    "nothing": ({"cancel": ""}, "WRONG_TYPE"),
    "too long": ({"cancel": "x" * 3000}, "TOO_LONG"),
    "a mistyped key": ({"cancle": "nightly"}, "UNKNOWN_KEY"),
    "more than it may say": ({"cancel": "nightly", "job": "x"}, "UNKNOWN_KEY"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("way", ["message", "object"])
def test_it_is_answered_with_what_is_wrong_and_is_no_row(world: World, name: str, way: str) -> None:
    document, code = WRONG[name]
    if way == "message":
        assert world.receive(document) == []
        place = "status-messages/m0.json"
    else:
        assert world.receive({"Records": [world.drop("requests/c.json", document)]}) == []
        place = "c.json.json"
    world.announce()
    answer = world.status(place)
    assert answer["errors"][0]["code"] == code
    assert (answer["state"], answer["note"]) == ("REJECTED", "Nothing was cancelled.")
    assert answer["reason"]
    assert world.jobs() == []
    assert world.heard() == []


def test_it_names_what_it_was_to_cancel(world: World) -> None:
    world.receive({"cancel": "nightly"})
    assert world.status("status-messages/m0.json")["cancel"] == "nightly"


def test_a_call_that_died_before_its_answer_answers_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = world.drop("requests/c.json", {"cancel": "nightly"})

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(Objects, "write", die)
        with pytest.raises(Killed):
            deliver(world, {"Records": [record]})
    for _ in range(2):
        assert deliver(world, {"Records": [record]}) == []
        assert world.status("c.json.json")["errors"][0]["code"] == "UNKNOWN_JOB"


def test_once_it_was_refused_it_cancels_no_later_job(world: World) -> None:
    record = world.drop("requests/c.json", {"cancel": "nightly"})
    assert deliver(world, {"Records": [record]}) == []
    world.receive_records([sqs_record("later", keyed("nightly"))])
    assert deliver(world, {"Records": [record]}) == []
    (job,) = world.jobs()
    assert job.state == "QUEUED"


def test_in_a_file_it_is_a_rejected_document_that_the_file_names(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a call dies after the answer, and the file is read again from its beginning."""
    lines = "\n".join(map(json.dumps, [keyed("a"), {"cancel": "nightly"}, {"cancel": 7}])).encode()
    record = world.drop("requests/three.jsonl", lines)

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(type(world.parts.file_rows), "advance", die)
        with pytest.raises(Killed):
            deliver(world, {"Records": [record]})
    assert deliver(world, {"Records": [record]}) == []
    status = world.status("three.jsonl.json")
    assert (status["accepted"], status["rejected"], status["answered"]) == (1, 2, 0)
    assert [each["document"] for each in status["rejectedDocuments"]] == [1, 2]
    assert world.status(status["rejectedDocuments"][0]["status"])["errors"][0]["code"] == "UNKNOWN_JOB"
    assert [job.idempotency_key for job in world.jobs()] == ["a"]
