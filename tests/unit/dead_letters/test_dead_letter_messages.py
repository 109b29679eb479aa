"""What a message tells of a dead letter, what its status document says, and what retold moves are."""

import json
from typing import Any

import pytest

from jobchute.aws.queues import Message
from jobchute.dead_letters.handle import status_of_dead_letter
from jobchute.dead_letters.messages import DeadLetterKind, about, job_ids_in, jobs_put_aside, message_sources
from jobchute.job import Api, State, iso, job_id_for_key
from jobchute.ledger.dead_letters import DeadLetter
from jobchute.lifecycle.announce import after_move
from jobchute.providers.registry import SPECS
from jobchute.status.console_links import links_of
from tests.builders import NOW, a_job, a_source

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:Jobs"
DOCUMENT = {"api": "braket:CreateJob", "request": {"roleArn": "secret"}, "idempotencyKey": "nightly"}
# Deeper than json.loads goes on any supported Python.
DEEP = "[" * 200_000
WORK_ID = "ab" * 32


def nothing_left(_: str) -> None:
    """No work is left under any id."""


def message(body: object) -> Message:
    text = body if isinstance(body, str) else json.dumps(body)
    return Message(message_id="m1", receipt="r", body=text, receive_count=9, sent_at=NOW, attributes={})


def notification(key: str, bucket: str = "drop", **entry: Any) -> dict[str, Any]:
    s3 = {"bucket": {"name": bucket}, "object": {"key": key, **entry}}
    return {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}


class TestSources:
    def test_a_document_in_a_message_is_the_message(self) -> None:
        (source,) = message_sources(message(DOCUMENT), "drop", nothing_left)
        assert (source.uri, source.status_key) == ("sqs://m1", "status-messages/m1.json")

    def test_an_announced_object_is_its_very_version(self) -> None:
        entry = {"versionId": "v7", "sequencer": "FFFF"}
        (source,) = message_sources(
            message({"Records": [notification("requests/a+b.json", **entry)]}), "drop", nothing_left
        )
        assert source.uri == "s3://drop/requests/a b.json"
        assert (source.version, source.sequencer) == ("v7", "")
        assert source.status_key == "status/a b.json.json"

    def test_another_bucket_s_object_is_answered_below_its_name(self) -> None:
        (source,) = message_sources(
            message({"Records": [notification("in/a.json", "uploads")]}), "drop", nothing_left
        )
        assert source.status_key == "status-buckets/uploads/in/a.json.json"

    def test_a_continuation_is_what_its_row_names(self) -> None:
        source = a_source()
        assert message_sources(message({"continue": WORK_ID}), "drop", {WORK_ID: source}.get) == [source]
        assert message_sources(message({"continue": WORK_ID}), "drop", nothing_left) == []

    @pytest.mark.parametrize("key", ["status/a.json", "requests/folder/"])
    def test_what_is_no_request_has_no_answer(self, key: str) -> None:
        assert message_sources(message({"Records": [notification(key)]}), "drop", nothing_left) == []

    @pytest.mark.parametrize("key", ["requests/" + "a" * 1016, "requests/\ud800.json"])
    def test_what_cannot_be_a_key_of_s3_is_the_message_s_mistake(self, key: str) -> None:
        (source,) = message_sources(message({"Records": [notification(key)]}), "drop", nothing_left)
        assert source.uri == "sqs://m1"

    def test_the_longest_key_has_an_answer_that_s3_takes(self) -> None:
        (source,) = message_sources(
            message({"Records": [notification("requests/" + "a" * 1015)]}), "drop", nothing_left
        )
        assert source.status_key.startswith("status-long/")

    @pytest.mark.parametrize("body", ["{not json", "api: braket:CreateJob", DEEP, {"Type": "Notification"}])
    def test_what_cannot_be_read_is_the_message_still(self, body: object) -> None:
        (source,) = message_sources(message(body), "drop", nothing_left)
        assert source.uri == "sqs://m1"


class TestJobIds:
    def test_of_a_document_it_is_the_job_s_that_it_would_make(self) -> None:
        assert job_ids_in(json.dumps(DOCUMENT)) == [job_id_for_key("nightly")]

    @pytest.mark.parametrize(
        "body", ['{"cancel": "x"}', "[1]", "{", DEEP, '{"api": "braket:CreateJob", "request": {"a": NaN}}']
    )
    def test_of_anything_else_none_is_known(self, body: str) -> None:
        assert job_ids_in(body) == []


class TestAbout:
    @pytest.mark.parametrize("api", [api for api in Api if SPECS[api].events])
    def test_an_event_is_about_its_provider_s_job(self, api: Api) -> None:
        events = SPECS[api].events
        assert events is not None
        event = {"detail-type": events.detail_type, "detail": {events.arn_field: "arn:of:it"}}
        assert about(DeadLetterKind.EVENTS, json.dumps(event)) == ("arn:of:it",)

    def test_another_event_is_about_its_kind(self) -> None:
        event = {"detail-type": "Scheduled Event", "detail": {}}
        assert about(DeadLetterKind.EVENTS, json.dumps(event)) == ("Scheduled Event",)

    def test_a_stream_failure_is_about_its_part_of_the_stream(self) -> None:
        batch = {"startSequenceNumber": "7", "endSequenceNumber": "9", "batchSize": 3}
        body = json.dumps({"DDBStreamBatchInfo": batch})
        assert about(DeadLetterKind.STREAM, body) == ("3 changes, 7 to 9",)

    def test_an_announcement_put_aside_names_its_errors_and_its_job(self) -> None:
        record = {"jobId": "jc-7", "changedAt": iso(NOW), "errors": ["KeyTooLongError"], "permanent": True}
        body = json.dumps({"putAside": record})
        assert about(DeadLetterKind.STREAM, body) == (f"a change of {iso(NOW)}: KeyTooLongError",)
        assert jobs_put_aside(body) == ("jc-7",)

    @pytest.mark.parametrize("place", DeadLetterKind)
    @pytest.mark.parametrize("body", ["", "{}", "[]", '{"detail-type": 1, "detail": 2}', DEEP])
    def test_what_cannot_be_read_is_about_nothing(self, place: DeadLetterKind, body: str) -> None:
        assert about(place, body) == ()

    def test_what_it_says_is_short_and_can_be_written_down(self) -> None:
        (text,) = about(DeadLetterKind.EVENTS, json.dumps({"detail-type": "\ud800" + "x" * 999, "detail": {}}))
        assert len(text.encode()) == 300


def test_the_status_document_has_no_state_and_says_what_to_do() -> None:
    letter = DeadLetter(
        queue="q",
        place=DeadLetterKind.INTAKE,
        message_id="m1",
        first_seen_at=iso(NOW),
        sent_at=iso(NOW - 60),
        deliveries=8,
    )
    document = status_of_dead_letter(a_source(version="v7"), letter)
    assert "state" not in document
    assert document["deadLetter"]["messageId"] == "m1"
    assert document["source"]["version"] == "v7"
    assert "after 8 deliveries; an operator must redrive it" in document["note"]
    assert "jobchute dlq redrive m1" in document["note"]


def test_moves_that_are_told_again_are_those_of_the_history() -> None:
    history = (
        {"state": "QUEUED", "at": iso(NOW)},
        {"state": "SUBMITTING", "at": iso(NOW + 1)},
        {"state": "FAILED", "at": iso(NOW + 2), "reason": "no such role"},
    )
    job = a_job(state=State.FAILED, history=history, moves=3, reason="no such role")
    moves = [after_move(job, number) for number in (1, 2, 3)]
    assert [(move.moves, move.state, move.reason) for move in moves] == [
        (1, State.QUEUED, None),
        (2, State.SUBMITTING, None),
        (3, State.FAILED, "no such role"),
    ]
    assert [len(move.history) for move in moves] == [1, 2, 3]


class TestLinks:
    def test_a_running_job_links_to_itself_its_execution_and_logs(self) -> None:
        job = a_job(provider_id="arn", logs="/aws/sagemaker/TrainingJobs:churn/")
        links = links_of(job, MACHINE)
        base = "https://eu-west-1.console.aws.amazon.com"
        assert links["job"] == f"{base}/sagemaker/home?region=eu-west-1#/jobs/churn"
        execution = f"arn:aws:states:eu-west-1:123456789012:execution:Jobs:{job.job_id}"
        assert links["execution"] == f"{base}/states/home?region=eu-west-1#/v2/executions/details/{execution}"
        group = "$252Faws$252Fsagemaker$252FTrainingJobs$3FlogStreamNameFilter$3Dchurn$252F"
        assert links["logs"].endswith(f"#logsV2:log-groups/log-group/{group}")

    def test_a_job_that_waits_has_an_execution_alone(self) -> None:
        assert set(links_of(a_job(), MACHINE)) == {"execution"}

    def test_a_rejection_has_none(self) -> None:
        assert links_of(a_job(api=None, state=State.REJECTED), MACHINE) == {}

    def test_fireworks_has_no_page_in_the_console(self) -> None:
        links = links_of(a_job(api=Api.FIREWORKS_JOB, provider_id="17"), MACHINE)
        assert set(links) == {"execution"}

    def test_other_partitions_have_their_own_console(self) -> None:
        links = links_of(a_job(), MACHINE.replace("arn:aws:", "arn:aws-us-gov:"))
        assert links["execution"].startswith("https://eu-west-1.console.amazonaws-us-gov.com/states/")
