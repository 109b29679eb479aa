"""A deployment over moto: the bucket, the queue and the table, and an environment that points to them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
from moto import mock_aws

from jobchute import runtime
from jobchute.aws.queues import Queue
from jobchute.cli.deployment import Deployment
from jobchute.ledger.dead_letters import DeadLetterRows
from jobchute.runtime import SYSTEM_CLOCK, Clock, Parts, compose, use
from jobchute.runtime.clients import AwsClients
from jobchute.runtime.protocols import Clients
from jobchute.settings import EnvironmentReader
from tests.aws import create_table
from tests.integration.cli.dead_letter_queues import NAMES, Place

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
    create_table(runtime.client("dynamodb"), "jobs")
    made = Deployment(bucket="jobs", queue_url=queue_url, table="jobs", state_machine_arn=MACHINE)
    monkeypatch.setenv("JOBCHUTE_BUCKET", made.bucket)
    monkeypatch.setenv("JOBCHUTE_QUEUE_URL", made.queue_url)
    monkeypatch.setenv("JOBCHUTE_TABLE", made.table)
    monkeypatch.setenv("JOBCHUTE_STATE_MACHINE_ARN", made.state_machine_arn)
    return made


@pytest.fixture
def place(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Place:
    sqs = runtime.client("sqs")
    queues = {name: Queue(sqs, sqs.create_queue(QueueName=name)["QueueUrl"]) for name in NAMES}
    for name, variable in NAMES.items():
        monkeypatch.setenv(f"JOBCHUTE_{variable}", queues[name].url)
    return Place(deployment, queues, DeadLetterRows(runtime.client("dynamodb"), deployment.table))
