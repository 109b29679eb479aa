"""`jobchute status` and `jobchute top`, over moto."""

import json
import os
import pty
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from itertools import chain, repeat
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.cli.terminal import keys
from jobchute.cli.terminal.live import View, run
from jobchute.cli.terminal.reading import Overview, Reader
from jobchute.job import State, iso
from jobchute.ledger.pools import PoolRows
from jobchute.outcomes import Cause
from jobchute.pools.limits import QueuePosition
from jobchute.runtime import Clock
from jobchute.runtime.clients import AwsClients
from tests.builders import NOW, a_job
from tests.integration.cli.conftest import tool_with
from tests.integration.cli.test_finding import counted_reads

POOL = "sagemaker:CreateTrainingJob"
RUNNING = a_job("runs", state=State.RUNNING, pool=POOL)
FAILED = a_job("failed", state=State.FAILED, cause=Cause.CODE, reason="exit code 1")
OLD = a_job("old", state=State.SUCCEEDED, created_at=iso(NOW - 90_000), updated_at=iso(NOW - 90_000))
WAITING = a_job("waits", pool=POOL, waiting=POOL)


@pytest.fixture
def reader(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, clients: AwsClients) -> Iterator[Reader]:
    """At NOW."""
    monkeypatch.setenv("JOBCHUTE_POOLS", "{}")
    monkeypatch.setenv("JOBCHUTE_BUDGETS", '{"label": "team", "amounts": {"growth": 100}}')
    with tool_with(clients, Clock(now=lambda: NOW)):
        for job in (RUNNING, FAILED, OLD, replace(WAITING, place=str(QueuePosition.of(WAITING)))):
            deployment.ledger.add(job)
        rows = PoolRows(runtime.client("dynamodb"), deployment.table)
        rows.get(POOL)
        rows.mark_queue(POOL, now=NOW * 1000)
        yield Reader(deployment, None, "24h")


def invoke(*line: str) -> Any:
    result = CliRunner().invoke(app, [*line])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.usefixtures("reader")
def test_status_says_what_runs_waits_and_failed_and_what_to_do() -> None:
    rows = [line.split("\t") for line in invoke("status").splitlines()]
    counts = {row[0]: row[1] for row in rows if len(row) == 2}
    assert [counts[label] for label in ("running", "waiting", "succeeded", "failed")] == ["1", "1", "0", "1"]
    named = {(row[0], row[1]): row for row in rows if len(row) > 2}
    assert named["CODE", "1"][2:] == [f"jobchute retry {FAILED.job_id[:15]}", "failed", "exit code 1"]
    assert named["runs", "RUNNING"][3] == RUNNING.job_id
    assert named["waits", "1"][1:4] == ["1", named["waits", "1"][2], "its turn"]
    assert named[POOL, "0 of 1000"][2] == "1"
    assert named["growth", "0 %"][2:4] == ["$100.00", "$100.00"]


@pytest.mark.usefixtures("reader")
def test_status_counts_ends_since_the_time_that_was_asked_for() -> None:
    assert "\nsucceeded\t1\n" in invoke("status", "--since", "2d")
    assert "\nsucceeded\t0\n" in invoke("status", "--since", "2026-11-17T12:00:00Z")


@pytest.mark.usefixtures("reader")
def test_status_is_one_object_as_json() -> None:
    document = json.loads(invoke("status", "--json"))
    assert document["jobs"]["RUNNING"] == 1
    (failure,) = document["failures"]
    assert (failure["cause"], failure["count"], failure["jobIds"]) == ("CODE", 1, [FAILED.job_id])
    (waiting,) = document["waiting"]
    assert (waiting["jobId"], waiting["place"], waiting["text"]) == (WAITING.job_id, 1, "its turn")
    assert document["budgets"] == [
        {
            "budget": "growth",
            "month": "2026-11",
            "limit": 100.0,
            "reserved": 0.0,
            "spent": 0.0,
            "currency": "USD",
        }
    ]
    assert document["deadLetters"] == document["atLeast"] == document["notes"] == []


def test_what_cannot_be_read_is_said_and_the_rest_is_shown(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOBCHUTE_POOLS")
    monkeypatch.delenv("JOBCHUTE_BUDGETS")
    overview = reader.read()
    assert overview.counts.of(State.RUNNING).number == 1
    assert [note.partition(":")[0] for note in overview.notes] == [
        "pools cannot be read",
        "budgets cannot be read",
    ]


def test_a_second_read_repeats_only_what_moves(reader: Reader) -> None:
    with counted_reads() as first:
        reader.read()
    with counted_reads() as second:
        reader.read()
    assert len(second) < len(first) <= 60


def test_calls_do_not_grow_with_the_jobs(reader: Reader, deployment: Deployment) -> None:
    for number in range(150):
        deployment.ledger.add(a_job(f"many {number}", state=State.RUNNING, pool=POOL))
        deployment.ledger.add(a_job(f"bad {number}", state=State.FAILED, cause=Cause.CODE))
    with counted_reads() as asked:
        reader.read()
    assert len(asked) <= 60


def test_a_since_that_is_no_time_is_a_usage_error() -> None:
    for command in ("status", "top"):
        result = CliRunner().invoke(app, [command, "--since", "yesterday"])
        assert result.exit_code == 2
        assert "how long ago as 90s" in result.stderr.replace("\n", " ")


def test_top_needs_a_terminal(deployment: Deployment) -> None:
    result = CliRunner().invoke(app, ["top"])
    assert result.exit_code == 2
    assert result.stderr == "jobchute: top needs a terminal; for a pipe or a file: jobchute status\n"


def live(read: Callable[[], Overview], keys_pressed: Iterator[bool]) -> str:
    """What is drawn until the last key; a second passes with each."""
    output, passed = StringIO(), iter(range(1000))
    console = Console(file=output, force_terminal=True, width=100, height=40, highlight=False)
    now = [float(NOW)]

    def wait(seconds: float) -> bool:
        now[0] += seconds
        return next(keys_pressed)

    run(View(read, lambda: next(passed) * 7, lambda: now[0], 5.0), console, wait)
    return output.getvalue()


def test_top_reads_each_interval_until_q(reader: Reader) -> None:
    reads = []

    def read() -> Overview:
        reads.append(1)
        return reader.read()

    drawn = live(read, chain(repeat(False, 12), [True]))
    assert len(reads) == 3
    assert "q quits · read every 5 s · 7 calls" in drawn
    assert "runs" in drawn


def test_top_goes_on_after_a_read_that_failed(reader: Reader) -> None:
    def refuse() -> Overview:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "Query")

    reads = iter([reader.read, refuse, reader.read])

    def read() -> Overview:
        return next(reads)()

    drawn = live(read, chain(repeat(False, 11), [True]))
    assert "cannot be read now: AWS refused Query: ThrottlingException: slow down" in drawn
    assert next(reads, None) is None


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A pseudo-terminal as standard input. Yields the end at which keys are pressed."""
    pressed, end = pty.openpty()
    with os.fdopen(end, "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield pressed
    os.close(pressed)


@pytest.mark.parametrize(
    ("pressed", "ends"), [(b"q", True), (b"xyQ", True), (b"\x04", True), (b"x", False), (b"", False)]
)
def test_a_key_ends_the_view_without_enter(monkeypatch: pytest.MonkeyPatch, pressed: bytes, ends: bool) -> None:
    with terminal(monkeypatch) as keyboard, keys.keyboard() as wait:
        os.write(keyboard, pressed)
        assert wait(0.1 if not ends else 30) is ends
