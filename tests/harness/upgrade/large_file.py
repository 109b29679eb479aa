"""A file of many documents that is half taken when the stack is upgraded: nothing of it is lost or taken twice.

Every document is a dry run, which the providers never see, but each hundredth asks for a job.
"""

import json
from collections import Counter
from typing import Any

import boto3

from infra.local.embedded import Deployment
from jobchute.job import Api, State, job_id_of
from jobchute.ledger.jobs import Ledger
from tests.harness.faults.documents import document_of

API = Api.PROCESSING_JOB
DOCUMENTS = 3_000
JOB_EVERY = 100
KEY = "requests/half-taken.jsonl"
STATUS_KEY = "status/half-taken.jsonl.json"


def upload(deployed: Deployment) -> None:
    lines = (json.dumps(_document(number)) for number in range(DOCUMENTS))
    boto3.client("s3").put_object(Bucket=deployed.bucket, Key=KEY, Body="\n".join(lines).encode())


def progress(deployed: Deployment) -> dict[str, Any]:
    """What the file's status document says of it; empty before there is one."""
    s3 = boto3.client("s3")
    try:
        body = s3.get_object(Bucket=deployed.bucket, Key=STATUS_KEY)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return {}
    status: dict[str, Any] = json.loads(body)
    return status


def is_half_taken(deployed: Deployment) -> bool:
    """Raises SystemExit where the file was finished before anyone saw it half taken."""
    status = progress(deployed).get("progress", {})
    if status.get("finished"):
        raise SystemExit("the file was taken as a whole before the upgrade; give it more documents")
    return bool(status.get("done", 0) > 0)


def is_finished(deployed: Deployment) -> bool:
    return bool(progress(deployed).get("progress", {}).get("finished"))


def differences(deployed: Deployment) -> dict[str, tuple[object, object]]:
    """Where the file's answers differ from what they must be, as expected and found."""
    status = progress(deployed)
    asked = range(0, DOCUMENTS, JOB_EVERY)
    expected = {
        "taken": DOCUMENTS,
        "rejected": 0,
        "dry runs": DOCUMENTS - len(asked),
        "jobs": Counter({_job_id(number): 1 for number in asked}),
    }
    found = {
        "taken": sum(status[name] for name in ("accepted", "duplicate", "rejected", "answered")),
        "rejected": status["rejected"],
        "dry runs": status["answered"],
        "jobs": _jobs(deployed),
    }
    return {name: (expected[name], found[name]) for name in expected if expected[name] != found[name]}


def _jobs(deployed: Deployment) -> Counter[str]:
    """How often each of the file's jobs is in the ledger, whatever its state."""
    ledger = Ledger(boto3.client("dynamodb"), deployed.table, retention=3600)
    jobs = ledger.queries.by_source(f"s3://{deployed.bucket}/{KEY}")
    return Counter(job.job_id for job in jobs if job.state is not State.REJECTED)


def _document(number: int) -> dict[str, Any]:
    document = {**document_of(API, number)}
    return document if number % JOB_EVERY == 0 else {**document, "dryRun": True}


def _job_id(number: int) -> str:
    return job_id_of(API, document_of(API, number)["request"], None)
