"""Braket's quantum tasks as an unmodified boto3 client sees them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped,unused-ignore]

from infra.local.simulator.clock import Clock
from infra.local.simulator.events import Publisher
from infra.local.simulator.permissions import Need
from infra.local.simulator.services.braket import Braket
from infra.local.simulator.settings import Settings
from infra.local.simulator.world import World
from tests.unit.simulator.test_simulator_braket import refusal

SV1 = "arn:aws:braket:::device/quantum-simulator/amazon/sv1"
RESERVATION = {
    "arn": "arn:aws:braket:us-east-1:123456789012:reservation/a1",
    "type": "RESERVATION_TIME_WINDOW_ARN",
}
FORTE = "arn:aws:braket:us-east-1::device/qpu/ionq/Forte-1"
TASK = {
    "clientToken": "token-1",
    "deviceArn": SV1,
    "shots": 100,
    "outputS3Bucket": "results",
    "outputS3KeyPrefix": "tasks",
    "action": json.dumps({"braketSchemaHeader": {"name": "braket.ir.openqasm.program", "version": "1"}}),
    "tags": {"team": "growth"},
}


@pytest.fixture
def braket(client: Any) -> Any:
    return client("braket")


def created(braket: Any, **changes: Any) -> str:
    arn: str = braket.create_quantum_task(**TASK | changes)["quantumTaskArn"]
    return arn


def test_a_task_goes_through_its_states_to_completed(braket: Any, simulator: Any) -> None:
    arn = created(braket)
    seen = [braket.get_quantum_task(quantumTaskArn=arn)["status"]]
    for seconds in (10, 81, 100):
        simulator.advance(seconds)
        seen.append(braket.get_quantum_task(quantumTaskArn=arn)["status"])
    assert seen == ["CREATED", "QUEUED", "RUNNING", "COMPLETED"]
    task = braket.get_quantum_task(quantumTaskArn=arn, additionalAttributeNames=["QueueInfo"])
    assert task["outputS3Directory"] == f"tasks/{arn.rpartition('/')[2]}"
    assert (task["shots"], task["numSuccessfulShots"], task["tags"]) == (100, 100, {"team": "growth"})
    assert task["queueInfo"] == {"queue": "QUANTUM_TASKS_QUEUE", "position": "None"}
    assert (task["endedAt"] - task["createdAt"]).total_seconds() == pytest.approx(190, abs=0.01)


def test_a_repeated_token_gives_the_same_task(braket: Any, simulator: Any) -> None:
    first = created(braket)
    assert created(braket) == created(braket, shots=7) == first
    assert created(braket, clientToken="token-2") != first
    assert [job["createCalls"] for job in simulator.jobs()] == [3, 1]


def test_a_task_that_runs_is_cancelled_after_a_while(braket: Any, simulator: Any) -> None:
    arn = created(braket)
    simulator.advance(100)
    cancel = {"quantumTaskArn": arn, "clientToken": "cancel"}
    for _ in range(2):
        assert braket.cancel_quantum_task(**cancel)["cancellationStatus"] == "CANCELLING"
    simulator.advance(11)
    assert braket.get_quantum_task(quantumTaskArn=arn)["status"] == "CANCELLED"
    assert refusal(braket.cancel_quantum_task, **cancel) == ("ConflictException", 409)


def test_a_task_may_lose_shots_or_fail(braket: Any, simulator: Any) -> None:
    partial = created(braket, tags={"jobchute:simulate": "partial"})
    failed = created(braket, clientToken="token-2", tags={"jobchute:simulate": "fail"})
    simulator.advance(1000)
    assert braket.get_quantum_task(quantumTaskArn=partial)["numSuccessfulShots"] == 90
    assert braket.get_quantum_task(quantumTaskArn=failed)["failureReason"].startswith("The quantum task failed")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"outputS3Bucket": "s3://results"}, "Caller doesn't have access to s3://results"),
        ({"action": "{"}, "not a valid program"),
        ({"action": "{}"}, "not a valid program"),
        ({"deviceArn": FORTE, "shots": 0}, "greater than 0"),
        ({"associations": [RESERVATION]}, "Braket Direct"),
    ],
)
def test_a_broken_task_is_refused(braket: Any, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words) as caught:
        created(braket, **changes)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_tasks_are_searched_by_device_status_and_time(braket: Any) -> None:
    arns = [created(braket, clientToken=f"t{number}") for number in range(3)]
    other = created(braket, clientToken="other", deviceArn=FORTE)
    created_since = {"name": "createdAt", "operator": "GTE", "values": ["2020-01-01T00:00:00+00:00"]}
    by_device = {"name": "deviceArn", "operator": "EQUAL", "values": [SV1]}
    found = braket.search_quantum_tasks(filters=[created_since, by_device])["quantumTasks"]
    assert [task["quantumTaskArn"] for task in found] == arns[::-1]
    by_status = {"name": "status", "operator": "EQUAL", "values": ["COMPLETED"]}
    assert braket.search_quantum_tasks(filters=[by_status])["quantumTasks"] == []
    page = braket.search_quantum_tasks(filters=[], maxResults=1)
    assert [task["quantumTaskArn"] for task in page["quantumTasks"]] == [other]
    by_tag = {"name": "tags", "operator": "EQUAL", "values": ["growth"]}
    assert refusal(braket.search_quantum_tasks, filters=[by_tag]) == ("ValidationException", 400)


def test_tags_can_be_added_and_listed(braket: Any) -> None:
    arn = created(braket)
    braket.tag_resource(resourceArn=arn, tags={"more": "yes"})
    assert braket.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "growth", "more": "yes"}
    assert refusal(braket.get_quantum_task, quantumTaskArn=f"{arn}0") == ("ResourceNotFoundException", 404)


def test_its_events_have_the_documented_members(braket: Any, simulator: Any, sink: Any) -> None:
    arn = created(braket)
    simulator.advance(1000)
    first, *_, last = sink.details(4)
    assert [detail["status"] for detail in sink.details(4)] == ["CREATED", "QUEUED", "RUNNING", "COMPLETED"]
    assert {**last, "createdAt": "", "endedAt": ""} == {
        "quantumTaskArn": arn,
        "status": "COMPLETED",
        "deviceArn": SV1,
        "shots": "100",
        "outputS3Bucket": "results",
        "outputS3Directory": f"tasks/{arn.rpartition('/')[2]}",
        "createdAt": "",
        "endedAt": "",
        "eventName": "MODIFY",
    }
    assert (first["eventName"], "endedAt" in first) == ("INSERT", False)
    assert sink.entries[-1]["DetailType"] == "Braket Task State Change"


def test_a_task_writes_where_its_caller_may() -> None:
    settings = Settings(region="eu-central-2", account="000000000000")
    service = Braket(World(settings, clock=Clock(), publisher=Publisher(None)))
    assert [*service.needs_of("CreateQuantumTask", TASK)] == [
        Need("braket:CreateQuantumTask", "*"),
        Need("braket:TagResource", "arn:aws:braket:eu-central-2:000000000000:quantum-task/new"),
        Need("s3:ListBucket", "arn:aws:s3:::results"),
        Need("s3:GetObject", "arn:aws:s3:::results/tasks/new/results.json"),
        Need("s3:PutObject", "arn:aws:s3:::results/tasks/new/results.json"),
    ]
    arn = "arn:aws:braket:eu-central-2:000000000000:quantum-task/1"
    assert [*service.needs_of("GetQuantumTask", {"quantumTaskArn": arn})] == [
        Need("braket:GetQuantumTask", arn)
    ]
