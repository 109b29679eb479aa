"""What one file costs the intake function: its peak memory, and its time per request.

    python -m tests.harness.bench.intake [COUNT ...]

Each file, JSON Lines of 2 KB a request, is taken by the real handler in a process of its own, which has taken
one of three requests before: imports are not counted. The AWS clients are fakes that keep nothing but the row
of the file and read the object from the disk, so that what grows is the function's. Time is the process's CPU
time: what AWS takes to answer is not in it.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from jobchute.job import Api
from jobchute.ledger.pools import POOL
from tests.fakes.clients import GivenClients
from tests.harness.bench.validation import bodies

COUNTS = (100, 1_000, 10_000)
ROUNDS = 5
UPLOADED = datetime(2026, 11, 21, tzinfo=UTC)
BYTES_A_REQUEST = 2_000
ENVIRONMENT = {
    "TABLE": "ledger",
    "BUCKET": "drop",
    "QUEUE_URL": "https://sqs/intake",
    "STATE_MACHINE_ARN": "arn:machine",
    "FIREWORKS_SECRET_ARN": "arn:secret",
    "GUARD_RAILS": '{"roles": ["*"]}',
}


@dataclass(frozen=True, slots=True)
class Cost:
    """peak: resident memory in MiB, the interpreter and its libraries included. each: CPU microseconds."""

    requests: int
    megabytes: float
    peak: float
    each: float


class Table:
    """DynamoDB, as far as the function looks at what it wrote: at the file's row."""

    def __init__(self) -> None:
        self.file: dict[str, Any] = {}
        self.jobs = 0

    def put_item(self, *, Item: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        if Item["pk"]["S"].startswith("FILE#"):
            self.file = Item
        self.jobs += Item["sk"]["S"] == "JOB"
        return {}

    def get_item(self, *, Key: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        if Key["pk"]["S"] == POOL:
            return {"Item": closed(Key)}
        return {"Item": self.file} if self.file and Key["pk"] == self.file["pk"] else {}

    def update_item(self, *, Key: dict[str, Any], **request: Any) -> dict[str, Any]:  # noqa: N803
        if Key["pk"]["S"] == POOL:
            refused: Any = {"Error": {"Code": "ConditionalCheckFailedException"}, "Item": closed(Key)}
            raise ClientError(refused, "UpdateItem")
        if self.file and Key["pk"] == self.file["pk"]:
            names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
            self.file |= {
                name: values[f":{mark[1:]}"] for mark, name in names.items() if f":{mark[1:]}" in values
            }
        return {}

    def __getattr__(self, name: str) -> Any:
        return lambda **_: {}


def closed(key: dict[str, Any]) -> dict[str, Any]:
    """A pool that admits no job: what is measured is the intake."""
    later = {"N": str(10**15)}
    return key | {"cap": {"N": "0"}, "capAt": later, "queuedAt": later}


class Disk:
    """S3 with one object."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size

    def get_object(self, **request: Any) -> dict[str, Any]:
        first, _, last = request.get("Range", f"bytes=0-{self.size}").removeprefix("bytes=").partition("-")
        file = self.path.open("rb")
        file.seek(int(first))
        if "Range" in request:
            data = file.read(int(last) - int(first) + 1)
            file.close()
            return {"Body": _Body(data), "ResponseMetadata": {"HTTPStatusCode": 206}}
        return {"Body": file, "ContentLength": self.size, "ETag": "etag", "LastModified": UPLOADED}

    def put_object(self, **_: Any) -> dict[str, Any]:
        return {}


class _Body:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def __enter__(self) -> "_Body":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self) -> bytes:
        return self.data


def write_file(path: Path, count: int) -> None:
    """So many different requests, as JSON Lines."""
    body = next(body for body in bodies() if body.api is Api.TRAINING_JOB)
    with path.open("w") as file:
        for number in range(count):
            document = {"api": body.api, "idempotencyKey": f"key-{number}", "request": body.request}
            text = json.dumps(document)
            file.write(text.ljust(BYTES_A_REQUEST - 1) + "\n")


def take(path: Path) -> Cost:
    """Take the file in this process, which is warm: imports and the models are not counted."""
    os.environ |= {f"JOBCHUTE_{name}": value for name, value in ENVIRONMENT.items()}
    os.environ |= {"POWERTOOLS_LOG_LEVEL": "ERROR", "AWS_DEFAULT_REGION": "us-east-1"}
    warming = path.with_suffix(".warming")
    write_file(warming, 3)
    taken(warming)
    begin = time.process_time()
    count = taken(path)
    spent = time.process_time() - begin
    return Cost(count, path.stat().st_size / 1e6, peak(), spent / count * 1e6)


def peak() -> float:
    """MiB. In Linux' ru_maxrss is what the process was before its exec, too: the one that started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS: bytes
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def taken(path: Path) -> int:
    """How many requests the handler has made jobs of, which must be all."""
    import validate
    from jobchute.runtime import compose, use
    from jobchute.settings import EnvironmentReader

    table = Table()
    fakes: dict[str, Any] = {"dynamodb": table, "s3": Disk(path), "sqs": Table(), "stepfunctions": Table()}
    notice = {"bucket": {"name": "drop"}, "object": {"key": "requests/many.jsonl", "versionId": "1"}}
    body = {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": notice}]}
    record = {"messageId": "m", "body": json.dumps(body), "messageAttributes": {}, "eventSource": "aws:sqs"}
    context: Any = SimpleNamespace(
        aws_request_id="call",
        function_name="validate",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:function",
        get_remaining_time_in_millis=lambda: 90_000,
    )
    with use(compose(GivenClients(fakes), EnvironmentReader())):
        answer = validate.handler({"Records": [record]}, context)
    count = int(table.file["accepted"]["N"])
    if answer["batchItemFailures"] or not table.file["finished"]["BOOL"] or table.jobs != count:
        raise RuntimeError(f"the file was not taken: {answer}, {table.file}")
    return count


def measured(counts: Sequence[int], *, rounds: int = ROUNDS) -> list[Cost]:
    """Each file in a fresh process, which remembers nothing of the last one, and in turns with the others.

    Of its rounds the least time is told, as what else runs on the machine only adds to it, and the most memory.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{count}.jsonl" for count in counts]
        for path, count in zip(paths, counts, strict=True):
            write_file(path, count)
        costs = [[_in_a_process_of_its_own(path) for path in paths] for _ in range(rounds)]
    return [
        replace(of_file[0], peak=max(c.peak for c in of_file), each=min(c.each for c in of_file))
        for of_file in zip(*costs, strict=True)
    ]


def _in_a_process_of_its_own(path: Path) -> Cost:
    command = [sys.executable, "-m", "tests.harness.bench.intake", "--take", str(path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["functions", "."])}
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return Cost(**json.loads(run.stdout.splitlines()[-1]))


def report(costs: Sequence[Cost]) -> str:
    rows = [f"{'requests':>10}{'file, MB':>12}{'peak, MiB':>12}{'CPU us a request':>20}"]
    rows += [f"{c.requests:>10,}{c.megabytes:>12.1f}{c.peak:>12.1f}{c.each:>20.0f}" for c in costs]
    return "\n".join(["Intake of one file: memory of the function, and its time per request", *rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("counts", nargs="*", type=int, default=list(COUNTS), help="requests in a file")
    parser.add_argument("--take", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.take is not None:
        print(json.dumps(asdict(take(arguments.take))))
    else:
        print(report(measured(arguments.counts)))


if __name__ == "__main__":
    main()
