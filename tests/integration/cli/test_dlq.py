"""jobchute dlq: over the queues and the ledger of moto."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.aws.queues import Queue
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from tests.integration.cli.dead_letter_queues import Place, letter

run = CliRunner().invoke
DOCUMENT = {"cancel": "nightly"}
EVENT = {"detail-type": "Braket Job State Change", "detail": {"jobArn": "arn:of:it"}}


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


def test_a_stack_of_an_older_version_is_told(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = [{"OutputKey": "DeadLetterQueueUrl", "OutputValue": "https://q"}]
    described = {"Stacks": [{"Outputs": outputs}]}
    monkeypatch.setattr(runtime.client("cloudformation"), "describe_stacks", lambda **_: described)
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
