"""The embedded AWS of the run: functions pointed to the proxies, waits shortened, and all of it read out."""

import json
import time
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from infra.local.deployment import STACK
from infra.local.embedded import Deployment
from jobchute.cli.dead_letter_queues import DeadLetterQueues, dead_letter_queues_of
from jobchute.cli.redrive import redrive_all
from jobchute.job import Job, State
from jobchute.ledger.items import JOB, job_of
from jobchute.lifecycle.bus import DETAIL_TYPE
from jobchute.status.documents import document_status_key, status_key
from tests.harness.faults_wire.traffic import Document, Drop, Way

VISIBILITY = 34
# Fewer than deployed, so that a run sees dead letters.
MAX_RECEIVES = 2
TOLD_RULE = "TellTheFaultRun"


@dataclass(frozen=True, slots=True)
class Sent:
    """A document, and where its answer will be. source: of the file or message that it was in."""

    document: Document
    status_key: str
    source: str


@dataclass(slots=True)
class World:
    """A deployment, as a person and the provider's own console see it."""

    deployment: Deployment
    told: dict[str, set[str]] = field(default_factory=dict)
    known: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self.clients:
            config = Config(read_timeout=60, retries={"mode": "standard", "total_max_attempts": 5})
            self.clients[service] = boto3.client(service, config=config)  # type: ignore[call-overload]
        return self.clients[service]

    def shorten_queues(self) -> None:
        for place in self.dead_letters().sources.values():
            attributes = self._attributes(place.url, "RedrivePolicy", "VisibilityTimeout")
            policy = json.loads(attributes["RedrivePolicy"]) | {"maxReceiveCount": MAX_RECEIVES}
            self.client("sqs").set_queue_attributes(
                QueueUrl=place.url,
                Attributes={"VisibilityTimeout": str(VISIBILITY), "RedrivePolicy": json.dumps(policy)},
            )

    def is_submitting(self) -> bool:
        """Whether a job has not reached its provider yet."""
        early = (State.QUEUED, State.SUBMITTING)
        return any(job.state in early for job in self.jobs().values())

    def listen(self) -> str:
        """A queue that hears all that is told on the notification bus."""
        url = str(self.client("sqs").create_queue(QueueName="told-to-the-fault-run")["QueueUrl"])
        bus = self.deployment.outputs["BusName"]
        pattern = json.dumps({"source": ["jobchute"]})
        self.client("events").put_rule(Name=TOLD_RULE, EventBusName=bus, EventPattern=pattern)
        target = {"Id": "queue", "Arn": self._attributes(url, "QueueArn")["QueueArn"]}
        self.client("events").put_targets(Rule=TOLD_RULE, EventBusName=bus, Targets=[target])
        return url

    def hear(self, url: str) -> None:
        """Take what was told of jobs: the states by the id of the move."""
        options = {"QueueUrl": url, "MaxNumberOfMessages": 10}
        while messages := self.client("sqs").receive_message(**options).get("Messages"):
            for message in messages:
                event = json.loads(message["Body"])
                if event["detail-type"] == DETAIL_TYPE:
                    self.told.setdefault(event["detail"]["id"], set()).add(event["detail"]["state"])
            entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
            self.client("sqs").delete_message_batch(QueueUrl=url, Entries=entries)

    def send(self, drop: Drop, number: int) -> Iterator[Sent]:
        if drop.way is Way.SQS:
            sent = self.client("sqs").send_message(QueueUrl=self.deployment.queue_url, MessageBody=drop.text)
            source = f"sqs://{sent['MessageId']}"
            yield Sent(drop.documents[0], f"status-messages/{sent['MessageId']}.json", source)
            return
        path = f"wire/{number}.json{'l' if drop.way is Way.LINES else ''}"
        bucket, key = self.deployment.bucket, f"requests/{path}"
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=drop.text.encode())
        for index, document in enumerate(drop.documents):
            place = document_status_key(key, index) if len(drop.documents) > 1 else status_key(key)
            yield Sent(document, place, f"s3://{bucket}/{key}")

    def statuses(self, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The status documents there are."""
        there = dict(self._tags("status"))
        return {key: self._object(key, there[key]) for key in keys if key in there}

    def _tags(self, prefix: str) -> Iterator[tuple[str, str]]:
        pages = self.client("s3").get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.deployment.bucket, Prefix=prefix):
            yield from ((entry["Key"], entry["ETag"]) for entry in page.get("Contents", []))

    def _object(self, key: str, tag: str) -> dict[str, Any]:
        if (key, tag) not in self.known:
            answer = self.client("s3").get_object(Bucket=self.deployment.bucket, Key=key)
            self.known[key, tag] = json.loads(answer["Body"].read())
        return self.known[key, tag]

    def jobs(self) -> dict[str, Job]:
        """All rows of jobs and rejections."""
        pages = self.client("dynamodb").get_paginator("scan")
        options = {"TableName": self.deployment.table, "ConsistentRead": True}
        rows = (item for page in pages.paginate(**options) for item in page["Items"])
        jobs = (job_of(item) for item in rows if item["sk"]["S"] == JOB)
        return {job.job_id: job for job in jobs}

    def executions(self) -> list[tuple[str, str]]:
        """Name and status of each."""
        pages = self.client("stepfunctions").get_paginator("list_executions")
        machine = self.deployment.state_machine_arn
        return [
            (execution["name"], execution["status"])
            for page in pages.paginate(stateMachineArn=machine)
            for execution in page["executions"]
        ]

    def simulator(self, what: str, change: dict[str, Any] | None = None) -> Any:
        data = None if change is None else json.dumps(change).encode()
        url = f"{self.deployment.provider_url}/_simulator/{what}"
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=30) as answer:
            return json.load(answer)

    def dead_letters(self) -> DeadLetterQueues:
        return dead_letter_queues_of(STACK)

    def waiting(self) -> int:
        """Messages in the queues of the functions."""
        return sum(sum(queue.count()) for queue in self.dead_letters().sources.values())

    def dead(self) -> int:
        return sum(sum(queue.count()) for queue in self.dead_letters().queues.values())

    def unknown_dead(self) -> int:
        """Dead letters without a row."""
        return max(0, self.dead() - len(self.dead_letters().rows.all()))

    def redrive(self, *, patience: float) -> int:
        """Every dead letter that there is, once known to the ledger; a sweep may hold some for a moment."""
        done, end = 0, time.monotonic() + patience
        while self.dead() and time.monotonic() < end:
            done += sum(1 for _ in redrive_all(self.dead_letters()))
            time.sleep(1)
        return done

    def _attributes(self, url: str, *names: str) -> dict[str, str]:
        answer: dict[str, dict[str, str]] = self.client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=[*names]
        )
        return answer["Attributes"]
