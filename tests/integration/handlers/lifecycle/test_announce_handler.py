"""The handler that tells of what was written."""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from jobchute.aws.objects import Objects
from jobchute.errors import JobCancelledError, JobFailedError, JobTimedOutError
from jobchute.job import Api, job_id_for_key
from tests.integration.handlers.world import World, keyed, sqs_record

KEY_TOO_LONG = ClientError(
    {"Error": {"Code": "KeyTooLongError"}, "ResponseMetadata": {"HTTPStatusCode": 400}},  # type: ignore[typeddict-item]
    "PutObject",
)
THROTTLED = ClientError(
    {"Error": {"Code": "SlowDown"}, "ResponseMetadata": {"HTTPStatusCode": 503}},  # type: ignore[typeddict-item]
    "PutObject",
)


def refuse_documents(monkeypatch: pytest.MonkeyPatch, key: str, error: Exception) -> None:
    """No status document can be written of the job under an idempotency key."""
    write = Objects.write

    def refused(objects: Objects, path: str, document: Any) -> None:
        if document.get("idempotencyKey") == key:
            raise error
        write(objects, path, document)

    monkeypatch.setattr(Objects, "write", refused)


def put_aside(world: World) -> list[dict[str, Any]]:
    url = world.aws["sqs"].get_queue_url(QueueName="stream-failures")["QueueUrl"]
    messages = world.aws["sqs"].receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"])["putAside"] for message in messages]


class Answers:
    """Step Functions' side of the task tokens."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.given: list[tuple[str, str, str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803
        self._give(taskToken, "success", output)

    def send_task_failure(self, *, taskToken: str, error: str, cause: str) -> None:  # noqa: N803
        self._give(taskToken, error, cause)

    def _give(self, token: str, outcome: str, words: str) -> None:
        if token in (given for given, _, _ in self.given):
            raise ClientError({"Error": {"Code": "TaskTimedOut"}}, "SendTaskSuccess")
        self.given.append((token, outcome, words))


@pytest.fixture
def answers(world: World) -> Answers:
    answers = Answers(world.aws["stepfunctions"])
    world.clients = replace(world.clients, services={**world.aws, "stepfunctions": answers})
    world.restart()
    return answers


class TestAnnounce:
    def test_every_move_is_told_once_with_a_stable_id(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB, labels={"team": "growth"})
        world.dispatch(job_id)
        world.sweep(after=3600)
        assert world.announce() == []
        heard = world.heard()
        assert [event["detail"]["state"] for event in heard] == [
            "QUEUED",
            "SUBMITTING",
            "SUBMITTED",
            "SUCCEEDED",
        ]
        assert [event["detail"]["id"] for event in heard] == [f"{job_id}:{number}" for number in (1, 2, 3, 4)]
        assert all(event["detail"]["labels"]["team"] == "growth" for event in heard)
        assert {event["detail-type"] for event in heard} == {"Jobchute Job State Change"}

    def test_what_is_no_move_is_not_told(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB)
        world.announce()
        world.heard()
        world.ledger().note(job_id, due=1)
        world.announce()
        assert world.heard() == []

    def test_a_record_delivered_again_tells_the_same(self, world: World) -> None:
        world.submit(Api.TRAINING_JOB)
        records = world.changes()
        for _ in range(2):
            assert world.announce(records) == []
        first, second = [event["detail"] for event in world.heard()]
        assert first == second

    def test_the_next_delivery_begins_at_the_first_failed_record(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.receive(keyed("a"), keyed("b"), keyed("c"))
        changes = world.changes()
        records = [
            each
            for each in changes
            if each["eventName"] == "INSERT" and each["dynamodb"]["Keys"]["sk"]["S"] == "JOB"
        ]
        publish = world.parts.announcer.bus.publish

        def publish_all_but_one(bus: object, job: Any) -> None:
            if job.idempotency_key == "b":
                raise TimeoutError
            publish(job)

        with monkeypatch.context() as broken:
            broken.setattr("jobchute.lifecycle.announce.Bus.publish", publish_all_but_one)
            assert world.announce(records) == [records[1]["dynamodb"]["SequenceNumber"]]
        assert world.announce(records[1:]) == []
        assert [event["detail"]["idempotencyKey"] for event in world.heard()] == ["a", "b", "c"]

    def test_a_permanently_failing_record_is_put_aside(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.receive(keyed("a"), keyed("b"), keyed("c"))
        records = world.changes()
        refuse_documents(monkeypatch, "b", KEY_TOO_LONG)
        assert world.announce(records) == []
        assert [event["detail"]["idempotencyKey"] for event in world.heard()] == ["a", "b", "c"]
        (record,) = put_aside(world)
        assert (record["jobId"], record["errors"]) == (job_id_for_key("b"), ["KeyTooLongError"])
        assert record["permanent"] is True
        assert len(world.statuses()) == 2

    def test_an_unwritable_document_keeps_no_execution_waiting(
        self, world: World, answers: Answers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(Api.TRAINING_JOB, idempotencyKey="b")
        world.dispatch(job_id, token="the-token")
        world.sweep(after=3600)
        refuse_documents(monkeypatch, "b", KEY_TOO_LONG)
        assert world.announce() == []
        assert [token for token, _, _ in answers.given] == ["the-token"]

    @pytest.mark.parametrize(("age", "comes_back"), [(800, True), (1000, False)])
    def test_a_record_that_fails_for_a_quarter_hour_is_put_aside(
        self, world: World, monkeypatch: pytest.MonkeyPatch, age: int, comes_back: bool
    ) -> None:
        world.receive(keyed("b"))
        records = world.changes()
        refuse_documents(monkeypatch, "b", THROTTLED)
        world.now += age
        assert bool(world.announce(records)) is comes_back
        assert [record["permanent"] for record in put_aside(world)] == ([] if comes_back else [False])

    def test_a_row_that_cannot_be_read_is_put_aside(self, world: World) -> None:
        world.receive(keyed("a"), keyed("b"))
        records = [each for each in world.changes() if each["dynamodb"]["Keys"]["sk"]["S"] == "JOB"]
        records[0]["dynamodb"]["NewImage"]["state"] = {"S": "NONSENSE"}
        assert world.announce(records) == []
        assert [record["errors"] for record in put_aside(world)] == [["ValueError"]]
        assert "b" in [event["detail"]["idempotencyKey"] for event in world.heard()]

    def test_the_clock_is_looked_at_between_two_records(self, world: World) -> None:
        world.receive(keyed("a"), keyed("b"))
        records = world.changes()
        event = {"Records": records}
        answer = world.invoke("announce", event, ms=10_000)
        number = records[1]["dynamodb"]["SequenceNumber"]
        assert answer == {"batchItemFailures": [{"itemIdentifier": number}]}

    def test_another_duplicate_writes_its_own_document_alone(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(3):
            world.receive_records([sqs_record(f"again-{number}", keyed("a"))])
        world.announce()
        written: list[str] = []
        monkeypatch.setattr(Objects, "write", lambda _, key, __: written.append(key))
        world.receive_records([sqs_record("again-4", keyed("a"))])
        world.announce()
        assert written == ["status-messages/again-4.json"]

    def test_a_row_that_time_to_live_takes_away_is_not_told(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB)
        world.announce()
        world.heard()
        world.aws["dynamodb"].delete_item(TableName="ledger", Key={"pk": {"S": job_id}, "sk": {"S": "JOB"}})
        assert world.announce() == []
        assert world.heard() == []


class TestTaskTokens:
    @pytest.mark.parametrize(
        ("how", "error"),
        [("succeed", "success"), ("fail", JobFailedError.__name__), ("stop", JobCancelledError.__name__)],
    )
    def test_the_execution_ends_as_its_job_ended(
        self, world: World, answers: Answers, how: str, error: str
    ) -> None:
        job_id = world.submit(Api.TRAINING_JOB, simulate=how)
        world.dispatch(job_id, token="the-token")
        world.announce()
        assert answers.given == []
        world.sweep(after=3600)
        world.announce()
        ((token, outcome, words),) = answers.given
        assert (token, outcome) == ("the-token", error)
        assert words == world.job(job_id).reason or json.loads(words)["state"] == "SUCCEEDED"

    def test_a_time_out_has_its_own_name(self, world: World, answers: Answers) -> None:
        job_id = world.submit(Api.TRAINING_JOB, simulate="timeout")
        world.dispatch(job_id)
        world.sweep(after=3600)
        world.announce()
        assert [error for _, error, _ in answers.given] == [JobTimedOutError.__name__]

    def test_a_token_that_comes_after_the_end_is_answered(self, world: World, answers: Answers) -> None:
        job_id = world.submit(Api.TRAINING_JOB)
        world.dispatch(job_id, token="early")
        world.sweep(after=3600)
        world.announce()
        world.dispatch(job_id, token="late")
        world.announce()
        assert [token for token, _, _ in answers.given] == ["early", "late"]

    @pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
    def test_a_token_that_is_over_is_no_failure(
        self, world: World, answers: Answers, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(**request: Any) -> None:
            raise ClientError({"Error": {"Code": code, "Message": "over"}}, "SendTaskSuccess")

        monkeypatch.setattr(answers, "send_task_success", refuse)
        world.dispatch(world.submit(Api.TRAINING_JOB))
        world.sweep(after=3600)
        assert world.announce() == []
