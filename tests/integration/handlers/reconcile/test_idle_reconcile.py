"""What a sweep takes while nothing is open: `jobchute cost --idle` says no less."""

import io
import json
from collections import Counter
from typing import Any

import pytest

from jobchute import metrics
from jobchute.cli.idle_cost import SWEEP_METRICS, SWEEP_READ_UNITS, SWEEP_SQS_REQUESTS, SWEEP_WRITE_UNITS
from jobchute.job import Api, State
from tests.integration.handlers.world import RUN, World

SWEEPS = 10


@pytest.fixture(autouse=True)
def _dead_letter_queues(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DEAD_LETTER", "EVENTS_DEAD_LETTER", "STREAM_FAILURES"):
        url = world.aws["sqs"].create_queue(QueueName=name)["QueueUrl"]
        monkeypatch.setenv(f"JOBCHUTE_{name}_QUEUE_URL", url)
    world.restart()


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_an_idle_sweep_takes_no_more_than_the_tool_counts(world: World) -> None:
    world.sweep()
    counts: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        counts[f"{model.service_model.service_name}:{model.name}"] += 1

    for client in world.aws.values():
        client.meta.events.register("before-call", count, unique_id="idle")
    try:
        for _ in range(SWEEPS):
            world.sweep(after=60)
    finally:
        for client in world.aws.values():
            client.meta.events.unregister("before-call", unique_id="idle")
    # Of nothing, a query takes half a unit, and a consistent read one.
    reads = counts["dynamodb:Query"] * 0.5 + counts["dynamodb:GetItem"]
    assert reads / SWEEPS <= SWEEP_READ_UNITS
    assert (counts["dynamodb:PutItem"] + counts["dynamodb:UpdateItem"]) / SWEEPS <= SWEEP_WRITE_UNITS
    requests = sum(number for name, number in counts.items() if name.startswith("sqs:"))
    assert requests / SWEEPS <= SWEEP_SQS_REQUESTS
    assert {name.partition(":")[0] for name in counts} == {"dynamodb", "sqs"}


def test_an_idle_sweep_writes_the_metrics_that_the_tool_counts(world: World, log: io.StringIO) -> None:
    world.sweep()
    described = [line["_aws"]["CloudWatchMetrics"] for line in lines(log) if "_aws" in line]
    names = {metric["Name"] for each in described for metric in each[0]["Metrics"]}
    assert len(names) == SWEEP_METRICS
    assert all(each[0]["Dimensions"] == [[metrics.FUNCTION]] for each in described)


def test_a_pool_writes_metrics_only_while_it_has_jobs(world: World, log: io.StringIO) -> None:
    """Each would cost by the hours in which it is written, for every pool that there ever was."""
    job_id = world.submit(Api.TRAINING_JOB)
    world.dispatch(job_id)
    world.sweep()
    assert [line[metrics.IN_FLIGHT] for line in lines(log) if line["message"] == "pool counted"] == [1]
    for _ in range(10):
        world.sweep(after=RUN)
    assert world.job(job_id).state is State.SUCCEEDED
    log.truncate(0)
    log.seek(0)
    world.sweep(after=RUN)
    assert not [line for line in lines(log) if line["message"] == "pool counted"]
