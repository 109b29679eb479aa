"""The verdict of a dry run is that of the real submission."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobchute.job import Api, State, job_id_for_key
from jobchute.ledger.dependencies import DependencyRows
from jobchute.lifecycle.resolve import DependencyResolver
from jobchute.parsing.documents import read_documents
from jobchute.requests.location import Location
from jobchute.requests.owners import json_of_owners
from tests.apis import REQUESTS
from tests.integration.handlers.dry import SWEEP, answer, ended, sweep
from tests.integration.handlers.files.many import deliver
from tests.integration.handlers.owned import ADA, BOB, OWNERS, send
from tests.integration.handlers.world import VALID, World, keyed
from tests.paths import SAMPLES

DOCUMENTS = sorted(path for path in SAMPLES.rglob("*") if path.is_file())
TOKEN = {**REQUESTS[Api.BRAKET_JOB], "clientToken": "mine"}
ROLE = "arn:aws:iam::123456789012:role/Other"


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


def waited_for(world: World) -> None:
    world.receive(keyed("popular"))
    for number in range(2):
        world.ledger().dependencies.wait_for(job_id_for_key("popular"), f"jc-{number}")


def nothing(world: World) -> None:
    """Nobody has sent anything before."""


Setup = Callable[[World], object]


def text_of(documents: list[dict[str, Any]]) -> bytes:
    return "\n".join(map(json.dumps, documents)).encode()


def api_of(path: Path) -> Api:
    service, operation = path.relative_to(SAMPLES).parts[:2]
    name = f"{service}:{operation.replace('-', '')}"
    return next(api for api in Api if api.lower() == name)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_of_every_sample(world: World, path: Path) -> None:
    place = path.relative_to(SAMPLES).parent.as_posix()
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
    world: World, setup: Setup, document: dict[str, Any], expected: str
) -> None:
    setup(world)
    dry, real = both(world, document)
    assert dry == real
    assert expected in (real[0], *codes(real))


def test_of_a_dependency_that_nobody_knows(world: World) -> None:
    dry, real = both(world, keyed("next", after=["nobody"]))
    assert dry == real


def test_of_a_job_for_which_too_many_wait_already(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (DependencyRows, DependencyResolver):
        monkeypatch.setattr(kind, "max_dependents", 2)
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
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    rails: dict[str, Any],
) -> None:
    monkeypatch.setenv("JOBCHUTE_GUARD_RAILS", json.dumps(rails))
    dry, real = both(world, VALID)
    assert dry == real
    assert real[0] == "rejected"


def test_of_another_region_and_account(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_PLACE", Location("eu-west-1", "999999999999").text())
    dry, real = both(world, VALID)
    assert dry == real
    assert real[0] == "rejected"


def test_of_a_matrix_that_asks_for_too_many_jobs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rails = {"roles": ["arn:aws:iam::*"], "max_jobs_per_file": 5}
    monkeypatch.setenv("JOBCHUTE_GUARD_RAILS", json.dumps(rails))
    dry, real = both(world, sweep("many"))
    assert dry == real
    assert codes(real) == ["TOO_MANY_JOBS"]


def test_of_matrices_that_ask_for_too_many_jobs_together(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rails = {"roles": ["arn:aws:iam::*"], "max_jobs_per_file": 11}
    monkeypatch.setenv("JOBCHUTE_GUARD_RAILS", json.dumps(rails))
    for name, is_dry in (("dry.jsonl", True), ("real.jsonl", False)):
        documents = [sweep("a", dryRun=is_dry), sweep("b", dryRun=is_dry)]
        deliver(world, {"Records": [world.drop(f"requests/{name}", text_of(documents))]})
        world.announce()
        assert world.status(f"status-documents/requests/{name}/1.json")["errors"][0]["code"] == "TOO_MANY_JOBS"


def test_of_each_combination_of_a_matrix(world: World) -> None:
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


def test_of_a_combination_whose_key_has_another_body(world: World) -> None:
    answer(world, sweep("s", matrix={"HyperParameters.eta": ["0.1"]}))
    changed = {**SWEEP, "HyperParameters": {"other": "1"}}
    document = sweep("s", request=changed, matrix={"HyperParameters.eta": ["0.1", "0.2"]})
    planned = answer(world, {**document, "dryRun": True})
    assert [job["verdict"] for job in planned["jobs"]] == ["rejected", "accepted"]
    assert [error["code"] for error in planned["jobs"][0]["errors"]] == ["KEY_USED"]
    assert planned["valid"] is False
    real = answer(world, document)
    assert (real["accepted"], real["rejected"]) == (1, 1)


def test_in_a_deployment_with_owners(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_of_an_object_read_again_after_its_row_expired(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_RETENTION_SECONDS", "86400")
    record = world.drop("requests/old.json", keyed("old", dryRun=True))
    world.pass_time(3 * 86400)
    world.receive({"Records": [record]})
    world.announce()
    assert world.status("old.json.json")["errors"][0]["code"] == "TOO_OLD"
