"""The sweep's look at queues that are not Jobchute's own, over real ones."""

import io
import json
from typing import Any

import pytest

from jobchute.metrics import UNSAFE_QUEUES
from tests.integration.handlers.world import World

DEAD, OWN = "intake-dead", "orders"


@pytest.fixture
def queue_url(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """Another queue, made with SQS's defaults; the sweep knows of it."""
    sqs = world.aws["sqs"]
    url = str(sqs.create_queue(QueueName=OWN)["QueueUrl"])
    dead = sqs.create_queue(QueueName=DEAD)["QueueUrl"]
    for name in ("DEAD_LETTER", "EVENTS_DEAD_LETTER", "STREAM_FAILURES"):
        monkeypatch.setenv(f"JOBCHUTE_{name}_QUEUE_URL", dead)
    monkeypatch.setenv("JOBCHUTE_OTHER_QUEUE_URLS", url)
    return url


def looked(world: World, log: io.StringIO, remaining_ms: int = 90_000) -> list[dict[str, Any]]:
    log.seek(0)
    log.truncate()
    world.invoke("reconcile", {}, ms=remaining_ms)
    return [json.loads(line) for line in log.getvalue().splitlines()]


def unsafe(lines: list[dict[str, Any]]) -> list[int]:
    return [line[UNSAFE_QUEUES] for line in lines if UNSAFE_QUEUES in line]


def test_a_queue_that_loses_messages_is_reported_until_fixed(
    world: World, queue_url: str, log: io.StringIO
) -> None:
    lines = looked(world, log)
    (line,) = [line for line in lines if line["message"] == "a queue may lose messages"]
    assert unsafe(lines) == [1]
    assert (line["level"], line["queue"]) == ("ERROR", OWN)
    assert ["VisibilityTimeout" in line["wrong"][0], DEAD in line["wrong"][1]] == [True, True]
    arn = f"arn:aws:sqs:us-east-1:123456789012:{DEAD}"
    world.aws["sqs"].set_queue_attributes(
        QueueUrl=queue_url,
        Attributes={
            "VisibilityTimeout": "570",
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 8}),
        },
    )
    assert unsafe(looked(world, log)) == [0]


def test_a_queue_that_is_gone_is_told_of(world: World, queue_url: str, log: io.StringIO) -> None:
    world.aws["sqs"].delete_queue(QueueUrl=queue_url)
    lines = looked(world, log)
    assert unsafe(lines) == [1]
    assert "a queue could not be looked at" in {line["message"] for line in lines}


@pytest.mark.usefixtures("queue_url")
def test_nothing_is_told_when_the_time_is_over(world: World, log: io.StringIO) -> None:
    assert unsafe(looked(world, log, remaining_ms=1000)) == []


def test_nothing_is_told_where_there_is_no_other_queue(world: World, log: io.StringIO) -> None:
    assert unsafe(looked(world, log)) == []
