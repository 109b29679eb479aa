"""Notifications that S3 did not send, or not now: what they say of an object, only S3's answer confirms."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from jobchute.aws.s3_notifications import MAX_NOTIFICATIONS
from jobchute.job import Job, State
from tests.integration.handlers.files.many import deliver, go_on, lines, waiting
from tests.integration.handlers.world import BUCKET, World, keyed

KEY = "requests/theirs.json"


def told(key: str = KEY, bucket: str = BUCKET, **entry: Any) -> dict[str, Any]:
    s3 = {"bucket": {"name": bucket}, "object": {"key": key, **entry}}
    return {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}]}


def version_of(record: dict[str, Any]) -> str:
    return str(record["s3"]["object"]["versionId"])


@pytest.fixture
def theirs(world: World) -> Job:
    """Another sender's job, which has succeeded, and whose status document says so."""
    assert world.receive({"Records": [world.drop(KEY, keyed("theirs"))]}) == []
    (job,) = world.jobs()
    world.ledger().move(job.job_id, State.SUCCEEDED, world.now)
    world.announce()
    return world.job(job.job_id)


def errors(world: World, path: str) -> list[str]:
    return [error["code"] for error in world.status(path)["errors"]]


class TestOrder:
    @pytest.mark.parametrize("sequencer", ["Z" * 64, "F" * 64, "ZZZ", "", "ffff"])
    def test_no_sequencer_silences_a_key(self, world: World, sequencer: str) -> None:
        first = world.drop(KEY, keyed("first"))
        world.receive(told(versionId=version_of(first), sequencer=sequencer))
        world.announce()
        second = world.drop(KEY, keyed("second"))
        world.receive({"Records": [second]})
        world.announce()
        assert world.status("theirs.json.json")["idempotencyKey"] == "second"

    def test_an_old_version_that_is_told_again_replaces_nothing(self, world: World) -> None:
        old, new = (world.drop(KEY, keyed(name)) for name in ("old", "new"))
        world.receive({"Records": [new]})
        world.announce()
        world.receive(told(versionId=version_of(old), sequencer="F" * 64))
        world.announce()
        assert world.status("theirs.json.json")["idempotencyKey"] == "new"

    def test_a_notification_without_a_version_is_of_the_current_one(self, world: World, theirs: Job) -> None:
        world.receive(told())
        world.announce()
        (job,) = world.jobs()
        assert (job.source.version, job.duplicates) == (theirs.source.version, frozenset())

    def test_without_versions_two_deliveries_are_one_document(self, world: World) -> None:
        world.aws["s3"].create_bucket(Bucket="plain")
        world.aws["s3"].put_object(Bucket="plain", Key="a.json", Body=json.dumps({}))
        for sequencer in ("01", "02"):
            assert world.receive(told("a.json", "plain", sequencer=sequencer)) == []
        assert len(world.jobs()) == 1
        world.announce()
        assert world.status("status-buckets/plain/a.json.json")["state"] == "REJECTED"
        world.aws["s3"].put_object(Bucket="plain", Key="a.json", Body=json.dumps(keyed("now")))
        world.receive(told("a.json", "plain"))
        world.announce()
        assert world.status("status-buckets/plain/a.json.json")["idempotencyKey"] == "now"


class TestGone:
    @pytest.mark.parametrize("version", ["a" * 32, "7d9a0b4e-9f55-4d12-8f0a-000000000000"])
    def test_a_version_that_never_was_replaces_no_answer(self, world: World, theirs: Job, version: str) -> None:
        for sequencer in ("F" * 64, None):
            assert world.receive(told(versionId=version, sequencer=sequencer)) == []
            assert world.announce() == []
        assert world.status("theirs.json.json")["state"] == "SUCCEEDED"
        assert world.job(theirs.job_id).state is State.SUCCEEDED

    def test_an_object_that_is_gone_after_its_answer_keeps_it(self, world: World, theirs: Job) -> None:
        version = theirs.source.version
        world.aws["s3"].delete_object(Bucket=BUCKET, Key=KEY, VersionId=version)
        world.receive(told(versionId=version))
        world.announce()
        assert world.status("theirs.json.json")["state"] == "SUCCEEDED"

    def test_a_missing_answer_is_made_and_a_true_one_replaces_it(self, world: World) -> None:
        world.receive(told())
        world.announce()
        assert errors(world, "theirs.json.json") == ["OBJECT_GONE"]
        world.receive({"Records": [world.drop(KEY, keyed("now"))]})
        world.announce()
        assert world.status("theirs.json.json")["idempotencyKey"] == "now"

    def test_a_delete_marker_is_gone(self, world: World, theirs: Job) -> None:
        marker = world.aws["s3"].delete_object(Bucket=BUCKET, Key=KEY)["VersionId"]
        assert world.receive(told(versionId=marker)) == []
        world.announce()
        assert world.status("theirs.json.json")["jobId"] == theirs.job_id

    def test_a_finished_file_that_is_gone_stays_as_it_is(self, world: World) -> None:
        record = world.drop("requests/many.jsonl", lines(4))
        deliver(world, {"Records": [record]}, looks=2)
        (message,) = waiting(world)
        deliver(world, message["Body"])
        before = world.status("many.jsonl.json")
        world.aws["s3"].delete_object(Bucket=BUCKET, Key="requests/many.jsonl", VersionId=version_of(record))
        for body in (message["Body"], {"Records": [record]}):
            assert deliver(world, body) == []
            world.announce()
        assert before["progress"]["finished"] is True
        assert world.status("many.jsonl.json") == before


class TestBuckets:
    def test_a_bucket_that_is_not_configured_is_not_asked(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as closed:
            closed.setattr(world.parts.own_objects.client, "get_object", lambda **_: pytest.fail("asked"))
            assert world.receive(told("a.json", "elsewhere")) == []
        world.announce()
        answer = world.status("status-buckets/elsewhere/a.json.json")
        assert answer["errors"][0]["code"] == "BUCKET_NOT_ALLOWED"
        assert "jobchute:buckets" in answer["errors"][0]["message"]

    @pytest.mark.parametrize("bucket", ["..", "A_B", "a b", "arn:aws:s3:::drop", "drop/requests"])
    def test_an_odd_bucket_is_the_message_s_mistake(self, world: World, bucket: str) -> None:
        assert world.receive(told("a.json", bucket)) == []
        world.announce()
        assert errors(world, "status-messages/m0.json") == ["MALFORMED_NOTIFICATION"]

    @pytest.mark.parametrize("code", ["AccessDenied", "PermanentRedirect", "KMS.DisabledException"])
    def test_another_bucket_that_may_not_be_read_is_a_rejection(
        self, world: World, monkeypatch: pytest.MonkeyPatch, code: str
    ) -> None:
        _refusing(world, monkeypatch, code)
        assert world.receive(told("a.json", "plain")) == []
        world.announce()
        assert errors(world, "status-buckets/plain/a.json.json") == ["OBJECT_UNREADABLE"]

    def test_a_bucket_that_is_gone_is_a_rejection(self, world: World) -> None:
        assert world.receive(told("a.json", "uploads")) == []
        assert [job.state for job in world.jobs()] == [State.REJECTED]

    @pytest.mark.parametrize("code", ["InvalidArgument", "InvalidObjectState", "InvalidRequest"])
    def test_what_is_never_readable_is_rejected_and_replaces_nothing(
        self, world: World, theirs: Job, monkeypatch: pytest.MonkeyPatch, code: str
    ) -> None:
        """A version id that cannot be: it made a message fail eight times, and a dead letter of it."""
        _refusing(world, monkeypatch, code)
        assert world.receive(told(versionId="no version")) == []
        world.announce()
        assert world.status("theirs.json.json")["jobId"] == theirs.job_id

    @pytest.mark.parametrize("code", ["AccessDenied", "SlowDown", "KMS.DisabledException"])
    def test_trouble_with_the_stack_s_own_bucket_comes_back(
        self, world: World, monkeypatch: pytest.MonkeyPatch, code: str
    ) -> None:
        _refusing(world, monkeypatch, code)
        assert world.receive(told()) == ["m0"]


class TestMany:
    def test_an_object_that_is_named_many_times_is_taken_once(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (record,) = told()["Records"]
        opened: list[str] = []
        client = world.parts.own_objects.client
        get = client.get_object

        def recording(**request: Any) -> Any:
            opened.append(request["Key"])
            return get(**request)

        monkeypatch.setattr(client, "get_object", recording)
        world.drop(KEY, keyed("k"))
        assert world.receive({"Records": [record] * 60}) == []
        assert opened == [KEY]

    def test_each_of_several_has_a_message_of_its_own(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        records = [world.drop(f"requests/{name}.json", keyed(name)) for name in "abc"]
        assert world.receive({"Records": records}) == []
        assert world.jobs() == []
        messages = waiting(world)
        with monkeypatch.context() as broken:
            _refusing(world, broken, "AccessDenied", key="requests/b.json")
            failed = world.receive(*(message["Body"] for message in messages))
        assert (len(messages), len(failed), len(world.jobs())) == (3, 1, 2)

    def test_the_same_message_of_several_may_be_repeated(self, world: World) -> None:
        records = [world.drop(f"requests/{name}.json", keyed(name)) for name in "ab"]
        for _ in range(8):
            assert world.receive({"Records": records}) == []
        go_on(world)
        assert len(world.jobs()) == 2

    def test_more_than_a_message_may_name_are_rejected(self, world: World) -> None:
        records = [
            each for number in range(MAX_NOTIFICATIONS + 1) for each in told(f"requests/{number}")["Records"]
        ]
        assert world.receive({"Records": records}) == []
        world.announce()
        assert errors(world, "status-messages/m0.json") == ["TOO_MANY_NOTIFICATIONS"]


def _refusing(world: World, monkeypatch: pytest.MonkeyPatch, code: str, *, key: str = "") -> None:
    """S3 refuses to read an object, or any but status documents."""
    client = world.parts.own_objects.client
    get = client.get_object

    def refuse(**request: Any) -> Any:
        if request["Key"].startswith(key) and not request["Key"].startswith("status"):
            raise ClientError({"Error": {"Code": code, "Message": code}}, "GetObject")
        return get(**request)

    monkeypatch.setattr(client, "get_object", refuse)
