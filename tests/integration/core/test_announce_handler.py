"""The handler that tells of what was written."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from jobchute import runtime
from jobchute.errors import JobCancelledError, JobFailedError, JobTimedOutError
from jobchute.job import Api
from tests.integration.core.world import World, keyed


class Answers:
    """Step Functions' side of the task tokens."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.given: list[tuple[str, str, str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803
        self.given.append((taskToken, "success", output))

    def send_task_failure(self, *, taskToken: str, error: str, cause: str) -> None:  # noqa: N803
        self.given.append((taskToken, error, cause))


class TestAnnounce:
    @pytest.fixture
    def answers(self, world: World, monkeypatch: pytest.MonkeyPatch) -> Answers:
        answers = Answers(world.aws["stepfunctions"])
        replaced = {**world.aws, "stepfunctions": answers}
        monkeypatch.setattr(runtime, "client", replaced.__getitem__)
        return answers

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

    def test_the_first_record_that_fails_is_where_the_next_delivery_begins(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.receive(keyed("a"), keyed("b"), keyed("c"))
        changes = world.changes()
        records = [
            each
            for each in changes
            if each["eventName"] == "INSERT" and each["dynamodb"]["Keys"]["sk"]["S"] == "JOB"
        ]
        publish = runtime.announcer().bus.publish

        def publish_all_but_one(bus: object, job: Any) -> None:
            if job.idempotency_key == "b":
                raise TimeoutError
            publish(job)

        with monkeypatch.context() as broken:
            broken.setattr("jobchute.announcements.Bus.publish", publish_all_but_one)
            assert world.announce(records) == [records[1]["dynamodb"]["SequenceNumber"]]
        assert world.announce(records[1:]) == []
        assert [event["detail"]["idempotencyKey"] for event in world.heard()] == ["a", "b", "c"]

    def test_a_row_that_time_to_live_takes_away_is_not_told(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB)
        world.announce()
        world.heard()
        world.aws["dynamodb"].delete_item(TableName="ledger", Key={"pk": {"S": job_id}, "sk": {"S": "JOB"}})
        assert world.announce() == []
        assert world.heard() == []

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
