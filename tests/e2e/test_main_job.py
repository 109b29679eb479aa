"""The main job, through the real stack on the embedded AWS: what is dropped becomes a finished job."""

import json
from typing import Any

import boto3
import pytest

from infra.local.embedded import Deployment
from jobchute.aws.executions import ERRORS
from jobchute.job import Api, State
from jobchute.providers.registry import SPECS
from tests.e2e.conftest import World
from tests.e2e.prices import VALID, usage_of
from tests.paths import EXAMPLES

pytestmark = pytest.mark.sampled


def training(world: World, name: str, **labels: str) -> dict[str, Any]:
    """A request of its own for every test: its key and job name are made from the test's name and this run."""
    example = json.loads((EXAMPLES / "valid/sagemaker-CreateTrainingJob/32-jp-cli-minimal.json").read_text())
    unique = f"{name}-{world.run}"
    request = example["request"] | {"TrainingJobName": unique}
    return {"api": example["api"], "request": request, "idempotencyKey": unique, "labels": labels}


UNTOLD = {Api.BEDROCK_JOB, Api.CUSTOMIZATION_JOB, Api.QUANTUM_TASK, Api.TUNING_JOB}
"""APIs whose jobs have no estimate."""


@pytest.fixture(scope="module")
def dropped(world: World) -> dict[str, str]:
    """All real examples, dropped at once. Maps each file to its status document.

    Some have a name or a token in common, which is one job to their providers.
    """
    keys, names = {}, set[str]()
    for number, path in enumerate(VALID):
        example = json.loads(path.read_text())
        member = SPECS[Api(example["api"])].name.member
        name = example["request"].get(member)
        if name in names:
            example["request"][member] = f"{name}-{number}"
        names |= {name} if name else set()
        key = f"{world.run}-{number}"
        document = {"api": example["api"], "request": example["request"], "idempotencyKey": key}
        if usage := usage_of(example["api"], example["request"]):
            document["usage"] = usage
        keys[str(path)] = world.drop(f"{path.parent.name}/{path.name}", document)
    return keys


@pytest.mark.parametrize("path", VALID, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_real_body_goes_through_to_success(path: Any, world: World, dropped: dict[str, str]) -> None:
    status = world.ended(dropped[str(path)])
    assert status["state"] == "SUCCEEDED"
    assert status["providerId"]


def test_the_examples_are_of_all_apis() -> None:
    assert {json.loads(path.read_text())["api"] for path in VALID} == set(Api)


def test_no_sample_costs_more_than_its_bound(world: World, dropped: dict[str, str]) -> None:
    """Providers do not report what is billed of a batch or a customization of Bedrock, a quantum task or a
    tuning job, and what a customization may cost is not known either.
    """
    ended = [world.ended(key) for key in dropped.values()]
    costs = [(Api(status["api"]), status["cost"]) for status in ended]
    assert {api for api, cost in costs if "estimate" in cost} == set(Api) - UNTOLD
    assert {api for api, cost in costs if "bound" not in cost} == {Api.CUSTOMIZATION_JOB}
    bounded = [cost for _, cost in costs if "bound" in cost]
    assert [cost for cost in bounded if not 0 < cost.get("estimate", 0.000001) <= cost["bound"]] == []


def test_a_failed_job_says_so_in_the_providers_words(world: World) -> None:
    status = world.ended(world.send(training(world, "fails", simulate="fail")))
    assert status["state"] == "FAILED"
    assert "AlgorithmError" in status["reason"]


def test_a_job_past_its_time_limit_ends_timed_out(world: World) -> None:
    assert world.ended(world.send(training(world, "late", simulate="timeout")))["state"] == "TIMED_OUT"


def test_a_running_job_can_be_cancelled(world: World) -> None:
    document = training(world, "cancelled", simulate="slow")
    key = world.send(document)
    world.status_when(key, lambda status: status.get("state") == "RUNNING")
    answer = world.drop("cancel.json", {"cancel": document["idempotencyKey"]})
    assert world.ended(key)["state"] == "CANCELLED"
    assert world.status_when(answer, lambda status: "cancel" in status)["cancel"] == document["idempotencyKey"]


def test_a_job_whose_events_are_lost_is_found_by_the_sweep(world: World) -> None:
    assert world.ended(world.send(training(world, "silent", simulate="never-event")))["state"] == "SUCCEEDED"


@pytest.mark.parametrize("scenario", ["throttle", "quota", "unavailable"])
def test_a_job_that_is_refused_for_now_gets_its_turn(scenario: str, world: World) -> None:
    document = training(world, scenario, simulate=scenario)
    assert world.ended(world.send(document))["state"] == "SUCCEEDED"


def test_a_wrong_request_is_answered_by_field(world: World) -> None:
    document = training(world, "wrong")
    document["request"]["ResourceConfig"]["InstanceTyp"] = "ml.m5.large"
    status = world.ended(world.drop("wrong.json", document))
    assert status["state"] == "REJECTED"
    assert "request.ResourceConfig.InstanceTyp" in {error["path"] for error in status["errors"]}


def test_a_repeated_request_is_one_job_and_is_told_so(world: World) -> None:
    document = training(world, "twice")
    first = world.ended(world.drop("first.json", document))
    second = world.status_when(world.drop("second.json", document), lambda status: "duplicate" in status)
    assert second["jobId"] == first["jobId"]
    assert "idempotencyKey" in second["note"]
    assert second["state"] == "SUCCEEDED"


def test_another_body_under_a_used_key_is_rejected(world: World) -> None:
    document = training(world, "key")
    world.ended(world.send(document))
    document["request"]["TrainingJobName"] += "-b"
    status = world.ended(world.send(document))
    assert [error["code"] for error in status["errors"]] == ["KEY_USED"]


def test_one_bad_line_does_not_stop_the_others(world: World) -> None:
    lines = [json.dumps(training(world, f"line{number}")) for number in range(3)]
    file = world.drop("lines.jsonl", "\n".join([lines[0], "{", *lines[1:]]))
    summary = world.status_when(file, lambda status: "documents" in status)
    assert (summary["accepted"], summary["rejected"]) == (3, 1)
    states = [world.ended(entry["status"])["state"] for entry in summary["documents"]]
    assert states == ["SUCCEEDED", "REJECTED", "SUCCEEDED", "SUCCEEDED"]


def test_a_bare_body_is_a_request_where_its_path_names_the_api(world: World) -> None:
    body = training(world, "bare")["request"]
    key = f"sagemaker/create-training-job/{world.run}.json"
    world.s3.put_object(Bucket=world.deployment.bucket, Key=f"requests/{key}", Body=json.dumps(body).encode())
    assert world.ended(f"status/{key}.json")["api"] == Api.TRAINING_JOB


def test_a_dry_run_shows_the_call_and_submits_nothing(world: World) -> None:
    document = training(world, "dry") | {"dryRun": True}
    status = world.status_when(world.drop("dry.json", document), lambda status: "call" in status)
    assert status["call"]["TrainingJobName"] == document["request"]["TrainingJobName"]


@pytest.mark.parametrize(
    ("scenario", "expected", "states"),
    [
        ("succeed", State.SUCCEEDED, ["Wait", "Dispatch"]),
        ("fail", State.FAILED, ["Wait", "Dispatch", "Job did not succeed"]),
    ],
    ids=str,
)
def test_an_execution_enters_a_constant_number_of_states(
    scenario: str, expected: State, states: list[str], world: World
) -> None:
    document = training(world, f"states-{scenario}", simulate=scenario)
    world.ended(world.send(document))
    job = world.job(document["idempotencyKey"])
    execution = _execution(world.deployment, job.job_id)
    assert job.state is expected
    assert execution["status"] == ("FAILED" if expected in ERRORS else "SUCCEEDED")
    history = boto3.client("stepfunctions").get_execution_history(executionArn=execution["executionArn"])
    entered = [event for event in history["events"] if event["type"].endswith("StateEntered")]
    assert [event["stateEnteredEventDetails"]["name"] for event in entered] == states


def _execution(deployment: Deployment, job_id: str) -> Any:
    """The job's execution, once it is closed."""
    arn = f"{deployment.state_machine_arn.replace(':stateMachine:', ':execution:')}:{job_id}"
    client = boto3.client("stepfunctions")
    for _ in range(100):
        execution = client.describe_execution(executionArn=arn)
        if execution["status"] != "RUNNING":
            break
    return execution
