"""Dead letters that the ledger knows of: the sweep over real queues, and jobs' moves that are told again."""

import json
import logging
import time
from typing import Any

import pytest
from moto.sqs.models import DEFAULT_SENDER_ID

from jobchute.aws.queues import Queue
from jobchute.dead_letters.handle import DeadLetters
from jobchute.intake.invocation import Continuations
from jobchute.job import Api, Source, job_id_for_key
from jobchute.ledger.continuations import ContinuationRows, Work
from jobchute.ledger.dead_letters import DeadLetterRows
from jobchute.ledger.object_order import order_of
from jobchute.ledger.versions import VersionRows
from tests.aws import TABLE
from tests.integration.handlers.world import World, keyed

NAMES = {
    "DEAD_LETTER": "intake-dead",
    "EVENTS_DEAD_LETTER": "events-dead",
    "STREAM_FAILURES": "stream-failures",
}
DOCUMENT = {"api": "braket:CreateJob", "request": {"secret": "hunter2"}, "idempotencyKey": "nightly"}


@pytest.fixture
def queues(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, Queue]:
    """The three places, empty; the sweep knows of them."""
    made = {}
    for variable, name in NAMES.items():
        url = world.aws["sqs"].create_queue(QueueName=name)["QueueUrl"]
        monkeypatch.setenv(f"JOBCHUTE_{variable}_QUEUE_URL", url)
        made[name] = Queue(world.aws["sqs"], url)
    world.restart()
    return made


@pytest.fixture
def rows(world: World) -> DeadLetterRows:
    return DeadLetterRows(world.aws["dynamodb"], TABLE)


def put(queue: Queue, body: object) -> str:
    text = body if isinstance(body, str) else json.dumps(body)
    return str(queue.client.send_message(QueueUrl=queue.url, MessageBody=text)["MessageId"])


def sweep(world: World) -> int:
    return int(world.invoke("reconcile", {})["deadLetters"])


def test_a_dead_letter_of_each_place_is_in_the_ledger(
    world: World, queues: dict[str, Queue], rows: DeadLetterRows
) -> None:
    event = {"detail-type": "Braket Job State Change", "detail": {"jobArn": "arn:of:it"}}
    batch = {"DDBStreamBatchInfo": {"startSequenceNumber": "1", "endSequenceNumber": "2", "batchSize": 2}}
    ids = [put(queue, body) for queue, body in zip(queues.values(), (DOCUMENT, event, batch), strict=True)]
    assert sweep(world) == 3
    found = {letter.message_id: letter for letter in rows.all()}
    intake, events, stream = (found[message_id] for message_id in ids)
    assert (intake.place, intake.queue) == ("intake", "intake-dead")
    assert intake.about == (f"sqs://{ids[0]}",)
    assert intake.job_ids == (job_id_for_key("nightly"),)
    assert events.about == ("arn:of:it",)
    assert stream.about == ("2 changes, 1 to 2",)


@pytest.mark.parametrize(("principal", "known"), [(DEFAULT_SENDER_ID, 1), ("AIDAEXAMPLESTRANGER", 0)])
def test_with_owners_the_job_is_the_sender_s(
    world: World,
    queues: dict[str, Queue],
    rows: DeadLetterRows,
    monkeypatch: pytest.MonkeyPatch,
    principal: str,
    known: int,
) -> None:
    monkeypatch.setenv("JOBCHUTE_OWNERS", f'{{"ada": [["{principal}"]]}}')
    put(queues["intake-dead"], DOCUMENT)
    assert sweep(world) == 1
    assert [len(letter.job_ids) for letter in rows.all()] == [known]
    assert all(letter.job_ids in ((), (job_id_for_key("nightly", "ada"),)) for letter in rows.all())


def test_it_is_written_once_and_nothing_is_taken_away(
    world: World, queues: dict[str, Queue], rows: DeadLetterRows
) -> None:
    put(queues["intake-dead"], DOCUMENT)
    sweep(world)
    (before,) = rows.all()
    world.pass_time(60)
    assert sweep(world) == 0
    assert rows.all() == [before]
    # Visible at once: the alarm counts visible messages, and so does whoever redrives.
    assert queues["intake-dead"].count() == (1, 0)


def test_the_body_stays_in_the_queue(world: World, queues: dict[str, Queue]) -> None:
    put(queues["intake-dead"], DOCUMENT)
    sweep(world)
    written = json.dumps(world.aws["dynamodb"].scan(TableName=TABLE)["Items"])
    documents = "".join(json.dumps(world.status(path)) for path in world.statuses())
    assert "intake-dead" in written
    assert "intake-dead" in documents
    assert "hunter2" not in written + documents


def test_whoever_waits_for_a_message_s_answer_is_told(world: World, queues: dict[str, Queue]) -> None:
    message_id = put(queues["intake-dead"], DOCUMENT)
    sweep(world)
    status = world.status(f"status-messages/{message_id}.json")
    assert "state" not in status
    assert status["deadLetter"]["messageId"] == message_id


def test_whoever_waits_for_an_object_s_answer_is_told(
    world: World, queues: dict[str, Queue], rows: DeadLetterRows
) -> None:
    record = world.drop("requests/a.json", DOCUMENT)
    put(queues["intake-dead"], {"Records": [record]})
    sweep(world)
    version = record["s3"]["object"]["versionId"]
    assert world.status("a.json.json")["source"] == {"uri": "s3://drop/requests/a.json", "version": version}
    (letter,) = rows.all()
    assert letter.about == (f"s3://drop/requests/a.json?version={version}",)


def test_an_answer_that_was_given_meanwhile_stays(world: World, queues: dict[str, Queue]) -> None:
    """The job may have been accepted before its message failed: its answer is the truth."""
    put(queues["intake-dead"], {"Records": [world.drop("requests/a.json", DOCUMENT)]})
    world.aws["s3"].put_object(Bucket="drop", Key="status/a.json.json", Body=b'{"state": "RUNNING"}')
    assert sweep(world) == 1
    assert world.status("a.json.json") == {"state": "RUNNING"}


def test_an_answer_from_before_is_replaced(
    world: World, queues: dict[str, Queue], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.aws["s3"].put_object(Bucket="drop", Key="status/a.json.json", Body=b'{"state": "SUCCEEDED"}')
    put(queues["intake-dead"], {"Records": [world.drop("requests/a.json", DOCUMENT)]})
    monkeypatch.setattr("jobchute.aws.objects.Objects.written_at", lambda *_: 1_000_000.0)
    assert sweep(world) == 1
    assert "deadLetter" in world.status("a.json.json")


def test_a_partly_read_file_keeps_its_answers_and_is_reported(world: World, queues: dict[str, Queue]) -> None:
    record = world.drop("requests/many.jsonl", b"{}\n{}\n")
    put(queues["intake-dead"], {"Records": [record]})
    for is_finished, is_told in ((True, False), (False, True)):
        document = {"accepted": 7, "progress": {"done": 7, "finished": is_finished}}
        world.parts.own_objects.write("status/many.jsonl.json", document)
        forget_dead_letters(world)
        sweep(world)
        status = world.status("many.jsonl.json")
        assert (status["accepted"], "deadLetter" in status) == (7, is_told)


def forget_dead_letters(world: World) -> None:
    """Forget what was made known."""
    for item in world.aws["dynamodb"].scan(TableName=TABLE)["Items"]:
        if item["pk"]["S"] == "DEAD_LETTER":
            world.aws["dynamodb"].delete_item(TableName=TABLE, Key={"pk": item["pk"], "sk": item["sk"]})


def test_a_message_with_another_s_document_is_answered_there(world: World, queues: dict[str, Queue]) -> None:
    source = Source(uri="sqs://first", status_key="status-messages/first.json")
    Continuations(
        rows=ContinuationRows(world.aws["dynamodb"], TABLE),
        client=world.aws["sqs"],
        queue_url=queues["intake-dead"].url,
        now=lambda: world.now,
    ).leave(Work(source, json.dumps(DOCUMENT)))
    sweep(world)
    assert "deadLetter" in world.status("status-messages/first.json")


def test_a_continuation_that_nobody_left_has_no_answer(
    world: World, queues: dict[str, Queue], rows: DeadLetterRows
) -> None:
    put(queues["intake-dead"], {"continue": "ab" * 32})
    assert sweep(world) == 1
    assert (world.statuses(), [letter.about for letter in rows.all()]) == ([], [()])


def test_a_source_in_an_attribute_is_not_believed(world: World, queues: dict[str, Queue]) -> None:
    """Older versions read it there: a dead letter could name any status document."""
    value = json.dumps({"uri": "s3://drop/requests/theirs.json", "status_key": "status/theirs.json.json"})
    sent = world.aws["sqs"].send_message(
        QueueUrl=queues["intake-dead"].url,
        MessageBody=json.dumps(DOCUMENT),
        MessageAttributes={"jobchuteSource": {"DataType": "String", "StringValue": value}},
    )
    sweep(world)
    assert world.statuses() == [f"status-messages/{sent['MessageId']}.json"]


def test_a_newer_version_s_place_is_not_taken(world: World, queues: dict[str, Queue]) -> None:
    older = world.drop("requests/a.json", DOCUMENT)
    newer = world.drop("requests/a.json", {"cancel": "nobody"})
    assert world.receive({"Records": [newer]}) == []
    put(queues["intake-dead"], {"Records": [older]})
    assert sweep(world) == 1
    assert world.status("a.json.json")["cancel"] == "nobody"


def test_a_late_answer_to_an_older_version_does_not_count(world: World, queues: dict[str, Queue]) -> None:
    """A reader of the newer version died, and what became of the older one was written after that."""
    older = world.drop("requests/a.json", {"cancel": "nobody"})
    assert world.receive({"Records": [older]}) == []
    answer = world.status("a.json.json")
    newer = world.drop("requests/a.json", DOCUMENT)
    message_id = put(queues["intake-dead"], {"Records": [newer]})
    version = newer["s3"]["object"]["versionId"]
    uri, order = answer["source"]["uri"], order_of(time.time() + 2)
    source = Source(uri, version=version, sequencer=order, status_key="status/a.json.json")
    VersionRows(world.aws["dynamodb"], TABLE).remember(source, lambda: True)
    world.drop("status/a.json.json", answer)
    assert sweep(world) == 1
    assert world.status("a.json.json")["deadLetter"]["messageId"] == message_id


@pytest.mark.parametrize("document", [{"cancel": "k"}, {"set": "k", "priority": 1}, keyed("k")])
def test_an_answer_about_another_s_job_stays(
    world: World, queues: dict[str, Queue], document: dict[str, Any]
) -> None:
    """It names the version of the job's own object. The reader died once it had answered."""
    job = world.drop("requests/job.json", keyed("k"))
    assert world.receive({"Records": [job]}) == []
    world.announce()
    asked = world.drop("requests/a.json", document)
    assert world.receive({"Records": [asked]}) == []
    world.announce()
    answer = world.status("a.json.json")
    assert answer["source"]["uri"].endswith("requests/job.json")
    put(queues["intake-dead"], {"Records": [asked]})
    assert sweep(world) == 1
    assert world.status("a.json.json") == answer


def test_one_that_cannot_be_announced_hampers_nothing_else(
    world: World,
    queues: dict[str, Queue],
    rows: DeadLetterRows,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poison, sound = put(queues["intake-dead"], DOCUMENT), put(queues["intake-dead"], {"cancel": "x"})
    is_known = DeadLetterRows.is_known

    def fails_for_poison(self: DeadLetterRows, queue: str, message_id: str) -> bool:
        if message_id == poison:
            raise RuntimeError("poison")
        return is_known(self, queue, message_id)

    monkeypatch.setattr(DeadLetterRows, "is_known", fails_for_poison)
    assert sweep(world) == 1
    assert [letter.message_id for letter in rows.all()] == [sound]
    monkeypatch.undo()


def test_an_unreadable_queue_hampers_nothing_else(
    world: World, queues: dict[str, Queue], rows: DeadLetterRows
) -> None:
    world.aws["sqs"].delete_queue(QueueUrl=queues["intake-dead"].url)
    put(queues["events-dead"], {"detail-type": "x", "detail": {}})
    job_id = world.submit(Api.TRAINING_JOB)
    world.pass_time(1000)
    answer = world.invoke("reconcile", {})
    assert answer == {"jobs": 1, "deadLetters": 1}
    assert [letter.place for letter in rows.all()] == ["events"]
    assert world.executions() == [job_id]


def test_without_queues_jobs_are_looked_after_all_the_same(world: World) -> None:
    world.submit(Api.TRAINING_JOB)
    world.pass_time(1000)
    assert world.invoke("reconcile", {}) == {"jobs": 1, "deadLetters": 0}


def test_it_stops_when_the_time_is_over(world: World, queues: dict[str, Queue], rows: DeadLetterRows) -> None:
    put(queues["intake-dead"], DOCUMENT)
    assert world.invoke("reconcile", {}, ms=1000)["deadLetters"] == 0
    assert rows.all() == []
    assert sweep(world) == 1


def test_more_than_a_sweep_takes_are_all_made_known(
    world: World, queues: dict[str, Queue], rows: DeadLetterRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DeadLetters, "max_looked_at", 12)
    ids = {put(queues["intake-dead"], {**DOCUMENT, "idempotencyKey": f"k{n}"}) for n in range(25)}
    assert [sweep(world) for _ in range(3)] == [12, 12, 1]
    assert {letter.message_id for letter in rows.all()} == ids


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
