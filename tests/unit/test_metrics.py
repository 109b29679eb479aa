"""Metrics as members of log lines, and that every alarm on one of ours has somebody who writes it."""

import json
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from jobchute import metrics
from jobchute.job import State
from jobchute.lifecycle.queue_metrics import PoolFigures
from jobchute.lifecycle.reconcile import measures_of, measures_of_queues
from tests.builders import a_job

NOW = 1_800_000_000.0


def test_a_line_has_its_namespace_metrics_and_dimensions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logger = Logger(service="test-metrics")
    logger.append_keys(function_name="announce")
    members = metrics.embedded(NOW, {"Moves": 1, "OverdueSeconds": 2.5}, ("state",), state="FAILED")
    logger.info("told", **members)
    line: dict[str, Any] = json.loads(capsys.readouterr().out)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert line["_aws"]["Timestamp"] == NOW * 1000
    assert directive["Namespace"] == metrics.NAMESPACE
    assert directive["Dimensions"] == [["function_name", "state"]]
    assert directive["Metrics"] == [
        {"Name": "Moves", "Unit": "Count"},
        {"Name": "OverdueSeconds", "Unit": "Seconds"},
    ]
    for name in (*directive["Dimensions"][0], "Moves", "OverdueSeconds"):
        assert line[name] is not None


def test_a_metric_without_dimensions_is_counted_by_its_function() -> None:
    (directive,) = metrics.embedded(NOW, {"DueJobs": 0})["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["function_name"]]


def test_a_sweep_measures_what_is_due() -> None:
    waiting = a_job(state=State.QUEUED, created_at="2027-01-15T07:00:00Z", due=int(NOW) - 50, deadline=10**12)
    stuck = a_job(state=State.RUNNING, due=int(NOW) - 10, deadline=int(NOW) - metrics.STUCK_SECONDS - 1)
    late = a_job(state=State.RUNNING, due=int(NOW) - 10, deadline=int(NOW) - metrics.STUCK_SECONDS + 1)
    due = [waiting, stuck, late]
    assert measures_of(due, NOW) == {
        "DueJobs": 3,
        "StuckJobs": 1,
        "OverdueSeconds": 50,
        "OldestWaitSeconds": 3600,
    }


def test_a_sweep_measures_the_lines_of_pools() -> None:
    line = PoolFigures(
        pool="a", limit=2, limit_now=2, in_flight=0, waiting=1, oldest_wait=70, is_stalled=True, following=()
    )
    others = [line._replace(oldest_wait=90, is_stalled=False), line._replace(oldest_wait=0)]
    assert measures_of_queues([line, *others]) == {"OldestWaitSeconds": 90, metrics.STALLED_POOLS: 2}


def test_a_sweep_without_anything_due_measures_nothing() -> None:
    assert set((measures_of([], NOW) | measures_of_queues([])).values()) == {0}
