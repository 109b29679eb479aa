"""The demonstration: samples of all APIs go through the embedded AWS, one is cancelled, all are watched."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Protocol

from rich.console import Console

from infra.asset import ROOT
from jobchute.cli.deployment import Deployment
from jobchute.cli.document_checks import check
from jobchute.cli.following import Clock, Row, follow
from jobchute.cli.live_view import board
from jobchute.cli.output import safe
from jobchute.cli.request_files import RequestFile, bare_path
from jobchute.cli.sending import Sent, by_bucket, by_queue, send
from jobchute.job import Api, Job, State
from jobchute.parsing.documents import read_documents
from jobchute.providers.registry import SPECS
from jobchute.requests.document import Submission, api_of_path, parse_document

SAMPLES = ROOT / "events" / "requests"
BARE = sorted(str(path.relative_to(SAMPLES)) for path in SAMPLES.glob("*/*/*.json"))
"""One sample of each API, in the folder that names it."""
THROUGH_S3 = (*BARE[::2], "sweep-of-three.jsonl", "slow.yaml", "invalid.yaml")
THROUGH_SQS = (*BARE[1::2], "churn-nightly.yaml", "fails.yaml")
CANCELLED = "slow.json"
PATIENCE_SECONDS = 120.0


class StackOutputs(Protocol):
    """The stack's outputs that the demonstration uses; the environment of this process points to its AWS."""

    @property
    def bucket(self) -> str: ...
    @property
    def queue_url(self) -> str: ...
    @property
    def table(self) -> str: ...
    @property
    def state_machine_arn(self) -> str: ...


def run_demo(outputs: StackOutputs, *, page: str) -> int:
    """Returns 0 if each API had a success, and one job failed, one was cancelled, one rejected; else 1.

    page: the address of its page, which is told at the end.
    """
    console = Console(highlight=False, markup=False)
    deployment = Deployment(
        bucket=outputs.bucket,
        queue_url=outputs.queue_url,
        table=outputs.table,
        state_machine_arn=outputs.state_machine_arn,
    )
    sent = list(_drop(deployment, run=f"{int(time.time()):x}", console=console))
    rows = _watch(deployment, sent, console)
    _tell(rows, console)
    missing = list(missing_in(rows))
    for what in missing:
        console.print(f"MISSING: {what}", style="bold red")
    _show_the_way(sent, page, console)
    return 1 if missing else 0


def fresh(sample: str, run: str) -> RequestFile:
    """A sample with names and idempotency keys of this run, so that a second run makes new jobs."""
    path = SAMPLES / sample
    bare = bare_path(path, None)
    documents = read_documents(path.read_bytes(), name=path.name)
    values = [_fresh_document(document.value, bare, run) for document in documents]
    if len(values) == 1:
        name, text = f"{path.stem}.json", json.dumps(values[0], indent=2)
    else:
        name, text = f"{path.stem}.jsonl", "\n".join(json.dumps(value) for value in values)
    return RequestFile(shown=sample, name=name, path=bare or f"requests/demo/{name}", data=text.encode())


def _fresh_document(value: Any, bare: str, run: str) -> dict[str, Any]:
    submission = parse_document(value, path=bare)
    assert isinstance(submission, Submission)
    name = SPECS[submission.api].told_apart_by
    stem = submission.request.get(name) or PurePosixPath(bare).stem
    body = {**submission.request, name: f"{stem}-{run}"}
    if api_of_path(bare) is not None:
        return body
    key = submission.idempotency_key or stem
    return {**value, "request": body, "idempotencyKey": f"{key}-{run}"}


def _drop(deployment: Deployment, *, run: str, console: Console) -> Iterator[Sent]:
    console.print("Requests dropped:", style="bold")
    for sample in THROUGH_S3:
        file = fresh(sample, run)
        sent = list(by_bucket(deployment, file, list(check(file))))
        console.print(f"  {sample} → s3", soft_wrap=True)
        yield from sent
    for sample in THROUGH_SQS:
        file = fresh(sample, run)
        sent = list(by_queue(deployment, list(check(file))))
        console.print(f"  {sample} → sqs", soft_wrap=True)
        yield from sent
    console.print()


def _watch(deployment: Deployment, sent: Sequence[Sent], console: Console) -> list[Row]:
    awaited = [each.awaited for each in sent if each.awaited is not None]
    rows: list[Row] = []
    to_cancel = next(each.document for each in sent if each.document.file.name == CANCELLED)
    is_cancelled = False
    with board(console) as show:
        for rows in follow(deployment.ledger, awaited, Clock(interval=0.5, timeout=PATIENCE_SECONDS)):
            show(rows)
            if not is_cancelled and _is_running(rows, to_cancel.job_id):
                assert isinstance(to_cancel.asked, Submission)
                send(deployment, {"cancel": to_cancel.asked.idempotency_key})
                is_cancelled = True
    return rows


def _is_running(rows: Iterable[Row], job_id: str | None) -> bool:
    return any(job.job_id == job_id and job.state is State.RUNNING for job in _jobs(rows))


def missing_in(rows: Iterable[Row]) -> Iterator[str]:
    """What this run should have shown and did not."""
    jobs = list(_jobs(rows))
    succeeded = {job.api for job in jobs if job.state is State.SUCCEEDED}
    yield from (f"a job of {api} that SUCCEEDED" for api in Api if api not in succeeded)
    if not any(job.state is State.FAILED and job.reason for job in jobs):
        yield "a job that FAILED with its provider's reason"
    if not any(job.state is State.CANCELLED for job in jobs):
        yield "a job that was CANCELLED"
    if not any(job.state is State.REJECTED and job.problems for job in jobs):
        yield "a request that was REJECTED with its errors"


def _tell(rows: Sequence[Row], console: Console) -> None:
    console.print()
    for row in rows:
        if row.job is None:
            console.print(f"{row.awaited.title}: never taken up", style="bold red")
            continue
        match row.job.state:
            case State.REJECTED:
                console.print(f"REJECTED {safe(row.awaited.title)}, by field:", style="bold")
                for problem in row.job.problems:
                    line = f"  {problem['path']}: {problem['code']}: {problem['message']}"
                    console.print(safe(line), soft_wrap=True)
            case State.FAILED | State.CANCELLED | State.TIMED_OUT | State.PARTIAL as state:
                console.print(safe(f"{state} {row.job.name}: {row.job.reason}"), soft_wrap=True)
            case state if not state.is_final:
                console.print(f"{row.job.name} is {state} still", style="bold red")
    succeeded = sum(job.state is State.SUCCEEDED for job in _jobs(rows))
    console.print(f"{succeeded} of {len(rows)} SUCCEEDED", style="green")


def _jobs(rows: Iterable[Row]) -> Iterator[Job]:
    return (row.job for row in rows if row.job is not None)


def _show_the_way(sent: Sequence[Sent], page: str, console: Console) -> None:
    status = sent[0].source.status_key
    lines = (
        "",
        "The embedded AWS is still up. To look at it:",
        f"  {page}  (jobchute ui)",
        '  eval "$(.venv/bin/jobchute local env)"',
        "  .venv/bin/jobchute jobs list",
        f"  aws s3 cp s3://$JOBCHUTE_BUCKET/{status} -",
        "  aws s3 cp events/requests/churn-nightly.yaml s3://$JOBCHUTE_BUCKET/requests/",
        "To stop it: make down",
    )
    for line in lines:
        console.print(line, soft_wrap=True)
