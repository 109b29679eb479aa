"""An input is split, run by the simulator, joined, sent again where records failed, and joined once more."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.local.simulator import Settings
from infra.local.simulator.clock import Clock
from infra.local.simulator.events import Publisher
from infra.local.simulator.services.bedrock import Bedrock
from infra.local.simulator.storage import S3Storage
from infra.local.simulator.world import World
from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.job import Api, State, digest_of, job_id_for_key
from tests.builders import a_job
from tests.integration.cli.deployed import messages
from tests.integration.cli.record_jobs import INPUT, PREFIX, put_lines, request_of
from tests.records import id_of, input_line

FAILING = [*(f"sim-flaky-{number:03d}" for number in range(90)), *(f"sim-throttle-{n}" for n in range(20))]
IDS = sorted([*map(id_of, range(190)), *FAILING])

Run = Callable[[dict[str, Any]], None]


@pytest.fixture
def run_job(deployment: Deployment) -> Run:
    """Runs the job of a document at the simulator, and writes its row as it is in the end."""
    runtime.client("s3").create_bucket(Bucket="data")
    storage = S3Storage(endpoint="https://s3.us-east-1.amazonaws.com", region="us-east-1")
    world = World(Settings(), clock=Clock(), publisher=Publisher(None), storage=storage)
    bedrock = Bedrock(world)

    def run(document: dict[str, Any]) -> None:
        request, key = document["request"], document["idempotencyKey"]
        arn = bedrock.operations["CreateModelInvocationJob"](request)["jobArn"]
        world.advance(300)
        ended = bedrock.operations["GetModelInvocationJob"]({"jobIdentifier": arn})
        assert ended["status"] == "Completed"
        job = a_job(
            request["jobName"],
            api=Api.BEDROCK_JOB,
            state=State.SUCCEEDED,
            job_id=job_id_for_key(key),
            idempotency_key=key,
            labels=document["labels"],
            retry_of=document.get("retryOf"),
            output=f"{PREFIX}{arn.rpartition('/')[2]}/",
            digest=digest_of(Api.BEDROCK_JOB, request),
        )
        deployment.ledger.requests.keep(job.job_id, job.digest, request, job.created_at)
        deployment.ledger.add(job)

    return run


def tool(*line: str) -> str:
    result = CliRunner().invoke(app, [*line, "--json"])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_in_the_end_every_record_has_its_output(deployment: Deployment, run_job: Run, tmp_path: Path) -> None:
    put_lines(INPUT, map(input_line, IDS))
    document = {"api": Api.BEDROCK_JOB, "request": request_of("tickets"), "idempotencyKey": "nightly"}
    (tmp_path / "big.json").write_text(json.dumps(document))
    tool("split", str(tmp_path / "big.json"), "--max-records", "150")
    parts = [json.loads(line) for line in (tmp_path / "big.parts.jsonl").read_text().splitlines()]
    for part in parts:
        run_job(part)
    target = f"jobchute-split={parts[0]['labels']['jobchute-split']}"
    first = json.loads(tool("results", target, "--join", str(tmp_path / "first.jsonl")))
    assert [first[name] for name in ("records", "ok", "failed", "missing", "lost")] == [300, 190, 110, 0, 0]
    tool("results", target, "--retry-failed")
    (again,) = messages(deployment)
    run_job(again)
    last = json.loads(tool("results", target, "--join", str(tmp_path / "last.jsonl")))
    assert [last[name] for name in ("records", "ok", "failed", "missing", "unknown")] == [300, 280, 20, 0, 0]
    lines = [json.loads(line) for line in (tmp_path / "last.jsonl").read_text().splitlines()]
    assert [line["recordId"] for line in lines] == IDS
    sent_again = {
        line["recordId"] for line in lines if line.get("jobId") == job_id_for_key(again["idempotencyKey"])
    }
    assert sent_again == {*FAILING}
