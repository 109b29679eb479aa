"""The deployed system as a test drives it: its handlers in this process, AWS by moto, simulated providers."""

import importlib
import itertools
import json
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import urllib3
from moto.dynamodb.models import dynamodb_backends

from infra.local.simulator import Simulator
from jobchute.job import Api, Job, job_id_for_key
from jobchute.ledger.items import JOB, job_of
from jobchute.ledger.jobs import Ledger
from jobchute.providers.registry import SPECS
from jobchute.runtime import Clock, Parts, compose, use
from jobchute.settings import EnvironmentReader
from tests.apis import REQUESTS
from tests.aws import REGION, TABLE
from tests.fakes.clients import GivenClients

BUCKET = "drop"
LEASE, SETTLE = 120, 60
OVER = LEASE + SETTLE
"""Seconds after which an attempt to submit is over."""
RUN = 100
"""Seconds that a simulated job is queued, and then runs."""
VALID = {"api": Api.TRAINING_JOB, "request": REQUESTS[Api.TRAINING_JOB]}


@dataclass(frozen=True)
class Context:
    """What Lambda hands a handler beside the event."""

    aws_request_id: str
    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    remaining_ms: int = 90_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


def keyed(key: str, **more: Any) -> dict[str, Any]:
    return {**VALID, "idempotencyKey": key, **more}


@dataclass
class World:
    """The deployed system, and a person who drops files, waits and looks."""

    clients: GivenClients
    simulator: Simulator
    url: str
    queue_url: str
    machine: str
    now: float = field(default_factory=time.time)
    read: int = 0
    numbers: Iterator[int] = field(default_factory=itertools.count)
    parts: Parts = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    @property
    def aws(self) -> Mapping[str, Any]:
        return self.clients.services

    def restart(self) -> None:
        """From now on the functions run in new processes, which read their environment again."""
        self.parts = compose(self.clients, EnvironmentReader(), Clock(now=lambda: self.now))

    def invoke(self, module: str, event: object, request_id: str = "request-1", ms: int = 90_000) -> Any:
        """Call a handler as Lambda does. ms: what is left of its time."""
        with use(self.parts):
            return call(module, event, Context(request_id, remaining_ms=ms))

    def drop(self, key: str, document: object) -> dict[str, Any]:
        """Put a file in the bucket; returns the record of its notification."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        put = self.aws["s3"].put_object(Bucket=BUCKET, Key=key, Body=body)
        entry = {
            "key": key.replace(" ", "+"),
            "size": len(body),
            "versionId": put["VersionId"],
            "sequencer": f"{next(self.numbers):016X}",
        }
        return created(entry)

    def receive(self, *bodies: object) -> list[str]:
        """Deliver messages to validate in one batch; the ids of those that come back."""
        return self.receive_records([sqs_record(f"m{number}", body) for number, body in enumerate(bodies)])

    def receive_records(self, records: list[dict[str, Any]]) -> list[str]:
        answer = self.invoke("validate", {"Records": records})
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def submit(self, api: Api, *, simulate: str = "succeed", **envelope: Any) -> str:
        """Send a request by SQS and take it up to its row; the job's id."""
        key = str(envelope.setdefault("idempotencyKey", f"key-{next(self.numbers)}"))
        labels = {"simulate": simulate, **envelope.pop("labels", {})}
        document = {"api": api, "request": REQUESTS[api], "labels": labels, **envelope}
        assert self.receive(document) == []
        return job_id_for_key(key)

    def dispatch(self, job_id: str, attempt: str | None = None, token: str = "task-token") -> str:
        """What the state machine's first task does; the job's state then."""
        attempt = attempt or f"attempt-{next(self.numbers)}"
        answer = self.invoke("dispatch", {"jobId": job_id, "taskToken": token}, attempt)
        return str(answer["state"])

    def observe(self, event: Mapping[str, Any]) -> list[str]:
        answer = self.invoke("observe", {"Records": [sqs_record("e1", event)]})
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def sweep(self, *, after: float = 0, remaining_ms: int = 90_000) -> int:
        """What the schedule does, after some time."""
        self.pass_time(after)
        attempt = f"sweep-{next(self.numbers)}"
        return int(self.invoke("reconcile", {}, attempt, remaining_ms)["jobs"])

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.simulator.advance(seconds)

    def ledger(self) -> Ledger:
        return Ledger(self.aws["dynamodb"], TABLE, 1)

    def job(self, job_id: str) -> Job:
        return self.ledger().get(job_id)

    def jobs(self) -> list[Job]:
        pages = self.aws["dynamodb"].get_paginator("scan").paginate(TableName=TABLE)
        items = (item for page in pages for item in page["Items"])
        return [job_of(item) for item in items if item["sk"] == {"S": JOB}]

    def status(self, path: str) -> Any:
        """path: below `status/`, or the whole key of one that lies in another folder."""
        key = path if path.startswith("status-") else f"status/{path}"
        return json.loads(self.aws["s3"].get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def statuses(self) -> list[str]:
        """As `status` takes them."""
        listed = self.aws["s3"].list_objects_v2(Bucket=BUCKET, Prefix="status").get("Contents", [])
        return sorted(entry["Key"].removeprefix("status/") for entry in listed)

    def there(self, api: Api | None = None) -> list[dict[str, Any]]:
        """The jobs at the providers."""
        return [job for job in self.simulator.jobs() if api in (None, job["api"])]

    def executions(self) -> list[str]:
        listed = self.aws["stepfunctions"].list_executions(stateMachineArn=self.machine)["executions"]
        return sorted(execution["name"] for execution in listed)

    def event(self, job_id: str, **changes: Any) -> dict[str, Any]:
        """A state change of the job as its provider would send it."""
        job = self.job(job_id)
        assert job.api is not None
        source = SPECS[job.api].events
        assert source is not None
        detail = {source.arn_field: job.provider_id, "status": "Completed"}
        return {"source": source.source, "detail-type": source.detail_type, "detail": detail, **changes}

    def changes(self) -> list[dict[str, Any]]:
        """The records of the ledger's stream that were not delivered yet, as Lambda gets them."""
        table = dynamodb_backends["123456789012"][REGION].tables[TABLE]
        assert table.stream_shard is not None
        records = [record.to_json() for record in table.stream_shard.items]
        fresh = records[self.read :]
        self.read = len(records)
        written_at = {"ApproximateCreationDateTime": self.now}
        return [
            {"eventName": record["eventName"], "dynamodb": {**record["dynamodb"], **written_at}}
            for record in fresh
        ]

    def announce(self, records: list[dict[str, Any]] | None = None) -> list[str]:
        """Deliver what the stream holds; the sequence numbers that come back."""
        answer = self.invoke("announce", {"Records": self.changes() if records is None else records})
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def heard(self) -> list[dict[str, Any]]:
        """The notifications on the bus since the last look."""
        found: list[dict[str, Any]] = []
        while (
            messages := self.aws["sqs"]
            .receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
            .get("Messages")
        ):
            for message in messages:
                found.append(json.loads(message["Body"]))
                self.aws["sqs"].delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return found


def created(entry: dict[str, Any]) -> dict[str, Any]:
    """S3's record of an object in the bucket. entry: of the object."""
    s3 = {"bucket": {"name": BUCKET}, "object": entry}
    return {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}


def call(module: str, event: object, context: Context) -> Any:
    """The event goes through JSON, as Lambda's do."""
    handler: Callable[..., Any] = importlib.import_module(module).handler
    return handler(json.loads(json.dumps(event, default=_in_json)), context)


def _in_json(value: object) -> str:
    """Binary values of a stream's records are base64 text."""
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)


def sqs_record(message_id: str, body: object, *, sender_id: str = "AIDAEXAMPLEID1234567") -> dict[str, Any]:
    return {
        "messageId": message_id,
        "receiptHandle": "handle",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"SenderId": sender_id},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:intake",
        "awsRegion": REGION,
    }


def provider_calls(world: World) -> Counter[str]:
    """How often each operation of the providers was called so far."""
    return Counter(urllib3.request("GET", f"{world.url}/_simulator/calls").json()["calls"])
