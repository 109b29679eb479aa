"""The handler that validates, from a dropped file or a message to the job's row."""

import json
from typing import Any, cast

import pytest

from jobchute.job import Api, State, job_id_for_key
from jobchute.ledger.jobs import Ledger
from tests.apis import REQUESTS
from tests.integration.handlers.files.many import go_on
from tests.integration.handlers.world import BUCKET, VALID, World, keyed
from tests.paths import EVENTS


def message(name: str, **replacements: str) -> Any:
    """A sample message, with its bucket and version replaced by ours."""
    text = (EVENTS / "messages" / f"{name}.json").read_text()
    for old, new in {"amzn-s3-demo-bucket": BUCKET, **replacements}.items():
        text = text.replace(old, new)
    return json.loads(text)


class TestValidate:
    def test_of_a_batch_only_the_failed_message_comes_back(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        start = world.parts.executions.start

        def start_all_but_one(executions: object, job: Any) -> bool:
            if job.idempotency_key == "poison":
                raise TimeoutError("Step Functions does not answer")
            return start(job)

        monkeypatch.setattr("jobchute.aws.executions.Executions.start", start_all_but_one)
        keys = ["poison" if number == 4 else f"k{number}" for number in range(10)]
        assert world.receive(*map(keyed, keys)) == ["m4"]
        assert world.executions() == sorted(job_id_for_key(key) for key in keys if key != "poison")

    def test_a_permanent_error_is_answered_and_does_not_come_back(self, world: World) -> None:
        bad = [b"{", "nonsense", {"api": "x"}, [1], {"Type": "Notification", "Message": 7}]
        bodies = [body.decode() if isinstance(body, bytes) else body for body in bad]
        assert world.receive(*bodies) == []
        assert {job.state for job in world.jobs()} == {State.REJECTED}
        assert len(world.jobs()) == len(bad)

    def test_when_every_message_fails_every_message_comes_back(self, world: World) -> None:
        world.parts.intake = cast("Any", None)
        assert world.receive(keyed("a"), keyed("b")) == ["m0", "m1"]

    def test_a_dropped_file_becomes_a_queued_job_with_an_execution(self, world: World) -> None:
        assert world.receive({"Records": [world.drop("requests/a b/churn.json", VALID)]}) == []
        (job,) = world.jobs()
        assert (job.state, job.api, job.source.uri) == (
            State.QUEUED,
            Api.TRAINING_JOB,
            f"s3://{BUCKET}/requests/a b/churn.json",
        )
        assert world.executions() == [job.job_id]
        assert world.announce() == []
        assert world.status("a b/churn.json.json")["jobId"] == job.job_id

    @pytest.mark.parametrize("name", ["s3-notification", "s3-notification-by-sns", "s3-event-by-eventbridge"])
    def test_a_notification_is_read_plain_by_sns_and_by_eventbridge(self, world: World, name: str) -> None:
        key = "requests/growth team/churn nightly.yaml"
        body = (EVENTS / "requests" / "churn-nightly.yaml").read_bytes()
        version = world.drop(key, body)["s3"]["object"]["versionId"]
        assert world.receive(message(name, yd3d4HaWOT2zguDLvIQLU6ptDTwKBnQV=version)) == []
        (job,) = world.jobs()
        assert (job.state, job.source.version) == (State.QUEUED, version)

    def test_every_object_that_a_notification_names_is_taken_once(self, world: World) -> None:
        records = [world.drop(f"requests/{name}.json", keyed(name)) for name in "abc"]
        assert world.receive({"Records": [*records, *records]}) == []
        assert go_on(world) == 3
        assert len(world.jobs()) == 3

    @pytest.mark.parametrize(
        "body",
        [
            message("s3-test-event"),
            {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectRemoved:Delete", "s3": {}}]},
            {"source": "aws.s3", "detail-type": "Object Deleted", "detail": {}},
        ],
        ids=["test event", "removal", "removal by EventBridge"],
    )
    def test_what_announces_no_new_object_is_nothing_to_do(self, world: World, body: object) -> None:
        assert world.receive(body) == []
        assert world.jobs() == []

    def test_what_is_not_under_requests_is_nothing_to_do(self, world: World) -> None:
        records = [world.drop(key, VALID) for key in ("status/a.json", "other.json", "requests/folder/")]
        assert world.receive({"Records": records}) == []
        assert world.jobs() == []

    def test_the_bare_form_takes_its_api_from_its_path(self, world: World) -> None:
        record = world.drop("requests/sagemaker/create-training-job/churn.json", VALID["request"])
        world.receive({"Records": [record]})
        assert [job.api for job in world.jobs()] == [Api.TRAINING_JOB]

    def test_a_file_has_a_status_document_and_so_has_each_document(self, world: World) -> None:
        lines = [json.dumps(keyed("a")), "{", json.dumps(keyed("b")), json.dumps(keyed("a"))]
        record = world.drop("requests/many.jsonl", "\n".join(lines).encode())
        assert world.receive({"Records": [record]}) == []
        world.announce()
        summary = world.status("many.jsonl.json")
        assert [summary[each] for each in ("accepted", "rejected", "duplicate")] == [2, 1, 1]
        assert world.status("status-documents/requests/many.jsonl/1.json")["state"] == "REJECTED"
        assert world.status("status-documents/requests/many.jsonl/2.json")["idempotencyKey"] == "b"
        assert world.status("status-documents/requests/many.jsonl/3.json")["duplicate"] is True

    @pytest.mark.parametrize("name", sorted(path.name for path in (EVENTS / "requests").glob("*.*")))
    def test_every_sample_file_is_taken(self, world: World, name: str) -> None:
        record = world.drop(f"requests/{name}", (EVENTS / "requests" / name).read_bytes())
        assert world.receive({"Records": [record]}) == []
        world.announce()
        assert f"{name}.json" in world.statuses()
        is_rejected = any(job.state is State.REJECTED for job in world.jobs())
        assert is_rejected == name.startswith("invalid")

    def test_a_rejected_file_says_what_is_wrong_by_field(self, world: World) -> None:
        request = {**VALID["request"], "TrainingJobNme": "x", "RoleArn": "nobody"}
        world.receive(
            {"Records": [world.drop("requests/bad.json", {**VALID, "request": request, "lables": {}})]}
        )
        world.announce()
        first = world.status("bad.json.json")
        assert (first["state"], first["errors"][0]["path"]) == ("REJECTED", "lables")
        world.receive({"Records": [world.drop("requests/bad2.json", {**VALID, "request": request})]})
        world.announce()
        errors = {error["path"]: error["code"] for error in world.status("bad2.json.json")["errors"]}
        assert errors["request.TrainingJobNme"] == "UNKNOWN_KEY"
        assert "request.RoleArn" in errors

    def test_a_role_that_is_not_allowed_is_a_rejection(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JOBCHUTE_GUARD_RAILS", '{"roles": []}')
        world.receive(VALID)
        (job,) = world.jobs()
        assert [problem["code"] for problem in job.problems] == ["ROLE_NOT_ALLOWED"]

    def test_a_role_of_another_account_is_a_rejection(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JOBCHUTE_PLACE", "us-east-1:444455556666")
        world.receive(VALID)
        (job,) = world.jobs()
        assert "WRONG_ACCOUNT" in [problem["code"] for problem in job.problems]

    def test_an_api_that_the_region_does_not_have_is_a_rejection(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JOBCHUTE_PLACE", "eu-central-1:123456789012")
        world.receive({"api": "braket:CreateJob", "request": REQUESTS[Api.BRAKET_JOB]})
        (job,) = world.jobs()
        assert [problem["code"] for problem in job.problems] == ["NOT_IN_REGION"]

    def test_an_object_that_is_gone_is_answered(self, world: World) -> None:
        record = world.drop("requests/gone.json", VALID)
        version = record["s3"]["object"]["versionId"]
        world.aws["s3"].delete_object(Bucket=BUCKET, Key="requests/gone.json", VersionId=version)
        assert world.receive({"Records": [record]}) == []
        assert [problem["code"] for job in world.jobs() for problem in job.problems] == ["OBJECT_GONE"]

    def test_the_version_that_was_announced_is_what_is_read(self, world: World) -> None:
        record = world.drop("requests/a.json", keyed("first"))
        world.drop("requests/a.json", keyed("second"))
        world.receive({"Records": [record]})
        assert [job.idempotency_key for job in world.jobs()] == ["first"]


class TestIdentity:
    def test_a_message_delivered_twice_is_one_job(self, world: World) -> None:
        record = world.drop("requests/a.json", VALID)
        for _ in range(3):
            assert world.receive({"Records": [record]}) == []
        (job,) = world.jobs()
        assert (job.duplicates, world.executions()) == (frozenset(), [job.job_id])

    def test_a_repeated_delivery_starts_the_missing_execution(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr("jobchute.aws.executions.Executions.start", lambda *_: 1 / 0)
            assert world.receive(VALID) == ["m0"]
        assert world.executions() == []
        assert world.receive(VALID) == []
        assert world.executions() == [job.job_id for job in world.jobs()]

    def test_the_same_request_from_elsewhere_is_told_which_job_it_is(self, world: World) -> None:
        for name in "ab":
            world.receive({"Records": [world.drop(f"requests/{name}.json", VALID)]})
        world.announce()
        (job,) = world.jobs()
        answer = world.status("b.json.json")
        assert (answer["duplicate"], answer["jobId"]) == (True, job.job_id)
        assert "idempotencyKey" in answer["note"]
        assert "duplicate" not in world.status("a.json.json")

    def test_the_status_document_of_a_duplicate_follows_the_job(self, world: World) -> None:
        for name in "ab":
            world.receive({"Records": [world.drop(f"requests/{name}.json", VALID)]})
        (job,) = world.jobs()
        world.dispatch(job.job_id)
        world.announce()
        assert world.status("b.json.json")["state"] == world.status("a.json.json")["state"] == "SUBMITTED"

    def test_another_body_under_a_used_key_is_a_rejection(self, world: World) -> None:
        world.receive(keyed("k"), keyed("k", request={**VALID["request"], "TrainingJobName": "other"}))
        accepted, rejected = sorted(world.jobs(), key=lambda job: job.state)
        assert (accepted.state, rejected.state) == (State.QUEUED, State.REJECTED)
        assert rejected.problems[0]["code"] == "KEY_USED"
        assert accepted.job_id in rejected.problems[0]["message"]

    def test_an_older_version_replaces_no_newer_status_document(self, world: World) -> None:
        old = world.drop("requests/a.json", keyed("old"))
        new = world.drop("requests/a.json", keyed("new"))
        world.receive({"Records": [new]})
        world.announce()
        world.receive({"Records": [old]})
        world.announce()
        for job in world.jobs():
            world.dispatch(job.job_id)
        world.announce()
        assert world.status("a.json.json")["idempotencyKey"] == "new"

    @pytest.mark.parametrize("late", ["dry run", "cancellation", "file of several", "rejection"])
    def test_no_answer_to_an_older_version_replaces_a_newer_one(self, world: World, late: str) -> None:
        world.receive(keyed("other"))
        documents: dict[str, object] = {
            "dry run": keyed("old", dryRun=True),
            "cancellation": {"cancel": "other"},
            "file of several": b"{}\n{}\n",
            "rejection": {},
        }
        old = world.drop("requests/a.json", documents[late])
        new = world.drop("requests/a.json", keyed("new"))
        for record in (new, old):
            world.receive({"Records": [record]})
            world.announce()
        assert world.status("a.json.json")["idempotencyKey"] == "new"

    def test_a_newer_version_s_rejection_replaces_the_job_s_document(self, world: World) -> None:
        world.receive({"Records": [world.drop("requests/a.json", VALID)]})
        (job,) = world.jobs()
        world.announce()
        world.receive({"Records": [world.drop("requests/a.json", {})]})
        world.dispatch(job.job_id)
        world.announce()
        assert world.status("a.json.json")["state"] == "REJECTED"

    def test_a_job_repeated_too_often_to_be_remembered_is_answered(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Ledger, "max_duplicates", 2)
        for _ in range(5):
            world.receive({"Records": [world.drop("requests/cron.json", keyed("same"))]})
        world.announce()
        (job,) = world.jobs()
        assert len(job.duplicates) == 2
        assert world.status("cron.json.json")["duplicate"] is True


class TestDryRun:
    def test_it_answers_with_the_very_call_and_writes_nothing(self, world: World) -> None:
        record = world.drop("requests/a.json", {**VALID, "dryRun": True, "labels": {"team": "growth"}})
        before = world.aws["dynamodb"].scan(TableName="ledger")["Count"]
        world.receive({"Records": [record]})
        answer = world.status("a.json.json")
        assert (answer["dryRun"], answer["valid"], answer["api"]) == (True, True, "sagemaker:CreateTrainingJob")
        assert {"Key": "team", "Value": "growth"} in answer["call"]["Tags"]
        items = world.aws["dynamodb"].scan(TableName="ledger")["Items"]
        assert [item for item in items if not item["pk"]["S"].startswith("SOURCE#")] == []
        assert (before, world.executions(), world.there()) == (0, [], [])

    def test_the_call_is_the_one_that_is_sent(self, world: World) -> None:
        world.receive({"Records": [world.drop("requests/a.json", keyed("k", dryRun=True))]})
        call = world.status("a.json.json")["call"]
        world.receive(keyed("k"))
        world.dispatch(job_id_for_key("k"))
        (there,) = world.there()
        assert there["name"] == call["TrainingJobName"]
        assert there["tags"] == {tag["Key"]: tag["Value"] for tag in call["Tags"]}

    def test_a_bad_request_is_rejected_all_the_same(self, world: World) -> None:
        world.receive({**VALID, "request": {}, "dryRun": True})
        assert [job.state for job in world.jobs()] == [State.REJECTED]


def test_an_output_in_the_own_bucket_is_a_rejection(world: World) -> None:
    output = {"S3OutputPath": f"s3://{BUCKET}/requests"}
    world.receive({**VALID, "request": {**VALID["request"], "OutputDataConfig": output}})
    (job,) = world.jobs()
    assert [problem["code"] for problem in job.problems] == ["OWN_BUCKET_NOT_ALLOWED"]
