"""Secrets of requests on the deployed stack: in no log, row, status document, execution or dead letter."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from jobchute.ledger.request_bodies import REQUEST
from tests.e2e.conftest import World
from tests.e2e.test_main_job import training

pytestmark = pytest.mark.sampled

CANARY = "canary-51d0e7b2"


def planted(world: World, name: str, **labels: str) -> dict[str, Any]:
    document = training(world, name, **labels)
    document["request"] |= {
        "HyperParameters": {"token": f"{CANARY}-hyper"},
        "Environment": {"API_TOKEN": f"{CANARY}-env"},
    }
    return document


@pytest.fixture(scope="module")
def told(world: World) -> list[tuple[str, str]]:
    """Where and what, after jobs that succeed, fail and are cancelled, a dry run, and a rejection."""
    heard = world.listen("canaries", {"source": ["jobchute"]})
    ends = [
        world.drop(f"canaries/{end}.json", planted(world, f"canary-{end}", simulate=end))
        for end in ("succeed", "fail")
    ]
    slow = planted(world, "canary-slow", simulate="slow")
    ends.append(world.drop("canaries/slow.json", slow))
    world.status_when(ends[-1], lambda status: status.get("state") == "RUNNING")
    world.drop("canaries/cancel.json", {"cancel": slow["idempotencyKey"]})
    wrong = planted(world, "canary-wrong")
    wrong["request"]["Environment"] = [f"{CANARY}-env"]
    ends.append(world.drop("canaries/wrong.json", wrong))
    for key in ends:
        world.ended(key)
    dry = world.drop("canaries/dry.json", planted(world, "canary-dry") | {"dryRun": True})
    world.status_when(dry, lambda status: "call" in status)
    return [*everything(world), *(("event", text) for text in world.heard(heard))]


def everything(world: World) -> Iterator[tuple[str, str]]:
    deployed = world.deployment
    logs = boto3.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        for event in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
            yield from (("log", line["message"]) for line in event["events"])
    for page in boto3.client("dynamodb").get_paginator("scan").paginate(TableName=deployed.table):
        yield from (("ledger", str(item)) for item in page["Items"] if item["sk"] != {"S": REQUEST})
    for listed in world.s3.get_paginator("list_objects_v2").paginate(Bucket=deployed.bucket, Prefix="status"):
        for entry in listed.get("Contents", []):
            body = world.s3.get_object(Bucket=deployed.bucket, Key=entry["Key"])["Body"].read()
            yield "status", body.decode()
    steps = boto3.client("stepfunctions")
    for execution in steps.list_executions(stateMachineArn=deployed.state_machine_arn)["executions"]:
        yield "execution", str(steps.get_execution_history(executionArn=execution["executionArn"]))
    for name in ("DeadLetterQueueUrl", "EventsDeadLetterQueueUrl", "StreamFailuresQueueUrl"):
        answer = world.sqs.receive_message(QueueUrl=deployed.outputs[name], VisibilityTimeout=0)
        yield from (("dead letters", message["Body"]) for message in answer.get("Messages", []))


def test_no_secret_is_anywhere(told: list[tuple[str, str]]) -> None:
    assert [where for where, text in told if CANARY in text] == []


@pytest.mark.parametrize("place", ["log", "ledger", "status", "execution", "event"])
def test_every_place_was_looked_at(place: str, told: list[tuple[str, str]]) -> None:
    assert [text for where, text in told if where == place and text]


def test_every_function_logs_structured_lines_with_the_job(told: list[tuple[str, str]]) -> None:
    lines = [text for where, text in told if where == "log"]
    for service in ("validate", "dispatch", "observe", "announce"):
        assert [line for line in lines if f'"service":"{service}"' in line and '"job_id":"jc-' in line], service
