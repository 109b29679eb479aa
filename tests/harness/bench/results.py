"""What joining a batch of records takes: peak memory and time.

    python -m tests.harness.bench.results [RECORDS ...]

The batch has three output files in shuffled order; 1,203 of 50,000 records failed and 17 are missing, and the
same share of fewer. The tool itself runs in a process of its own, over an S3 on the disk: it joins the batch,
sends what failed and what is missing again, and joins both. Records have 1 KB, and outputs 1 KB more.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jobchute.job import Api, Job, State, digest_of, job_id_for_key
from tests.aws import TABLE, create_table
from tests.builders import a_job
from tests.fakes.clients import GivenClients
from tests.fakes.disk_s3 import DiskS3
from tests.fakes.dynamodb import FakeDynamoDB
from tests.harness.bench.intake import peak
from tests.records import Made, answered, made
from tests.unit.bodies import VALID

RECORDS = (5_000, 50_000)
FAILED, MISSING, OF = 1_203, 17, 50_000
FILES = 3
PADDING = 1_000
MAX_MEGABYTES = 256
ENVIRONMENT = {
    "JOBCHUTE_TABLE": TABLE,
    "JOBCHUTE_BUCKET": "jobs",
    "JOBCHUTE_QUEUE_URL": "https://sqs/intake",
    "JOBCHUTE_STATE_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:Jobs",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """One batch. megabytes: of its files. peak: resident memory in MiB of the tool. seconds: of each step.

    sent: the records that were sent again. ok: those that have an output in the end.
    """

    records: int
    megabytes: float
    failed: int
    missing: int
    sent: int
    ok: int
    peak: float
    join_seconds: float
    retry_seconds: float
    merge_seconds: float


def measure(sizes: Sequence[int] = RECORDS) -> Iterator[Joined]:
    """Each batch in a fresh process."""
    for records in sizes:
        with tempfile.TemporaryDirectory() as folder:
            batch = batch_of(records)
            write_batch(Path(folder), batch)
            command = [sys.executable, "-m", __spec__.name if __spec__ else __name__, "--in", folder]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        found = Joined(**json.loads(done.stdout))
        if (found.failed, found.missing) != (len(batch.failed), len(batch.missing)):
            raise RuntimeError(f"these are not the records that failed: {found}")
        yield found


def batch_of(records: int) -> Made:
    share = records / OF
    return made(
        records, failed=round(FAILED * share), missing=round(MISSING * share), files=FILES, padding=PADDING
    )


def write_batch(folder: Path, batch: Made) -> None:
    write(folder / "data/in/tickets.jsonl", batch.input)
    for number, lines in enumerate(batch.outputs):
        write(folder / f"data/out/tickets/part-{number}.jsonl.out", lines)
    write(folder / "data/out/tickets/manifest.json.out", [batch.manifest])


def write(path: Path, lines: Sequence[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(lines) + b"\n")


def run(folder: Path) -> Joined:
    """Join, send again and join, in this process."""
    os.environ |= ENVIRONMENT
    queue, ledger_client = Queue(), FakeDynamoDB()
    create_table(ledger_client)
    fakes = {"dynamodb": ledger_client, "s3": DiskS3(folder), "sqs": queue}
    first = add(ledger_client, "tickets", "in/tickets.jsonl")
    counts, join_seconds = tool(fakes, "--join", str(folder / "joined.jsonl"))
    check_order(folder / "joined.jsonl", folder / "data/in/tickets.jsonl")
    _, retry_seconds = tool(fakes, "--retry-failed", "--min-records", "1")
    (document,) = queue.sent
    key = document["request"]["inputDataConfig"]["s3InputDataConfig"]["s3Uri"].removeprefix("s3://data/")
    again = (folder / "data" / key).read_bytes().splitlines()
    write(folder / "data/out/tickets-retry-1/part.jsonl.out", [*map(answered, again)])
    add(ledger_client, "tickets:retry-1", key, retry_of=first.job_id)
    merged, merge_seconds = tool(fakes, "--join", str(folder / "merged.jsonl"))
    check_order(folder / "merged.jsonl", folder / "data/in/tickets.jsonl")
    return Joined(
        records=counts["records"],
        megabytes=sum(path.stat().st_size for path in (folder / "data").rglob("*.jsonl*")) / 1e6,
        failed=counts["failed"],
        missing=counts["missing"],
        sent=len(again),
        ok=merged["ok"],
        peak=peak(),
        join_seconds=join_seconds,
        retry_seconds=retry_seconds,
        merge_seconds=merge_seconds,
    )


class Queue:
    """SQS, as far as the tool sends messages."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send_message(self, *, MessageBody: str, **_: Any) -> dict[str, str]:  # noqa: N803
        self.sent.append(json.loads(MessageBody))
        return {"MessageId": "m"}


def tool(fakes: dict[str, Any], *options: str) -> tuple[Any, float]:
    """The last line that the tool printed, and how long it took."""
    from typer.testing import CliRunner

    from jobchute.cli.main import app
    from jobchute.runtime import compose, use
    from jobchute.settings import EnvironmentReader

    begin = time.perf_counter()
    with use(compose(GivenClients(fakes), EnvironmentReader())):
        result = CliRunner().invoke(app, ["results", "tickets", "--json", *options])
    if result.exit_code:
        raise RuntimeError(result.output)
    return json.loads(result.stdout.splitlines()[-1]), time.perf_counter() - begin


def add(client: Any, key: str, input_key: str, **changes: Any) -> Job:
    from jobchute.ledger.jobs import Ledger

    request = {
        **VALID[Api.BEDROCK_JOB],
        "jobName": key.replace(":", "-"),
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": f"s3://data/{input_key}"}},
    }
    job = a_job(
        key.replace(":", "-"),
        api=Api.BEDROCK_JOB,
        job_id=job_id_for_key(key),
        idempotency_key=key,
        state=State.SUCCEEDED,
        output=f"s3://data/out/{key.replace(':', '-')}/",
        digest=digest_of(Api.BEDROCK_JOB, request),
        **changes,
    )
    ledger = Ledger(client, TABLE, retention=3600)
    ledger.requests.keep(job.job_id, job.digest, request, job.created_at)
    ledger.add(job)
    return job


def check_order(joined: Path, given: Path) -> None:
    """Raises RuntimeError unless each record has its line, in the input's order."""
    with joined.open("rb") as left, given.open("rb") as right:
        for one, other in zip(left, right, strict=True):
            if json.loads(one)["recordId"] != json.loads(other)["recordId"]:
                raise RuntimeError(f"{one!r} is not the line of {other!r}")


def line(found: Joined) -> str:
    steps = (
        f"join {found.join_seconds:.1f} s, retry {found.retry_seconds:.1f} s, merge {found.merge_seconds:.1f} s"
    )
    records = f"{found.records:,} records, {found.megabytes:,.0f} MB: {found.failed:,} failed"
    ends = f"{found.missing} missing, {found.sent:,} sent again, {found.ok:,} ok in the end"
    return f"{records}, {ends}; {steps}; peak {found.peak:.0f} MiB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("records", type=int, nargs="*", default=RECORDS)
    parser.add_argument(
        "--in", dest="folder", type=Path, help="run over the batch in this folder, and print JSON"
    )
    options = parser.parse_args()
    if options.folder:
        print(json.dumps(asdict(run(options.folder))))
        return
    for found in measure(options.records):
        print(line(found), flush=True)


if __name__ == "__main__":
    main()
