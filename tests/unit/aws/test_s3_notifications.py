"""S3 notifications in all the shapes in which a queue gets them."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobchute.aws.s3_notifications import MalformedNotification, ObjectCreated, notifications_in
from tests.paths import EVENTS

MESSAGES = EVENTS / "messages"


def record(**changes: Any) -> dict[str, Any]:
    entry = {"key": "requests/a.json", "size": 12, "versionId": "v1", "sequencer": "0055AED6DCD90281E5"}
    s3 = {"bucket": {"name": "bucket"}, "object": entry | changes.pop("object", {})}
    return {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3} | changes


def event(**changes: Any) -> dict[str, Any]:
    entry = {"key": "requests/a b+c%2F.json", "size": 12, "version-id": "v1", "sequencer": "00"}
    detail = {"bucket": {"name": "bucket"}, "object": entry | changes.pop("object", {})}
    return {"source": "aws.s3", "detail-type": "Object Created", "detail": detail} | changes


def in_sns(body: object) -> dict[str, str]:
    return {"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "Message": json.dumps(body)}


TEST_EVENT = {
    "Service": "Amazon S3",
    "Event": "s3:TestEvent",
    "Time": "2026-05-01T00:00:00.000Z",
    "Bucket": "b",
}
LONG_TEST_EVENT = TEST_EVENT | {"RequestId": "5582815E1AEA5ADF", "HostId": "8cLeGAmw098X5cv4"}


def test_plain_notification() -> None:
    created = ObjectCreated("bucket", "requests/a.json", "v1")
    assert notifications_in({"Records": [record()]}) == [created]


def test_several_records_keep_their_order() -> None:
    names = ["ObjectCreated:Put", "ObjectRemoved:Delete", "s3:ObjectCreated:Copy", "ObjectRestore:Completed"]
    records = [record(eventName=name, object={"key": f"k{n}"}) for n, name in enumerate(names)]
    found = notifications_in({"Records": records})
    assert found is not None
    assert [created.key for created in found] == ["k0", "k2"]


def test_removed_objects_and_no_records_at_all_are_nothing_to_do() -> None:
    assert notifications_in({"Records": [record(eventName="ObjectRemoved:Delete", s3={})]}) == []
    assert notifications_in({"Records": []}) == []


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("requests/a+b.json", "requests/a b.json"),
        ("requests/a%2Bb.json", "requests/a+b.json"),
        ("requests/%C3%A9%26.json", "requests/é&.json"),
        ("requests/100%25.json", "requests/100%.json"),
    ],
)
def test_keys_are_decoded_in_s3_notifications(encoded: str, key: str) -> None:
    found = notifications_in({"Records": [record(object={"key": encoded})]})
    assert found is not None
    assert found[0].key == key


def test_keys_are_taken_as_they_are_from_eventbridge() -> None:
    assert notifications_in(event()) == [ObjectCreated("bucket", "requests/a b+c%2F.json", "v1")]


def test_what_s3_leaves_out_is_none() -> None:
    body = record()
    for name in ("size", "versionId", "sequencer"):
        del body["s3"]["object"][name]
    assert notifications_in({"Records": [body]}) == [ObjectCreated("bucket", "requests/a.json")]
    odd = record(object={"size": True, "versionId": "", "sequencer": 1})
    assert notifications_in({"Records": [odd]}) == [ObjectCreated("bucket", "requests/a.json")]


def test_other_s3_events_from_eventbridge_are_nothing_to_do() -> None:
    assert notifications_in(event(**{"detail-type": "Object Deleted"})) == []


@pytest.mark.parametrize("body", [TEST_EVENT, LONG_TEST_EVENT])
def test_test_event_is_nothing_to_do(body: dict[str, str]) -> None:
    assert notifications_in(body) == []
    assert notifications_in(in_sns(body)) == []


def test_sns_wraps_both_kinds_of_notification() -> None:
    for body in ({"Records": [record(), record()]}, event()):
        assert notifications_in(in_sns(body)) == notifications_in(body)


@pytest.mark.parametrize(
    "body",
    [
        {"api": "braket:CreateJob", "request": {}},
        {"cancel": "jc-1"},
        {},
        [],
        None,
        "text",
        1,
        {"Records": "none"},
        {"Records": [1]},
        {"Records": [{"id": 1}]},
        {"Type": "Notification"},
        {"source": "aws.s3"},
        {"Event": "launch"},
    ],
)
def test_anything_else_is_a_request_document(body: object) -> None:
    assert notifications_in(body) is None


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"Records": [record(), record(s3={"object": {"key": "k"}})]}, r"Records\[1\].s3.bucket is missing"),
        (
            {"Records": [record(s3={"object": {"key": "k"}, "bucket": {}})]},
            r"Records\[0\].s3.bucket.name is missing",
        ),
        ({"Records": [record(s3=None)]}, r"Records\[0\].s3 is missing"),
        ({"Records": [record(s3={"bucket": {"name": "bucket"}})]}, r"Records\[0\].s3.object is missing"),
        ({"Records": [record(object={"key": ""})]}, r"Records\[0\].s3.object.key is missing"),
        ({"Records": [record(object={"key": 1})]}, r"Records\[0\].s3.object.key is missing"),
        (
            {"Records": [record(object={"key": "%FF"})]},
            r"Records\[0\].s3.object.key is not percent-encoded UTF-8",
        ),
        ({"Records": [record(eventName=None)]}, r"Records\[0\].eventName is missing"),
        (
            {"Records": [record(eventSource="aws:sqs")]},
            r"Records\[0\].eventSource is 'aws:sqs' and not 'aws:s3'",
        ),
        (event(detail=[]), "detail is missing"),
        (event(detail={"object": {"key": "k"}}), "detail.bucket is missing"),
        (event(detail={"bucket": {"name": "bucket"}}), "detail.object is missing"),
        (event(detail={"bucket": {}, "object": {"key": "k"}}), "detail.bucket.name is missing"),
        (event(object={"key": None}), "detail.object.key is missing"),
        (event(source="aws.sagemaker"), "source is 'aws.sagemaker' and not 'aws.s3'"),
        ({"Type": "Notification", "Message": 1}, "Message is not a string"),
        ({"Type": "Notification", "Message": "hello"}, "Message, which SNS delivered, is not JSON"),
        ({"Type": "Notification", "Message": "[" * 100_000}, "Message, which SNS delivered, is not JSON"),
        (
            in_sns({"api": "braket:CreateJob"}),
            "Message, which SNS delivered, is not an S3 notification; .* raw message delivery",
        ),
        (in_sns(in_sns(event())), "Message, which SNS delivered, is not an S3 notification"),
        (
            {"Type": "SubscriptionConfirmation", "TopicArn": "arn:aws:sns:x"},
            "SNS waits for the queue's subscription to arn:aws:sns:x to be confirmed",
        ),
    ],
)
def test_malformed_notification_is_told_by_what_is_missing(body: object, what: str) -> None:
    with pytest.raises(MalformedNotification, match=f"^{what}"):
        notifications_in(body)


@pytest.mark.parametrize("bucket", ["B", "a", "my bucket", "../up", "a" * 64, "bücket", "arn:aws:s3:::b"])
def test_an_odd_bucket_is_told(bucket: str) -> None:
    s3 = {"bucket": {"name": bucket}, "object": {"key": "k"}}
    with pytest.raises(MalformedNotification, match="which is not a valid bucket name"):
        notifications_in({"Records": [record(s3=s3)]})


@pytest.mark.parametrize(
    "entry", [{"key": "a" * 1025}, {"key": "\ud800"}, {"version-id": "v" * 1025}, {"version-id": "\udfff"}]
)
def test_a_key_or_version_that_cannot_be_is_told(entry: dict[str, str]) -> None:
    with pytest.raises(MalformedNotification, match="an invalid key or version"):
        notifications_in(event(object=entry))


def test_what_it_says_of_order_and_size_is_not_read() -> None:
    claims = [{"sequencer": "0"}, {"sequencer": "ZZZ"}, {"sequencer": "F" * 64, "size": 10**12}]
    found = [notifications_in({"Records": [record(object=claim)]}) for claim in claims]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("path", sorted(MESSAGES.glob("*.json")), ids=lambda path: path.stem)
def test_sample_messages_are_told_apart(path: Path) -> None:
    found = notifications_in(json.loads(path.read_bytes()))
    if path.stem == "s3-test-event":
        assert found == []
    elif path.stem.startswith("s3-"):
        assert found
    else:
        assert found is None
