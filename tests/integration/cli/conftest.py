"""A deployment over moto: the bucket, the queue and the table, and an environment that points to them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from moto import mock_aws

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.ledger.table import INDEXES, NUMERIC_KEYS
from jobchute.runtime import SYSTEM_CLOCK, Clock, compose, use
from jobchute.runtime.clients import AwsClients
from jobchute.runtime.parts import Parts
from jobchute.runtime.protocols import Clients
from jobchute.settings import EnvironmentReader

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:Jobs"


def tool_with(clients: Clients, clock: Clock = SYSTEM_CLOCK) -> AbstractContextManager[Parts]:
    """Within, the tool works over these clients."""
    return use(compose(clients, EnvironmentReader(), clock))


@pytest.fixture(scope="module")
def clients() -> AwsClients:
    """Making clients takes longer than any test, so a module makes them once."""
    return AwsClients()


@pytest.fixture
def aws(clients: AwsClients, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("BUCKET", "QUEUE_URL", "TABLE", "STATE_MACHINE_ARN", "STACK", "OWNER", "OWNERS"):
        monkeypatch.delenv(f"JOBCHUTE_{name}", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws(), tool_with(clients):
        yield


@pytest.fixture
def deployment(aws: None, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    runtime.client("s3").create_bucket(Bucket="jobs")
    queue_url = runtime.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    runtime.client("dynamodb").create_table(TableName="jobs", **table_form())
    made = Deployment(bucket="jobs", queue_url=queue_url, table="jobs", state_machine_arn=MACHINE)
    monkeypatch.setenv("JOBCHUTE_BUCKET", made.bucket)
    monkeypatch.setenv("JOBCHUTE_QUEUE_URL", made.queue_url)
    monkeypatch.setenv("JOBCHUTE_TABLE", made.table)
    monkeypatch.setenv("JOBCHUTE_STATE_MACHINE_ARN", made.state_machine_arn)
    return made


def table_form() -> dict[str, Any]:
    """The ledger's keys and indexes as CreateTable takes them."""
    keys = {"pk", "sk"} | {name for pair in INDEXES.values() for name in pair if name}
    return {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "N" if name in NUMERIC_KEYS else "S"}
            for name in sorted(keys)
        ],
        "KeySchema": _schema("pk", "sk"),
        "GlobalSecondaryIndexes": [
            {"IndexName": index, "KeySchema": _schema(*pair), "Projection": {"ProjectionType": "ALL"}}
            for index, pair in INDEXES.items()
        ],
    }


def _schema(partition: str, sort: str | None) -> list[dict[str, str]]:
    pairs = ((partition, "HASH"), (sort, "RANGE"))
    return [{"AttributeName": name, "KeyType": kind} for name, kind in pairs if name]
