"""Dry runs: the plan, and nothing written but the answer."""

import json
from typing import Any

import pytest

from jobchute.job import Api, State, job_id_for_key
from jobchute.ledger.pool_settings import PoolSettingsRow
from jobchute.pools.limits import Limits
from tests.aws import TABLE
from tests.integration.handlers.dry import answer, ended, sweep
from tests.integration.handlers.world import VALID, World, keyed

SECRET = {**VALID["request"], "HyperParameters": {"password": "hunter2"}}


class TestThePlan:
    def test_says_that_nothing_was_submitted_and_how_it_would_wait(self, world: World) -> None:
        status = answer(world, keyed("k", dryRun=True, labels={"team": "growth"}, priority=7))
        pool = "sagemaker:CreateTrainingJob/ml.m5.xlarge"
        assert status["verdict"] == "accepted"
        assert status["note"].startswith("Nothing was submitted.")
        assert (status["name"], status["priority"], status["pool"]) == (
            status["call"]["TrainingJobName"],
            7,
            pool,
        )
        assert status["labels"] == {"team": "growth"}
        assert status["pools"] == [
            {"pool": pool, "paused": False, "limit": 20, "limitNow": 20, "inFlight": 0, "waiting": 0}
        ]
        assert status["source"]["uri"].startswith("s3://drop/requests/")
        assert status["source"]["version"]

    def test_tells_of_a_pool_that_is_paused_and_who_is_in_it(self, world: World) -> None:
        pool = "sagemaker:CreateTrainingJob/ml.m5.xlarge"
        world.receive(keyed("running"))
        PoolSettingsRow(world.aws["dynamodb"], TABLE).put_pauses({str(Api.TRAINING_JOB): True})
        world.pass_time(60)
        world.receive(keyed("waiting"))
        (told,) = answer(world, keyed("k", dryRun=True))["pools"]
        stands = {"limit": 0, "limitNow": 0, "inFlight": 1, "waiting": 1}
        assert told == {"pool": pool, "paused": True, "target": Api.TRAINING_JOB, **stands}

    def test_tells_a_limit_of_0_from_a_pause(self, world: World) -> None:
        pool = "sagemaker:CreateTrainingJob/ml.m5.xlarge"
        PoolSettingsRow(world.aws["dynamodb"], TABLE).put_overrides({pool: Limits(limit=0)})
        (told,) = answer(world, keyed("k", dryRun=True))["pools"]
        stands = {"limit": 0, "limitNow": 0, "inFlight": 0, "waiting": 0}
        assert told == {"pool": pool, "paused": False, **stands}

    def test_of_a_known_job_shows_the_job_and_no_call(self, world: World) -> None:
        world.receive(keyed("k", priority=5))
        status = answer(world, keyed("k", dryRun=True, priority=9, labels={"team": "x"}))
        job_id = job_id_for_key("k")
        assert status["note"].startswith(f"This request is already {job_id}.")
        assert (status["job"]["jobId"], status["job"]["state"]) == (job_id, "QUEUED")
        assert status["notApplied"] == ["labels", "priority"]
        assert "call" not in status

    @pytest.mark.parametrize(
        ("state", "note"),
        [
            (None, "would wait for it: it is QUEUED"),
            (State.SUCCEEDED, "has ended SUCCEEDED: nothing to wait for"),
            (State.FAILED, "the job would be CANCELLED at once"),
        ],
    )
    def test_says_for_what_a_job_would_wait(self, world: World, state: State | None, note: str) -> None:
        if state is None:
            world.receive(keyed("first"))
        else:
            ended(world, "first", state)
        (told,) = answer(world, keyed("next", dryRun=True, after=["first"]))["after"]
        assert (told["target"], told["job"]) == ("first", job_id_for_key("first"))
        assert told["on"] == ["SUCCEEDED"]
        assert note in told["note"]

    def test_says_that_a_name_is_not_known_yet(self, world: World) -> None:
        world.receive(keyed("first"))
        told = answer(world, keyed("next", dryRun=True, after=["later", "first"]))["after"]
        assert [each["target"] for each in told] == ["later", "first"]
        assert "job" not in told[0]
        assert told[0]["note"] == "would wait up to 60 minutes for this name, which no job has yet"
        assert told[1]["job"] == job_id_for_key("first")

    def test_of_a_matrix_says_what_all_of_its_jobs_would_wait_for(self, world: World) -> None:
        world.receive(keyed("first"))
        status = answer(world, sweep("s", dryRun=True, after=["first"]))
        assert [told["target"] for told in status["after"]] == ["first"]
        assert [pool["pool"] for pool in status["pools"]] == ["sagemaker:CreateTrainingJob/ml.m5.xlarge"]
        assert status["combinations"] == 6

    def test_holds_no_secret(self, world: World) -> None:
        status = answer(world, {**VALID, "request": SECRET, "dryRun": True})
        assert "hunter2" not in json.dumps(status)


class TestNothingIsWritten:
    @pytest.mark.parametrize(
        "document",
        [
            keyed("k", dryRun=True, labels={"team": "x"}),
            keyed("known", dryRun=True, labels={"team": "x"}),
            keyed("next", dryRun=True, after=["known", "ended"]),
        ],
        ids=["new", "known", "after others"],
    )
    def test_into_the_ledger(self, world: World, document: dict[str, Any]) -> None:
        world.receive(keyed("known"))
        ended(world, "ended", State.FAILED)
        record = world.drop("requests/dry.json", document)
        before = items(world)
        world.receive({"Records": [record]})
        assert items(world) == before

    def test_for_a_pool_that_has_no_row(self, world: World) -> None:
        world.receive({**sweep("s"), "dryRun": True})
        assert items(world) == []


class TestItsStatusDocument:
    def test_is_not_taken_for_that_of_a_real_job_of_the_same_file(self, world: World) -> None:
        """A dry run of an older version that was written late hides no job for good."""
        key = "a.json"
        dry = answer(world, keyed("k", dryRun=True), key)
        real = answer(world, keyed("k"), key)
        assert (dry["jobId"], real["state"]) == (real["jobId"], "QUEUED")
        world.aws["s3"].put_object(Bucket="drop", Key="status/a.json.json", Body=json.dumps(dry).encode())
        world.ledger().move(real["jobId"], State.SUCCEEDED, world.now)
        world.changes()  # lost
        for _ in range(4):
            world.sweep(after=3600)
            world.announce()
        assert world.status("a.json.json").get("state") == "SUCCEEDED"

    def test_of_an_older_version_replaces_no_job_s(self, world: World) -> None:
        old = world.drop("requests/a.json", keyed("k", dryRun=True))
        new = world.drop("requests/a.json", keyed("k"))
        for record in (new, old):
            world.receive({"Records": [record]})
            world.announce()
        assert world.status("a.json.json")["state"] == "QUEUED"


def items(world: World) -> list[Any]:
    """All that the table holds, but for what is noted of an object before it is read."""
    found = world.aws["dynamodb"].scan(TableName=TABLE)["Items"]
    return [item for item in found if not item["pk"]["S"].startswith("SOURCE#")]
