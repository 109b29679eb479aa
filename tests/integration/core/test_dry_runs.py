"""Dry runs: the verdict of the real submission and its plan, and nothing written but the answer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobchute import ledger, planning
from jobchute.job import Api, State, job_id_for_key
from jobchute.owners import json_of_owners
from jobchute.pools import Limits
from jobchute.requests.place import Place
from jobchute.requests.reading import read_documents
from tests.integration.core.aws import TABLE
from tests.integration.core.files.many import deliver
from tests.integration.core.owned import ADA, BOB, OWNERS, send
from tests.integration.core.world import VALID, World, keyed
from tests.integration.providers.conftest import REQUESTS

EVENTS = Path(__file__).parents[3] / "events" / "requests"
SAMPLES = sorted(path for path in EVENTS.rglob("*") if path.is_file())
TOKEN = {**REQUESTS[Api.BRAKET_JOB], "clientToken": "mine"}
ROLE = "arn:aws:iam::123456789012:role/Other"
SECRET = {**VALID["request"], "HyperParameters": {"password": "hunter2"}}


def answer(world: World, document: object, key: str = "") -> dict[str, Any]:
    """Drop a document; its status document."""
    key = key or f"{next(world.numbers)}.json"
    assert world.receive({"Records": [world.drop(f"requests/{key}", document)]}) == []
    world.announce()
    status: dict[str, Any] = world.status(f"{key}.json")
    return status


def verdict(status: dict[str, Any]) -> tuple[object, ...]:
    if status.get("state") == "REJECTED":
        return "rejected", status["errors"]
    if status.get("dryRun"):
        return status.get("verdict", "valid"), status["jobId"]
    return "duplicate" if status.get("duplicate") else "accepted", status["jobId"]


def codes(of: tuple[object, ...]) -> list[str]:
    """Of a rejection; none of any other verdict."""
    return [error["code"] for error in of[1]] if isinstance(of[1], list) else []


def both(world: World, document: dict[str, Any], folder: str = "") -> list[tuple[object, ...]]:
    """The verdicts of a dry run and of the real submission after it."""
    return [
        verdict(answer(world, each, f"{folder}{next(world.numbers)}.json" if folder else ""))
        for each in ({**document, "dryRun": True}, {**document, "dryRun": False})
    ]


def other(key: str, **more: Any) -> dict[str, Any]:
    """Another body under the key."""
    return {"api": Api.FIREWORKS_JOB, "request": REQUESTS[Api.FIREWORKS_JOB], "idempotencyKey": key, **more}


def ended(world: World, key: str, state: State) -> None:
    world.receive(keyed(key))
    world.ledger().move(job_id_for_key(key), state, world.now)


def waited_for(world: World) -> None:
    world.receive(keyed("popular"))
    for number in range(2):
        world.ledger().wait_for(job_id_for_key("popular"), f"jc-{number}")


def nothing(world: World) -> None:
    """Nobody has sent anything before."""


Setup = Callable[[World], object]


class TestTheSameVerdict:
    @pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
    def test_of_every_sample(self, world: World, path: Path) -> None:
        place = path.relative_to(EVENTS).parent.as_posix()
        folder = "" if place == "." else f"{place}/"
        for document in read_documents(path.read_bytes(), name=path.name):
            value = document.value
            assert isinstance(value, dict)
            if folder:
                value = {"api": api_of(path), "request": value}
            if "matrix" in value:
                continue
            dry, real = both(world, value)
            assert dry == real

    @pytest.mark.parametrize(
        ("setup", "document", "expected"),
        [
            (nothing, keyed("new"), "accepted"),
            (lambda world: world.receive(keyed("used")), keyed("used"), "duplicate"),
            (lambda world: world.receive(other("used")), keyed("used"), "KEY_USED"),
            (lambda world: world.receive(keyed("mine")), {**keyed("mine"), **other("mine")}, "KEY_USED"),
            (lambda world: world.receive(VALID), VALID, "duplicate"),
            (
                lambda world: world.receive({"api": Api.BRAKET_JOB, "request": TOKEN}),
                {"api": Api.BRAKET_JOB, "request": {**TOKEN, "roleArn": ROLE}},
                "KEY_USED",
            ),
            (lambda world: world.receive(keyed("first")), keyed("next", after=["first"]), "accepted"),
            (lambda world: ended(world, "first", State.SUCCEEDED), keyed("next", after=["first"]), "accepted"),
            (lambda world: ended(world, "first", State.FAILED), keyed("next", after=["first"]), "accepted"),
            (nothing, {**VALID, "request": {**VALID["request"], "RoleArn": "x"}}, "PATTERN"),
            (nothing, {**VALID, "labels": {"aws:x": "y"}}, "PATTERN"),
            (nothing, {**VALID, "unknown": 1}, "UNKNOWN_KEY"),
            (nothing, {"request": {}}, "MISSING"),
            (nothing, keyed("surrogate \ud800"), "LONE_SURROGATE"),
        ],
    )
    def test_of_keys_bodies_and_dependencies(
        self, world: World, setup: Setup, document: dict[str, Any], expected: str
    ) -> None:
        setup(world)
        dry, real = both(world, document)
        assert dry == real
        assert expected in (real[0], *codes(real))

    def test_of_a_dependency_that_nobody_knows(self, world: World) -> None:
        dry, real = both(world, keyed("next", after=["nobody"]))
        assert dry == real

    def test_of_a_job_for_which_too_many_wait_already(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in (ledger, planning):
            monkeypatch.setattr(module, "MOST_DEPENDENTS", 2)
        waited_for(world)
        dry, real = both(world, keyed("one more", after=["popular"]))
        assert dry == real
        assert codes(real) == ["TOO_MANY"]

    @pytest.mark.parametrize(
        "rails",
        [
            {"roles": [ROLE]},
            {"roles": ["arn:aws:iam::*"], "required_labels": ["team"]},
            {"roles": ["arn:aws:iam::*"], "max_jobs_per_file": 0},
        ],
    )
    def test_of_the_guard_rails(
        self,
        world: World,
        monkeypatch: pytest.MonkeyPatch,
        rails: dict[str, Any],
    ) -> None:
        monkeypatch.setenv("JOBCHUTE_GUARD_RAILS", json.dumps(rails))
        dry, real = both(world, VALID)
        assert dry == real
        assert real[0] == "rejected"

    def test_of_another_region_and_account(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JOBCHUTE_PLACE", Place("eu-west-1", "999999999999").text())
        dry, real = both(world, VALID)
        assert dry == real
        assert real[0] == "rejected"

    def test_of_a_matrix_that_asks_for_too_many_jobs(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rails = {"roles": ["arn:aws:iam::*"], "max_jobs_per_file": 5}
        monkeypatch.setenv("JOBCHUTE_GUARD_RAILS", json.dumps(rails))
        dry, real = both(world, sweep("many"))
        assert dry == real
        assert codes(real) == ["TOO_MANY_JOBS"]

    def test_of_matrices_that_ask_for_too_many_jobs_together(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rails = {"roles": ["arn:aws:iam::*"], "max_jobs_per_file": 11}
        monkeypatch.setenv("JOBCHUTE_GUARD_RAILS", json.dumps(rails))
        for name, is_dry in (("dry.jsonl", True), ("real.jsonl", False)):
            documents = [sweep("a", dryRun=is_dry), sweep("b", dryRun=is_dry)]
            deliver(world, {"Records": [world.drop(f"requests/{name}", text_of(documents))]})
            world.announce()
            assert (
                world.status(f"status-documents/requests/{name}/1.json")["errors"][0]["code"] == "TOO_MANY_JOBS"
            )

    def test_of_each_combination_of_a_matrix(self, world: World) -> None:
        values = {"HyperParameters.eta": ["0.1", "0.2", "0.3"]}
        first = sweep("s", matrix={"HyperParameters.eta": ["0.1"]})
        answer(world, first)
        (known,) = world.jobs()
        planned = answer(world, sweep("s", matrix=values, dryRun=True))
        assert [job["verdict"] for job in planned["jobs"]] == ["duplicate", "accepted", "accepted"]
        assert planned["counts"] == {"accepted": 2, "duplicate": 1}
        assert planned["jobs"][0]["jobId"] == known.job_id
        real = answer(world, sweep("s", matrix=values))
        assert (real["accepted"], real["duplicate"]) == (2, 1)
        assert [job["jobId"] for job in real["jobs"]] == [job["jobId"] for job in planned["jobs"]]

    def test_of_a_combination_whose_key_has_another_body(self, world: World) -> None:
        answer(world, sweep("s", matrix={"HyperParameters.eta": ["0.1"]}))
        changed = {**SWEEP, "HyperParameters": {"other": "1"}}
        document = sweep("s", request=changed, matrix={"HyperParameters.eta": ["0.1", "0.2"]})
        planned = answer(world, {**document, "dryRun": True})
        assert [job["verdict"] for job in planned["jobs"]] == ["rejected", "accepted"]
        assert [error["code"] for error in planned["jobs"][0]["errors"]] == ["KEY_USED"]
        assert planned["valid"] is False
        real = answer(world, document)
        assert (real["accepted"], real["rejected"]) == (1, 1)

    def test_in_a_deployment_with_owners(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JOBCHUTE_OWNERS", json_of_owners(OWNERS))
        send(world, ADA, keyed("nightly"))
        send(world, BOB, keyed("bobs"))
        for key, expected in (("nightly", "duplicate"), ("bobs", "accepted")):
            dry, real = both(world, keyed(key), "ada/")
            assert dry == real
            assert real[0] == expected
        dry, real = both(world, other("nightly"), "ada/")
        assert dry == real
        assert real[0] == "rejected"

    def test_of_an_object_that_is_read_again_after_the_ledger_has_forgotten_it(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JOBCHUTE_RETENTION_SECONDS", "86400")
        record = world.drop("requests/old.json", keyed("old", dryRun=True))
        world.pass_time(3 * 86400)
        world.receive({"Records": [record]})
        world.announce()
        assert world.status("old.json.json")["errors"][0]["code"] == "TOO_OLD"


class TestThePlan:
    def test_says_that_nothing_was_submitted_and_how_a_new_job_would_wait(self, world: World) -> None:
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
        rows(world).put_overrides({pool: Limits(limit=0)})
        world.pass_time(60)
        world.receive(keyed("waiting"))
        (told,) = answer(world, keyed("k", dryRun=True))["pools"]
        assert told == {"pool": pool, "paused": True, "limit": 0, "limitNow": 0, "inFlight": 1, "waiting": 1}

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


SWEEP = {**REQUESTS[Api.TRAINING_JOB], "HyperParameters": {}}


def sweep(key: str, **changes: Any) -> dict[str, Any]:
    matrix = {"HyperParameters.depth": ["4", "6", "8"], "HyperParameters.eta": ["0.1", "0.3"]}
    document = {"api": Api.TRAINING_JOB, "request": SWEEP, "matrix": matrix, "idempotencyKey": key}
    return {**document, **changes}


def text_of(documents: list[dict[str, Any]]) -> bytes:
    return "\n".join(map(json.dumps, documents)).encode()


def api_of(path: Path) -> Api:
    service, operation = path.relative_to(EVENTS).parts[:2]
    name = f"{service}:{operation.replace('-', '')}"
    return next(api for api in Api if api.lower() == name)


def items(world: World) -> list[Any]:
    """All that the table holds, but for what is noted of an object before it is read."""
    found = world.aws["dynamodb"].scan(TableName=TABLE)["Items"]
    return [item for item in found if not item["pk"]["S"].startswith("SOURCE#")]


def rows(world: World) -> Any:
    from jobchute.pool_rows import PoolRows

    return PoolRows(world.aws["dynamodb"], TABLE)
