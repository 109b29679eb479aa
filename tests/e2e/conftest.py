"""The embedded AWS for the tests: apart from the one that `make demo` leaves running, and ended with them.

It ends with this package: the environment that points to it must not reach the tests over moto.
"""

import json
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from infra.local import embedded
from jobchute.job import Job, job_id_for_key
from jobchute.ledger.jobs import Ledger
from tests.e2e.prices import load_prices
from tests.e2e.sweep import PATIENCE_SECONDS as SWEEP_SECONDS
from tests.e2e.sweep import has_jobs, sweep_document

PATIENCE_SECONDS = 120
BATCHES = "batches"
"""A bucket for the inputs and outputs of batches, whose manifests the functions read. A test makes it."""
Up = Callable[[dict[str, str]], embedded.Deployment]
"""Deploys the stack with these values in its context besides."""


@dataclass(frozen=True, slots=True)
class OtherQueue:
    """A queue that was there before the stack."""

    url: str
    arn: str


def other_queue() -> OtherQueue:
    """As SQS makes it; its owner has yet to set it as docs/existing-resources.md says."""
    client = boto3.client("sqs")
    url = client.create_queue(QueueName="orders")["QueueUrl"]
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return OtherQueue(url, attributes["QueueArn"])


class World:
    """A deployed stack, and what a person does with it."""

    def __init__(self, up: Up, other: OtherQueue) -> None:
        self._up = up
        self.deployment = up({})
        self.deployment.enter()
        self.other = other
        self.s3 = boto3.client("s3")
        self.sqs = boto3.client("sqs")
        self.ledger = Ledger(boto3.client("dynamodb"), self.deployment.table, retention=3600)
        self.run = uuid.uuid4().hex[:8]

    def deploy(self, **context: object) -> None:
        """Deploy the stack again, with more values in its context; without any, as it was at first."""
        self._up({name: json.dumps(value) for name, value in context.items()})

    def drop(self, path: str, document: object) -> str:
        """Upload a document, or text as it is. Returns where its status document will be."""
        body = document if isinstance(document, str) else json.dumps(document)
        self.s3.put_object(Bucket=self.deployment.bucket, Key=f"requests/{self.run}/{path}", Body=body.encode())
        return f"status/{self.run}/{path}.json"

    def send(self, document: object, queue_url: str | None = None) -> str:
        """Send a message, to the intake queue unless told. Returns where its status document will be."""
        url = queue_url or self.deployment.queue_url
        sent = self.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(document))
        return f"status-messages/{sent['MessageId']}.json"

    def status(self, key: str) -> dict[str, Any] | None:
        try:
            body = self.s3.get_object(Bucket=self.deployment.bucket, Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None
        document: dict[str, Any] = json.loads(body)
        return document

    def status_when(
        self, key: str, condition: Callable[[dict[str, Any]], bool], patience: float = PATIENCE_SECONDS
    ) -> dict[str, Any]:
        """The status document once the condition holds; fails the test when patience is over."""
        document = None
        end = time.monotonic() + patience
        while time.monotonic() < end:
            document = self.status(key)
            if document is not None and condition(document):
                return document
            time.sleep(0.2)
        pytest.fail(f"{key} is still {document}")

    def ended(self, key: str) -> dict[str, Any]:
        ends = {"SUCCEEDED", "PARTIAL", "FAILED", "TIMED_OUT", "CANCELLED", "REJECTED"}
        return self.status_when(key, lambda document: document.get("state") in ends)

    def wait(self, condition: Callable[[], bool], patience: float = PATIENCE_SECONDS) -> None:
        """Until the condition holds, or patience is over."""
        end = time.monotonic() + patience
        while time.monotonic() < end and not condition():
            time.sleep(1)

    def listen(self, name: str, pattern: Mapping[str, Any]) -> str:
        """A queue that hears what is told on the bus."""
        events, bus = boto3.client("events"), self.deployment.outputs["BusName"]
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": attributes["QueueArn"],
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
        target = {"Id": "queue", "Arn": attributes["QueueArn"]}
        events.put_targets(Rule=name, EventBusName=bus, Targets=[target])  # type: ignore[list-item]
        return url

    def heard(self, url: str) -> Iterator[str]:
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            yield from (message["Body"] for message in messages)

    def job(self, idempotency_key: str) -> Job:
        return self.ledger.get(job_id_for_key(idempotency_key))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--enforce-iam", action="store_true", help="IAM is enforced, over TLS")


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[World]:
    before = dict(os.environ)
    state = tmp_path_factory.mktemp("embedded")
    try:
        # Unknown where other tests run beside these.
        enforce = request.config.getoption("--enforce-iam", default=False)
        embedded.start(state, enforce=enforce)
        other = other_queue()
        own = {"queues": json.dumps([other.arn]), "manifest_buckets": json.dumps([BATCHES])}
        world = World(lambda more: embedded.up(state, context=own | more, enforce=enforce), other)
        load_prices(world.deployment.table, state)
        yield world
    finally:
        embedded.down(state)
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="package")
def swept(world: World) -> str:
    """The file of a sweep, once all of its jobs have ended."""
    world.drop("sweep.json", sweep_document(f"sweep-{world.run}"))
    file = f"requests/{world.run}/sweep.json"
    ids = {
        entry["jobId"] for entry in world.status_when(f"status/{world.run}/sweep.json.json", has_jobs)["jobs"]
    }
    world.wait(lambda: all(job.state.is_final for job in world.ledger.get_many(ids)), SWEEP_SECONDS)
    return file
