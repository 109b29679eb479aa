"""python -m tests.harness.queue_run.large_file: 10,000 requests in one file, one of them broken.

Exits 1 unless every valid one is a waiting job in the ledger, the broken one a rejection, and the file's status
document says so. The pool is paused meanwhile: what is looked at is how the file is taken.
"""

import json
import time
from typing import Annotated, Any

import boto3
import typer

from infra.local import embedded
from jobchute.job import Api, State
from jobchute.ledger.jobs import Ledger
from jobchute.pools.limits import Limits
from tests.harness.faults.documents import document_of
from tests.harness.queue_run.stage import deployed

API = Api.BRAKET_JOB
BROKEN = 700
"""The line's number, from 0."""


def main(
    *,
    requests: Annotated[int, typer.Option(min=BROKEN + 1, help="lines of the file")] = 10_000,
    patience: Annotated[float, typer.Option(help="seconds for all of them")] = 1800,
) -> None:
    with deployed(API, Limits(limit=0)) as deployment:
        raise typer.Exit(not _run(deployment, requests, patience))


def _run(deployment: embedded.Deployment, count: int, patience: float) -> bool:
    dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
    lines = [json.dumps(document_of(API, number) if number != BROKEN else {}) for number in range(count)]
    begin = time.monotonic()
    s3.put_object(Bucket=deployment.bucket, Key="requests/many.jsonl", Body="\n".join(lines).encode())
    status = _wait(s3, deployment.bucket, begin + patience)
    seconds = time.monotonic() - begin
    ledger = Ledger(dynamodb, deployment.table, 0)
    rows = {state: sum(1 for _ in ledger.queries.by_state(state)) for state in (State.QUEUED, State.REJECTED)}
    typer.echo(f"status document  {status.get('accepted')} accepted, {status.get('rejected')} rejected")
    typer.echo(f"ledger           {rows[State.QUEUED]} waiting, {rows[State.REJECTED]} rejected")
    typer.echo(f"taken in         {seconds:.0f} s")
    told = (status.get("accepted"), status.get("rejected"))
    return told == (rows[State.QUEUED], rows[State.REJECTED]) == (count - 1, 1)


def _wait(s3: Any, bucket: str, until: float) -> dict[str, Any]:
    """The file's status document, once it says that all was read; or what it says when patience is over."""
    status: dict[str, Any] = {}
    while time.monotonic() < until and not status.get("progress", {}).get("finished"):
        time.sleep(5)
        try:
            status = json.loads(s3.get_object(Bucket=bucket, Key="status/many.jsonl.json")["Body"].read())
        except s3.exceptions.NoSuchKey:
            continue
        typer.echo(status.get("progress"))
    return status


if __name__ == "__main__":
    typer.run(main)
