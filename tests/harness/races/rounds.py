"""A round: a few documents of which later ones wait for earlier ones, sent at once in an order of chance."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import boto3

from infra.local.embedded import Deployment
from jobchute.errors import UnknownJobError
from jobchute.job import Job, State, job_id_for_key
from jobchute.ledger.jobs import Ledger
from tests.harness.faults.named_jobs import documents_in_any_order

TOOL = [sys.executable, "-c", "from jobchute.cli import run; run()"]
TOOL_SECONDS = 120


class Round(NamedTuple):
    """way: how it was sent. documents: in the order in which they were sent."""

    way: str
    documents: list[dict[str, Any]]

    @property
    def keys(self) -> list[str]:
        return [document["idempotencyKey"] for document in self.documents]


class Seen(NamedTuple):
    """What became of a round. wrong: what should not be. waited: jobs whose names were found by looks.

    late: the most seconds from the last end that a job waited for until it was submitted.
    """

    wrong: list[str]
    waited: int
    late: float


def round_of(way: str, name: str, size: int, chance: Random) -> Round:
    documents = documents_in_any_order(name, size, chance)
    return Round(way, documents)


def by_files(deployment: Deployment, made: Round, folder: Path) -> list[str]:
    s3 = boto3.client("s3")

    def put(document: Mapping[str, Any]) -> None:
        key = f"requests/races/{document['idempotencyKey']}.json"
        s3.put_object(Bucket=deployment.bucket, Key=key, Body=json.dumps(document).encode())

    with ThreadPoolExecutor(len(made.documents)) as pool:
        list(pool.map(put, made.documents))
    return []


def by_messages(deployment: Deployment, made: Round, folder: Path) -> list[str]:
    sqs = boto3.client("sqs")

    def send(document: Mapping[str, Any]) -> None:
        sqs.send_message(QueueUrl=deployment.queue_url, MessageBody=json.dumps(document))

    with ThreadPoolExecutor(len(made.documents)) as pool:
        list(pool.map(send, made.documents))
    return []


def by_tool(deployment: Deployment, made: Round, folder: Path, *options: str) -> list[str]:
    """`jobchute submit` of all files at once. Returns what is wrong with what it printed."""
    paths = []
    for document in made.documents:
        path = folder / f"{document['idempotencyKey']}.json"
        path.write_text(json.dumps(document))
        paths.append(str(path))
    command = [*TOOL, "submit", *paths, "--json", *options]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=TOOL_SECONDS, env=dict(os.environ)
    )
    if done.returncode:
        return [f"the tool exited {done.returncode}: {done.stderr[-300:]}"]
    printed = {json.loads(line)["jobId"] for line in done.stdout.splitlines()}
    expected = set(map(job_id_for_key, made.keys))
    return [] if printed == expected else [f"the tool printed ids that never exist: {printed - expected}"]


def by_tool_and_queue(deployment: Deployment, made: Round, folder: Path) -> list[str]:
    return by_tool(deployment, made, folder, "--sqs")


WAYS: Mapping[str, Callable[[Deployment, Round, Path], list[str]]] = {
    "S3": by_files,
    "SQS": by_messages,
    "tool": by_tool,
    "tool --sqs": by_tool_and_queue,
}


def jobs_of(ledger: Ledger, made: Round) -> dict[str, Job]:
    """Those that the ledger knows, by their ids."""
    found = {}
    for job_id in map(job_id_for_key, made.keys):
        try:
            found[job_id] = ledger.get(job_id)
        except UnknownJobError:
            continue
    return found


def has_ended(ledger: Ledger, made: Round) -> bool:
    jobs = jobs_of(ledger, made)
    return len(jobs) == len(made.documents) and all(job.state.is_final for job in jobs.values())


def seen_of(ledger: Ledger, made: Round) -> Seen:
    jobs = jobs_of(ledger, made)
    missing = [key for key in made.keys if job_id_for_key(key) not in jobs]
    wrong = [f"{made.way}: no job came of {key}" for key in missing]
    wrong += [
        f"{made.way}: {job.idempotency_key} is {job.state}: {job.reason}"
        for job in jobs.values()
        if job.state is not State.SUCCEEDED
    ]
    late = [0.0]
    for job in jobs.values():
        for other in (jobs[entry["job"]] for entry in job.after if entry["job"] in jobs):
            if _at(job, State.SUBMITTING) < _at(other, other.state):
                wrong.append(f"{made.way}: {job.idempotency_key} did not wait for {other.idempotency_key}")
        late += _late(job, jobs)
    waited = sum(job.awaits_until is not None for job in jobs.values())
    return Seen(wrong, waited, max(late))


def _late(job: Job, jobs: Mapping[str, Job]) -> Iterator[float]:
    ends = [_at(jobs[entry["job"]], jobs[entry["job"]].state) for entry in job.after if entry["job"] in jobs]
    if ends:
        yield _at(job, State.SUBMITTING) - max(*ends, _at(job, State.QUEUED))


def _at(job: Job, state: State) -> float:
    found = [entry["at"] for entry in job.history if entry["state"] == state]
    return datetime.fromisoformat(found[0]).timestamp() if found else float("inf")
