"""Files of many requests: a cancelled file cancels its jobs."""

import json
from typing import Any

import pytest

from jobchute.intake.cancel import SECOND_PASS_SECONDS
from jobchute.job import State
from tests.integration.handlers.files.many import BODY, breaking_at, deliver, go_on, lines, waiting
from tests.integration.handlers.world import BUCKET, World


@pytest.mark.usefixtures("small_steps")
class TestCancelFile:
    def cancel(self, world: World, target: str) -> Any:
        record = world.drop("requests/cancel.json", {"cancel": target})
        assert deliver(world, {"Records": [record]}) == []
        world.announce()
        return world.status("cancel.json.json")

    @pytest.mark.parametrize("target", [f"s3://{BUCKET}/requests/many.jsonl", "requests/many.jsonl"])
    def test_its_jobs_are_cancelled_and_the_rest_is_never_read(
        self, world: World, accepted: list[str], target: str
    ) -> None:
        deliver(world, {"Records": [world.drop("requests/many.jsonl", lines(30))]}, looks=12)
        (left,) = waiting(world)
        answer = self.cancel(world, target)
        assert (answer["jobs"], answer["finished"]) == ({"CANCELLED": 12}, False)
        assert deliver(world, json.loads(left["Body"])) == []
        assert len(accepted) == 12
        assert {job.state for job in world.jobs()} == {State.CANCELLED}
        status = world.status("many.jsonl.json")
        assert status["progress"] == {"documents": 30, "done": 12, "finished": False, "cancelled": True}

    def test_what_a_reader_accepts_meanwhile_is_cancelled_too(
        self, world: World, accepted: list[str], delays: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers: list[Any] = []

        def cancel() -> None:
            answers.append(self.cancel(world, "requests/many.jsonl"))

        with monkeypatch.context() as meanwhile:
            breaking_at(meanwhile, "k15", cancel)
            deliver(world, {"Records": [world.drop("requests/many.jsonl", lines(30))]})
        assert answers[0]["jobs"] == {"CANCELLED": 15}
        assert len(accepted) == 20
        assert [job.state for job in world.jobs()].count(State.QUEUED) == 5
        assert delays == [SECOND_PASS_SECONDS]
        world.now += SECOND_PASS_SECONDS
        assert go_on(world) == 1
        assert {job.state for job in world.jobs()} == {State.CANCELLED}
        answer = world.status("cancel.json.json")
        assert (answer["jobs"], answer["finished"]) == ({"CANCELLED": 20}, True)

    def test_one_version_of_several(self, world: World) -> None:
        records = []
        for number in range(2):
            data = lines(2, key=f"v{number}-")
            records.append(world.drop("requests/many.jsonl", data))
            deliver(world, {"Records": records[-1:]})
        version = records[0]["s3"]["object"]["versionId"]
        answer = self.cancel(world, f"requests/many.jsonl?version={version}")
        assert (answer["version"], answer["jobs"]) == (version, {"CANCELLED": 2})
        states = {str(job.idempotency_key): job.state for job in world.jobs()}
        assert {key[:2] for key, state in states.items() if state is State.CANCELLED} == {"v0"}

    def test_a_file_of_one_job_has_no_second_look(self, world: World) -> None:
        world.receive({"Records": [world.drop("requests/one.json", BODY)]})
        answer = self.cancel(world, "requests/one.json")
        assert (answer["jobs"], answer["finished"], waiting(world)) == ({"CANCELLED": 1}, True, [])

    def test_in_steps_where_there_are_many(self, world: World) -> None:
        deliver(world, {"Records": [world.drop("requests/many.jsonl", lines(20))]})
        assert deliver(world, {"cancel": "requests/many.jsonl"}, looks=8) == []
        first = world.status("status-messages/m0.json")
        assert (first["finished"], first["jobs"]["QUEUED"] > 0) == (False, True)
        world.now += SECOND_PASS_SECONDS
        assert go_on(world, looks=8) >= 2
        assert world.status("status-messages/m0.json")["jobs"] == {"CANCELLED": 20}
        assert world.status("status-messages/m0.json")["finished"] is True

    def test_jobs_that_have_ended_keep_their_ends(self, world: World) -> None:
        world.receive({"Records": [world.drop("requests/few.jsonl", lines(2))]})
        first, second = world.jobs()
        world.ledger().move(first.job_id, State.SUCCEEDED, world.now)
        assert self.cancel(world, "requests/few.jsonl")["jobs"] == {"SUCCEEDED": 1, "CANCELLED": 1}
        assert world.job(second.job_id).state is State.CANCELLED

    @pytest.mark.parametrize("target", ["requests/nowhere.jsonl", "s3://elsewhere/x.json", "requests/"])
    def test_a_file_that_nobody_knows_is_a_rejection(self, world: World, target: str) -> None:
        answer = self.cancel(world, target)
        assert answer["errors"][0]["code"] == "UNKNOWN_JOB"

    def test_a_key_that_looks_like_a_file_is_a_key(self, world: World) -> None:
        world.receive({**BODY, "idempotencyKey": "requests/many.jsonl"})
        assert self.cancel(world, "requests/many.jsonl")["idempotencyKey"] == "requests/many.jsonl"
