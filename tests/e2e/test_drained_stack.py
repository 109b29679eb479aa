"""`jobchute drain` on the deployed stack with jobs open: what keeps `cdk destroy` from hanging."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from jobchute.job import job_id_for_key
from tests.e2e.conftest import World
from tests.e2e.test_main_job import training

pytestmark = pytest.mark.slow


def tool(*arguments: str) -> Any:
    """The tool as a person calls it, in a process of its own; what it printed as JSON."""
    command = [sys.executable, "-c", "from jobchute.cli.main import app; app()", *arguments, "--json"]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def running(world: World) -> set[str]:
    """The jobs whose executions have not ended."""
    listed = boto3.client("stepfunctions").list_executions(
        stateMachineArn=world.deployment.state_machine_arn, statusFilter="RUNNING"
    )
    return {each["name"] for each in listed["executions"]}


def started(world: World, name: str) -> tuple[str, str]:
    """A job that runs for long. Returns its id and its status document."""
    document = training(world, name, simulate="slow")
    key = world.send(document)
    world.status_when(key, lambda status: status.get("state") == "RUNNING")
    return job_id_for_key(document["idempotencyKey"]), key


@pytest.fixture(autouse=True)
def _resumed() -> Any:
    yield
    tool("drain", "--resume")


def test_open_jobs_are_cancelled_and_no_execution_is_left(world: World) -> None:
    job_id, key = started(world, "drained")
    told = tool("drain", "--yes", "--settle", "2", "--timeout", "200")
    assert told["drained"] is True
    assert told["cancelled"] >= 1
    assert world.ledger.get(job_id).state == "CANCELLED"
    assert world.ended(key)["state"] == "CANCELLED"
    assert running(world) == set()


def test_handed_over_jobs_run_on_while_no_execution_is_left(world: World, tmp_path: Path) -> None:
    job_id, _ = started(world, "handed-over")
    file = tmp_path / "handed-over.jsonl"
    told = tool("drain", "--yes", "--settle", "2", "--timeout", "200", "--hand-over", str(file))
    assert (told["drained"], told["handedOver"]) == (True, 1)
    assert json.loads(file.read_text())["jobId"] == job_id
    assert json.loads(file.read_text())["providerId"]
    assert world.ledger.get(job_id).state == "RUNNING"
    assert running(world) == set()


def test_requests_wait_in_their_queue_until_intake_resumes(world: World) -> None:
    tool("drain", "--yes", "--settle", "2", "--timeout", "200")
    key = world.send(training(world, "waits"))
    with pytest.raises(pytest.fail.Exception):
        world.status_when(key, lambda _: True, patience=4)
    tool("drain", "--resume")
    assert world.ended(key)["state"] == "SUCCEEDED"
