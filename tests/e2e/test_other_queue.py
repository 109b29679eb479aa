"""A queue that was there before the stack: its messages become jobs, and what fails there is known."""

import json
import time

import boto3
import pytest

from tests.e2e.conftest import PATIENCE_SECONDS, World
from tests.e2e.test_main_job import training
from tests.paths import DOCS

pytestmark = pytest.mark.slow

PAGE = DOCS / "existing-resources.md"


def test_a_message_in_it_becomes_a_job(world: World) -> None:
    status = world.ended(world.send(training(world, "other-queue"), world.other.url))
    assert status["state"] == "SUCCEEDED"
    assert status["source"]["uri"].startswith("sqs://")


def test_the_reconciler_complains_until_the_queue_is_set_right(world: World) -> None:
    assert looked(world) == 1
    arn = world.deployment.outputs["DeadLetterQueueArn"]
    _, _, rest = PAGE.read_text().partition("--attributes '")
    attributes = json.loads(rest.partition("'")[0].replace("<DeadLetterQueueArn>", arn))
    world.sqs.set_queue_attributes(QueueUrl=world.other.url, Attributes=attributes)
    assert looked(world) == 0


def looked(world: World) -> int:
    """How many queues are unsafe, as a sweep from now on finds."""
    since = int(time.time() * 1000)
    pages = boto3.client("logs").get_paginator("filter_log_events")
    (group,) = (
        each["logGroupName"]
        for each in boto3.client("logs").describe_log_groups()["logGroups"]
        if "ReconcileLog" in each["logGroupName"]
    )
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        for page in pages.paginate(logGroupName=group, startTime=since):
            for event in page["events"]:
                if '"UnsafeQueues":' in event["message"]:
                    return int(json.loads(event["message"])["UnsafeQueues"])
        time.sleep(0.5)
    raise TimeoutError(f"no sweep looked at {world.other.url}")
