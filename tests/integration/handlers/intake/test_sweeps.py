"""A document with a matrix through the deployed handlers."""

import json
from typing import Any

import pytest

from jobchute.intake.dry_run_status import sweep_plan_status_of
from jobchute.intake.invocation import Invocation
from jobchute.job import Api, Source, State
from jobchute.parsing.documents import read_documents
from jobchute.requests.sweep import Sweep
from tests.apis import REQUESTS
from tests.integration.handlers.world import World

REQUEST = {**REQUESTS[Api.TRAINING_JOB], "HyperParameters": {}}
MATRIX = {"HyperParameters.depth": ["4", "6", "8"], "HyperParameters.eta": ["0.1", "0.3"]}


def document(**changes: Any) -> dict[str, Any]:
    return {
        "api": Api.TRAINING_JOB,
        "request": REQUEST,
        "matrix": MATRIX,
        "idempotencyKey": "sweep",
        **changes,
    }


def test_each_combination_is_a_job_in_the_file_s_status_document(world: World) -> None:
    assert world.receive({"Records": [world.drop("requests/sweep.json", document())]}) == []
    world.announce()
    summary = world.status("sweep.json.json")
    assert (summary["accepted"], summary["combinations"], len(summary["jobs"])) == (6, 6, 6)
    for number, job in enumerate(summary["jobs"]):
        own = world.status(f"status-documents/requests/sweep.json/0.{number}.json")
        assert job["status"] == f"status-documents/requests/sweep.json/0.{number}.json"
        assert (own["jobId"], own["name"]) == (job["jobId"], job["name"])
        assert own["source"]["combination"] == number
        assert own["labels"] == {path.split(".")[1]: value for path, value in job["values"].items()}
    assert world.executions() == sorted(job["jobId"] for job in summary["jobs"])


def test_in_a_file_of_several_each_document_has_its_own_listing(world: World) -> None:
    lines = [
        json.dumps(document(idempotencyKey="a")),
        json.dumps(document(matrix=None)),
        json.dumps(document()),
    ]
    world.receive({"Records": [world.drop("requests/many.jsonl", "\n".join(lines).encode())]})
    world.announce()
    summary = world.status("many.jsonl.json")
    assert (summary["accepted"], summary["rejected"]) == (12, 1)
    assert [job["status"] for job in world.status("status-documents/requests/many.jsonl/2.json")["jobs"]] == [
        f"status-documents/requests/many.jsonl/2.{number}.json" for number in range(6)
    ]
    assert world.status("status-documents/requests/many.jsonl/1.json")["state"] == "REJECTED"
    assert world.status("status-documents/requests/many.jsonl/2.5.json")["state"] == "QUEUED"


def test_a_message_takes_one_too_and_twice_is_once(world: World) -> None:
    for _ in range(2):
        assert world.receive(document()) == []
    world.announce()
    assert len(world.jobs()) == 6
    assert world.status("status-messages/m0.json")["accepted"] == 6
    assert world.status("status-documents/messages/m0/0.5.json")["state"] == "QUEUED"


def test_a_repeated_sweep_makes_the_jobs_of_new_values_alone(world: World) -> None:
    world.receive({"Records": [world.drop("requests/a.json", document())]})
    more = {**MATRIX, "HyperParameters.depth": ["2", "4", "6", "8"]}
    world.receive({"Records": [world.drop("requests/b.json", document(matrix=more))]})
    summary = world.status("b.json.json")
    assert (summary["accepted"], summary["duplicate"]) == (2, 6)


def test_an_invalid_combination_keeps_all_from_being_submitted(world: World) -> None:
    wrong = {**MATRIX, "StoppingCondition.MaxRuntimeInSeconds": [60, 0]}
    world.receive({"Records": [world.drop("requests/sweep.json", document(matrix=wrong))]})
    (row,) = world.jobs()
    assert row.state is State.REJECTED
    assert [problem["path"] for problem in row.problems] == ["matrix.StoppingCondition.MaxRuntimeInSeconds[1]"]


def test_what_the_deployment_does_not_allow_is_found_in_each(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rails = {"roles": ["*"], "instance_types": ["ml.m5.*"]}
    monkeypatch.setenv("JOBCHUTE_GUARD_RAILS", json.dumps(rails))
    types = {"ResourceConfig.InstanceType": ["ml.m5.large", "ml.p4d.24xlarge"]}
    world.receive(document(matrix=types))
    (row,) = world.jobs()
    assert [problem["path"] for problem in row.problems] == ["matrix.ResourceConfig.InstanceType[1]"]


def test_a_dry_run_answers_with_every_call_and_writes_no_job(world: World) -> None:
    world.receive({"Records": [world.drop("requests/sweep.json", document(dryRun=True))]})
    answer = world.status("sweep.json.json")
    assert (answer["dryRun"], answer["valid"], answer["callsLeftOut"]) == (True, True, False)
    calls = [job["call"] for job in answer["jobs"]]
    assert [call["HyperParameters"] for call in calls] == [{"depth": "***", "eta": "***"}] * 6
    assert [[*job["values"].values()] for job in answer["jobs"]] == [
        [depth, eta] for depth in ("4", "6", "8") for eta in ("0.1", "0.3")
    ]
    assert len({call["TrainingJobName"] for call in calls}) == 6
    assert (world.jobs(), world.executions()) == ([], [])
    assert world.statuses() == ["sweep.json.json"]


def test_a_dry_run_leaves_out_calls_that_are_too_long_together(world: World) -> None:
    (raw,) = read_documents(json.dumps(document(dryRun=True)).encode(), name="sweep.json")
    sweep = world.parts.reader.read(raw, "requests/sweep.json", before=0)
    assert isinstance(sweep, Sweep)
    source = Source("s3://drop/requests/sweep.json", status_key="status/sweep.json.json")
    call = Invocation(request_id="r", time_left=lambda: 900.0)
    plans = world.parts.planner().judge_all(sweep, source, call)
    answer = sweep_plan_status_of(sweep, plans, source, max_call_bytes=2500)
    assert answer["callsLeftOut"] is True
    assert len(answer["jobs"]) == 6
    assert 0 < sum("call" in job for job in answer["jobs"]) < 6
