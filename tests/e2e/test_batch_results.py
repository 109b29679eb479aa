"""A batch on the embedded AWS: joined, sent again where records failed or are missing, and joined once more."""

import json
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from jobchute.job import Api, job_id_for_key
from tests.e2e.conftest import BATCHES, World
from tests.e2e.tool import said
from tests.records import id_of, input_line
from tests.unit.bodies import VALID

TOKENS = {"inputTokens": 12 * 500, "outputTokens": 6 * 500}
"""Above what the simulator answers: 12 and 6 of a record."""
OK, FAILED, MISSING = 380, 103, 17
FAILING = [f"sim-flaky-{number:03d}" for number in range(FAILED)]
LOST = [f"sim-lost-{number:03d}" for number in range(MISSING)]
IDS = sorted([*map(id_of, range(OK)), *FAILING, *LOST], key=lambda record_id: record_id[::-1])
FILES = 3


def document_of(name: str) -> dict[str, Any]:
    data = {
        "inputDataConfig": {
            "s3InputDataConfig": {"s3InputFormat": "JSONL", "s3Uri": f"s3://{BATCHES}/{name}/"}
        },
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": f"s3://{BATCHES}/out/"}},
    }
    request = VALID[Api.BEDROCK_JOB] | {"jobName": name} | data
    return {"api": Api.BEDROCK_JOB, "request": request, "idempotencyKey": name, "usage": TOKENS}


@pytest.fixture(scope="module")
def batch(world: World) -> str:
    """The key of a job with an input in three files, once it has ended."""
    name = f"tickets-{world.run}"
    place: Any = {"LocationConstraint": world.s3.meta.region_name}
    world.s3.create_bucket(Bucket=BATCHES, CreateBucketConfiguration=place)
    size = len(IDS) // FILES + 1
    for number in range(FILES):
        lines = map(input_line, IDS[number * size : (number + 1) * size])
        world.s3.put_object(Bucket=BATCHES, Key=f"{name}/{number}.jsonl", Body=b"\n".join(lines) + b"\n")
    ended = world.ended(world.send(document_of(name)))
    assert (ended["state"], ended["result"]["records"]["failed"]) == ("SUCCEEDED", FAILED)
    assert ended["result"]["tokens"] == {"input": 12 * OK, "output": 6 * OK}
    assert ended["cost"]["estimate"] == ceil(cost_of(12 * OK, 6 * OK)) / 1_000_000
    assert ended["cost"]["bound"] == ceil(cost_of(*TOKENS.values())) / 1_000_000
    return name


def cost_of(read: int, written: int) -> Fraction:
    """In millionths of a dollar: 0.000125 and 0.000625 dollars for 1,000 tokens of Claude 3 Haiku."""
    return Fraction(read * 125 + written * 625, 1000)


def joined(name: str, file: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The counts, and the lines."""
    counts = json.loads(said("results", name, "--join", str(file), "--json"))
    return counts, [json.loads(line) for line in file.read_text().splitlines()]


def test_what_failed_is_sent_again_and_joined(world: World, batch: str, tmp_path: Path) -> None:
    counts, lines = joined(batch, tmp_path / "first.jsonl")
    assert [line["recordId"] for line in lines] == IDS
    assert [counts[status] for status in ("ok", "failed", "missing")] == [OK, FAILED, MISSING]

    sent = json.loads(said("results", batch, "--retry-failed", "--json"))
    world.wait(lambda: any(job.state.is_final for job in world.ledger.get_many([sent["jobId"]])))
    again = world.ledger.get(sent["jobId"])
    assert again.retry_of == job_id_for_key(batch)
    assert again.result is not None
    assert again.result["records"]["total"] == FAILED + MISSING

    counts, lines = joined(batch, tmp_path / "last.jsonl")
    assert [line["recordId"] for line in lines] == IDS
    assert {line["status"] for line in lines} == {"ok"}
    assert [counts[status] for status in ("ok", "failed", "missing", "lost")] == [len(IDS), 0, 0, 0]
    by_retry = {line["recordId"] for line in lines if line["jobId"] == again.job_id}
    assert by_retry == {*FAILING, *LOST}


def test_the_files_of_a_job_are_listed_and_downloaded(batch: str, tmp_path: Path) -> None:
    said("results", batch, "--to", str(tmp_path))
    names = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert names == {*(f"{number}.jsonl.out" for number in range(FILES)), "manifest.json.out"}
    listed = said("results", batch)
    assert all(name in listed for name in names)
