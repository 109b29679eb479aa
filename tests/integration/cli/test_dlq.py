"""jobchute dlq: over the queues and the ledger of moto."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.aws.queues import Queue
from jobchute.cli import redrive
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.job import Api, Job, Source, State
from jobchute.ledger.dead_letters import DeadLetter, DeadLetterRows
from tests.fakes.clients import GivenClients
from tests.integration.cli.conftest import tool_with

run = CliRunner().invoke
NAMES = {
    "intake": "DEAD_LETTER_QUEUE_URL",
    "events": "EVENTS_DEAD_LETTER_QUEUE_URL",
    "stream": "STREAM_FAILURES_QUEUE_URL",
    "to-observe": "EVENTS_QUEUE_URL",
}
DOCUMENT = {"cancel": "nightly"}
EVENT = {"detail-type": "Braket Job State Change", "detail": {"jobArn": "arn:of:it"}}
JOB = Job(
    job_id="jc-1",
    api=Api.TRAINING_JOB,
    state=State.SUCCEEDED,
    created_at="2026-11-21T10:00:00.000Z",
    updated_at="2026-11-21T10:05:00.000Z",
    source=Source(uri="sqs://1", status_key="status-messages/1.json"),
    history=(
        {"state": "QUEUED", "at": "2026-11-21T10:00:00.000Z"},
        {"state": "SUCCEEDED", "at": "2026-11-21T10:05:00.000Z"},
    ),
    moves=2,
)


@dataclass(frozen=True)
class Place:
    """A deployment with its queues."""

    deployment: Deployment
    queues: Mapping[str, Queue]
    rows: DeadLetterRows

    def put(self, name: str, body: object, *, is_known: bool = True, **attributes: Any) -> str:
        queue = self.queues[name]
        sent = queue.client.send_message(
            QueueUrl=queue.url, MessageBody=json.dumps(body), MessageAttributes=attributes
        )
        if is_known:
            self.rows.add(letter(queue.name, name, sent["MessageId"]))
        return sent["MessageId"]

    def bodies(self, url: str) -> list[Any]:
        answer = runtime.client("sqs").receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def count(self, name: str) -> tuple[int, int]:
        return self.queues[name].count()


def letter(queue: str, place: str, message_id: str) -> DeadLetter:
    return DeadLetter(
        queue=queue,
        place=place,
        message_id=message_id,
        first_seen_at="2026-11-21T10:00:00.000Z",
        sent_at="2026-11-21T09:00:00.000Z",
        deliveries=8,
        about=(f"sqs://{message_id}",),
    )


@pytest.fixture
def place(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Place:
    sqs = runtime.client("sqs")
    queues = {name: Queue(sqs, sqs.create_queue(QueueName=name)["QueueUrl"]) for name in NAMES}
    for name, variable in NAMES.items():
        monkeypatch.setenv(f"JOBCHUTE_{variable}", queues[name].url)
    return Place(deployment, queues, DeadLetterRows(runtime.client("dynamodb"), deployment.table))


class TestList:
    def test_it_shows_what_the_ledger_knows_and_what_the_queues_hold(self, place: Place) -> None:
        known = place.put("intake", DOCUMENT)
        place.put("events", EVENT, is_known=False)
        result = run(app, ["dlq", "list"])
        assert result.exit_code == 0
        header, line = result.stdout.splitlines()
        assert header.split("\t")[:2] == ["ID", "PLACE"]
        assert line.split("\t")[:3] == [known, "intake", "8"]
        assert "in the queues now: intake 1, events 1, stream 0" in result.stderr
        assert place.count("intake") == (1, 0)

    def test_json_is_a_line_a_queue(self, place: Place) -> None:
        known = place.put("intake", DOCUMENT)
        lines = [json.loads(line) for line in run(app, ["dlq", "list", "--json"]).stdout.splitlines()]
        assert {line["place"]: line["messages"] for line in lines} == {"intake": 1, "events": 0, "stream": 0}
        assert lines[0]["deadLetters"][0]["messageId"] == known
        assert lines[0]["deadLetters"][0]["about"] == [f"sqs://{known}"]


class TestShow:
    def test_it_shows_the_body(self, place: Place) -> None:
        message_id = place.put("events", EVENT)
        shown = json.loads(run(app, ["dlq", "show", message_id, "--json"]).stdout)
        assert json.loads(shown["body"]) == EVENT
        assert (shown["messageId"], shown["place"], shown["queue"]) == (message_id, "events", "events")
        assert place.count("events") == (1, 0)

    @pytest.mark.parametrize(("name", "reader"), [("intake", "Validate"), ("events", "Observe")])
    def test_it_says_where_the_error_of_a_given_up_message_is(
        self, place: Place, name: str, reader: str
    ) -> None:
        message_id = place.put(name, DOCUMENT)
        cause = json.loads(run(app, ["dlq", "show", message_id, "--json"]).stdout)["cause"]
        assert cause == (
            f"gave up after 8 deliveries; the error is in the log of the {reader} function: "
            f'search for "message not handled" and {message_id}'
        )
        assert f"cause\t{cause}" in run(app, ["dlq", "show", message_id]).stdout

    def test_it_says_why_eventbridge_could_not_deliver(self, place: Place) -> None:
        attributes = {"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "access denied", "TARGET_ARN": "arn:q"}
        typed: dict[str, Any] = {
            key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()
        }
        shown = json.loads(run(app, ["dlq", "show", place.put("events", EVENT, **typed), "--json"]).stdout)
        assert shown["cause"] == "EventBridge could not deliver it to arn:q: NO_PERMISSIONS: access denied"

    @pytest.mark.parametrize(
        ("body", "cause"),
        [
            (
                {"putAside": {"jobId": "jc-1", "changedAt": "x", "errors": ["AccessDenied", "KeyError"]}},
                "put aside because every retry would fail: AccessDenied, KeyError",
            ),
            (
                {"putAside": {"jobId": "jc-1", "changedAt": "x", "errors": ["SlowDown"], "permanent": False}},
                "put aside because it failed for 15 minutes: SlowDown",
            ),
            (
                {
                    "requestContext": {"condition": "RetryAttemptsExhausted"},
                    "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
                    "DDBStreamBatchInfo": {},
                },
                "Lambda gave up (RetryAttemptsExhausted): Unhandled; see the log of the Announce function",
            ),
        ],
        ids=["for good", "for a while", "by Lambda"],
    )
    def test_it_says_why_a_change_was_not_announced(self, place: Place, body: object, cause: str) -> None:
        shown = json.loads(run(app, ["dlq", "show", place.put("stream", body), "--json"]).stdout)
        assert shown["cause"] == cause

    def test_control_characters_do_not_reach_the_terminal(self, place: Place) -> None:
        queue = place.queues["intake"]
        body = "first\n  second\u009b31m"
        message_id = queue.client.send_message(QueueUrl=queue.url, MessageBody=body)["MessageId"]
        lines = run(app, ["dlq", "show", message_id]).stdout.splitlines()
        assert lines[-2:] == ["first", r"  second\u009b31m"]

    def test_an_unknown_one_is_answered_no(self, place: Place) -> None:
        place.put("intake", DOCUMENT)
        result = run(app, ["dlq", "show", "nobody"])
        assert (result.exit_code, result.stdout) == (1, "")
        assert "no dead letter has the id 'nobody'; see: jobchute dlq list" in result.stderr

    def test_one_that_is_gone_is_forgotten(self, place: Place) -> None:
        place.rows.add(letter("intake", "intake", "m-gone"))
        result = run(app, ["dlq", "show", "m-gone"])
        assert result.exit_code == 1
        assert "it was redriven or deleted, or its retention period has ended" in result.stderr
        assert place.rows.all() == []

    def test_one_that_somebody_else_looks_at_is_not_gone(self, place: Place) -> None:
        message_id = place.put("intake", DOCUMENT)
        with place.queues["intake"].looking(10):
            result = run(app, ["dlq", "redrive", message_id])
        assert result.exit_code == 2
        assert "another process is reading 1 of the dead letters" in result.stderr
        assert len(place.rows.all()) == 1


class TestRedrive:
    @pytest.mark.parametrize(("name", "body"), [("intake", DOCUMENT), ("events", EVENT)])
    def test_the_same_body_goes_back_to_where_it_came_from(self, place: Place, name: str, body: Any) -> None:
        other = place.put(name, {"other": 1})
        message_id = place.put(name, body)
        result = run(app, ["dlq", "redrive", message_id, "--json"])
        assert result.exit_code == 0
        done = json.loads(result.stdout)
        assert (done["messageId"], done["place"]) == (message_id, name)
        target = place.deployment.queue_url if name == "intake" else place.queues["to-observe"].url
        assert place.bodies(target) == [body]
        assert place.count(name) == (1, 0)
        assert [left.message_id for left in place.rows.all()] == [other]

    def test_attributes_go_along(self, place: Place) -> None:
        place.put("intake", DOCUMENT, team={"StringValue": "growth", "DataType": "String"})
        assert run(app, ["dlq", "redrive", "--all"]).exit_code == 0
        (message,) = runtime.client("sqs").receive_message(
            QueueUrl=place.deployment.queue_url, MessageAttributeNames=["All"]
        )["Messages"]
        assert message["MessageAttributes"]["team"]["StringValue"] == "growth"

    def test_whoever_waits_under_the_old_id_is_led_to_the_answer(self, place: Place) -> None:
        message_id = place.put("intake", DOCUMENT)
        done = json.loads(run(app, ["dlq", "redrive", message_id, "--json"]).stdout)
        found = runtime.client("s3").get_object(Bucket="jobs", Key=f"status-messages/{message_id}.json")
        pointer = json.loads(found["Body"].read())
        assert pointer["redriven"]["status"] == f"status-messages/{done['sentAs']}.json"

    def test_an_object_s_answer_stays_in_its_place(self, place: Place) -> None:
        s3 = {"bucket": {"name": "jobs"}, "object": {"key": "requests/a.json"}}
        record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}
        place.put("intake", {"Records": [record]})
        assert run(app, ["dlq", "redrive", "--all"]).exit_code == 0
        assert "Contents" not in runtime.client("s3").list_objects_v2(Bucket="jobs")

    def test_all_of_every_queue_go_back(self, place: Place) -> None:
        ids = {place.put("intake", {"n": n}) for n in range(13)} | {place.put("events", EVENT)}
        result = run(app, ["dlq", "redrive", "--all", "--json"])
        assert {json.loads(line)["messageId"] for line in result.stdout.splitlines()} == ids
        assert Queue(runtime.client("sqs"), place.deployment.queue_url).count() == (13, 0)
        assert place.queues["to-observe"].count() == (1, 0)
        assert place.count("intake") == place.count("events") == (0, 0)
        assert place.rows.all() == []

    @pytest.mark.usefixtures("place")
    def test_where_there_are_none_the_answer_is_no(self) -> None:
        result = run(app, ["dlq", "redrive", "--all"])
        assert result.exit_code == 1
        assert "there are no dead letters" in result.stderr

    @pytest.mark.usefixtures("place")
    @pytest.mark.parametrize("arguments", [[], ["m1", "--all"]])
    def test_what_to_redrive_must_be_said(self, arguments: list[str]) -> None:
        result = run(app, ["dlq", "redrive", *arguments])
        assert result.exit_code == 2
        assert "give either an ID or --all" in result.stderr

    def test_one_that_cannot_be_sent_is_not_deleted(self, place: Place) -> None:
        message_id = place.put("events", EVENT)
        runtime.client("sqs").delete_queue(QueueUrl=place.queues["to-observe"].url)
        assert run(app, ["dlq", "redrive", message_id]).exit_code == 2
        assert place.count("events") == (1, 0)
        assert len(place.rows.all()) == 1


class TestStreamFailures:
    @pytest.fixture
    def stream(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> str:
        # moto does not know the stream's endpoint of one account.
        monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
        dynamodb = runtime.client("dynamodb")
        dynamodb.update_table(
            TableName=place.deployment.table,
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        return str(dynamodb.describe_table(TableName=place.deployment.table)["Table"]["LatestStreamArn"])

    def failure(self, stream: str, **batch: Any) -> dict[str, Any]:
        info = {
            "streamArn": stream,
            "shardId": "shard-gone",
            "startSequenceNumber": "1",
            "endSequenceNumber": "1",
            "batchSize": 1,
            "approximateArrivalOfFirstRecord": "2026-11-21T10:05:01Z",
            "approximateArrivalOfLastRecord": "2026-11-21T10:05:02Z",
        }
        return {"DDBStreamBatchInfo": info | batch}

    def records(self, stream: str) -> tuple[str, list[Any]]:
        streams = runtime.client("dynamodbstreams")
        (shard,) = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
        iterator = streams.get_shard_iterator(
            StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        return shard["ShardId"], streams.get_records(ShardIterator=iterator)["Records"]

    def test_the_jobs_in_the_batch_are_told_again_and_no_others(self, place: Place, stream: str) -> None:
        ledger = place.deployment.ledger
        for number in range(3):
            ledger.add(replace(JOB, job_id=f"jc-{number}"))
        shard, records = self.records(stream)
        number = next(
            record["dynamodb"]["SequenceNumber"]
            for record in records
            if record["dynamodb"]["Keys"]["pk"]["S"] == "jc-1"
        )
        batch = {"shardId": shard, "startSequenceNumber": number, "endSequenceNumber": number}
        message_id = place.put("stream", self.failure(stream, **batch))
        result = run(app, ["dlq", "redrive", message_id, "--json"])
        assert json.loads(result.stdout)["jobIds"] == ["jc-1"]
        assert [ledger.get(f"jc-{number}").retold for number in range(3)] == [0, 1, 0]
        assert place.count("stream") == (0, 0)
        assert place.rows.all() == []

    def test_what_the_stream_has_forgotten_is_found_by_the_histories(
        self, place: Place, stream: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ledger = place.deployment.ledger
        later, earlier = "2026-11-21T12:00:00.000Z", "2026-11-21T09:00:00.000Z"
        moved_on = replace(
            JOB, job_id="jc-on", updated_at=later, history=(*JOB.history, {"state": "X", "at": later})
        )
        for job in (
            JOB,
            moved_on,
            replace(JOB, job_id="jc-later", updated_at=later, history=({"state": "X", "at": later},)),
            replace(JOB, job_id="jc-before", updated_at=earlier, history=({"state": "X", "at": earlier},)),
        ):
            ledger.add(job)
        monkeypatch.setattr("jobchute.cli.redrive._in_stream", lambda _: None)
        message_id = place.put("stream", self.failure(stream))
        result = run(app, ["dlq", "redrive", message_id, "--json"])
        assert sorted(json.loads(result.stdout)["jobIds"]) == ["jc-1", "jc-on"]

    def test_the_job_of_an_announcement_put_aside_is_told_again(self, place: Place) -> None:
        ledger = place.deployment.ledger
        for number in range(2):
            ledger.add(replace(JOB, job_id=f"jc-{number}"))
        record = {"jobId": "jc-1", "changedAt": JOB.updated_at, "errors": ["KeyTooLongError"]}
        message_id = place.put("stream", {"putAside": record})
        result = run(app, ["dlq", "redrive", message_id, "--json"])
        assert json.loads(result.stdout)["jobIds"] == ["jc-1"]
        assert [ledger.get(f"jc-{number}").retold for number in range(2)] == [0, 1]
        assert place.count("stream") == (0, 0)
        assert place.rows.all() == []

    def test_one_whose_job_is_gone_is_taken_away(self, place: Place) -> None:
        record = {"jobId": "jc-gone", "changedAt": JOB.updated_at, "errors": ["KeyTooLongError"]}
        message_id = place.put("stream", {"putAside": record})
        assert json.loads(run(app, ["dlq", "redrive", message_id, "--json"]).stdout)["jobIds"] == []
        assert place.count("stream") == (0, 0)

    def test_a_trimmed_stream_is_no_error(self) -> None:
        class Trimmed:
            def get_shard_iterator(self, **_: Any) -> Any:
                raise ClientError({"Error": {"Code": "TrimmedDataAccessException"}}, "GetShardIterator")

        batch = {"streamArn": "a", "shardId": "s", "startSequenceNumber": "1", "batchSize": 1}
        with tool_with(GivenClients({"dynamodbstreams": Trimmed()})):
            assert redrive._in_stream(batch) is None


def test_a_stack_of_an_older_version_is_told(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobchute.cli.stack.outputs_of", lambda _: {"DeadLetterQueueUrl": "https://q"})
    result = run(app, ["dlq", "list"])
    assert result.exit_code == 2
    assert "no output EventsQueueUrl, EventsDeadLetterQueueUrl, StreamFailuresQueueUrl" in result.stderr


class TestBeginningsOfIds:
    @pytest.mark.parametrize("command", [["show"], ["redrive"]])
    def test_a_letter_is_found_by_the_first_eight_characters(self, place: Place, command: list[str]) -> None:
        message_id = place.put("events", EVENT)
        result = run(app, ["dlq", *command, message_id[:8], "--json"])
        assert (result.exit_code, json.loads(result.stdout)["messageId"]) == (0, message_id)

    @pytest.mark.parametrize("command", [["show"], ["redrive"]])
    def test_several_are_listed_and_nothing_is_done(self, place: Place, command: list[str]) -> None:
        for last in "ab":
            place.rows.add(letter("events", "events", f"01234567-{last}"))
        result = run(app, ["dlq", *command, "01234567"])
        assert (result.exit_code, result.stdout) == (1, "")
        assert [line.strip() for line in result.stderr.splitlines()[1:]] == ["01234567-a", "01234567-b"]

    @pytest.mark.usefixtures("place")
    @pytest.mark.parametrize("command", [["show"], ["redrive"]])
    def test_an_empty_id_is_refused(self, command: list[str]) -> None:
        result = run(app, ["dlq", *command, ""])
        assert result.exit_code == 2
        assert "is empty" in result.stderr
