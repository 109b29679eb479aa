"""Bedrock jobs over moto, with inputs and outputs in its S3."""

from collections.abc import Iterable, Sequence
from typing import Any

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.job import Api, Job, State, digest_of, job_id_for_key
from tests.builders import a_job
from tests.records import Made
from tests.unit.bodies import VALID

INPUT = "s3://data/in/tickets.jsonl"
PREFIX = "s3://data/out/"


def request_of(name: str, uri: str = INPUT) -> dict[str, Any]:
    return {
        **VALID[Api.BEDROCK_JOB],
        "jobName": name,
        "inputDataConfig": {"s3InputDataConfig": {"s3InputFormat": "JSONL", "s3Uri": uri}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": PREFIX}},
    }


def add_job(deployment: Deployment, name: str = "tickets", *, uri: str = INPUT, **changes: Any) -> Job:
    """A job that has ended, whose outputs are in a folder of its name."""
    request = request_of(name, uri)
    values = {
        "job_id": job_id_for_key(name),
        "api": Api.BEDROCK_JOB,
        "state": State.SUCCEEDED,
        "provider_id": f"arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/{name}",
        "output": f"{PREFIX}{name}/",
        "digest": digest_of(Api.BEDROCK_JOB, request),
        "idempotency_key": name,
        **changes,
    }
    job = a_job(name, **values)
    deployment.ledger.requests.keep(job.job_id, job.digest, request, job.created_at)
    deployment.ledger.add(job)
    return job


def put_lines(uri: str, lines: Iterable[bytes]) -> None:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    runtime.client("s3").put_object(Bucket=bucket, Key=key, Body=b"".join(line + b"\n" for line in lines))


def put_outputs(name: str, outputs: Sequence[Sequence[bytes]], manifest: bytes | None = None) -> None:
    for number, lines in enumerate(outputs):
        put_lines(f"{PREFIX}{name}/part-{number}.jsonl.out", lines)
    if manifest is not None:
        put_lines(f"{PREFIX}{name}/manifest.json.out", [manifest])


def put_batch(batch: Made, name: str = "tickets", uri: str = INPUT) -> None:
    put_lines(uri, batch.input)
    put_outputs(name, batch.outputs, batch.manifest)
