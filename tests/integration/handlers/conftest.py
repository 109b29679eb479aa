"""Makes the deployed system of world.py: every clock, client and setting of it is the test's own."""

import io
import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import urllib3
from aws_lambda_powertools import Logger
from moto import mock_aws

from infra.local.simulator import Settings as SimulatorSettings
from infra.local.simulator import Simulator
from jobchute.job import Api
from jobchute.pools.limits import Limits, json_of_rules
from jobchute.runtime.clients import PROVIDER_CONFIG
from tests.aws import REGION, TABLE, client, create_table
from tests.fakes.clients import GivenClients
from tests.integration.handlers.world import BUCKET, LEASE, RUN, SETTLE, World

BUS, HEARD, INTAKE, STREAM_FAILURES = "jobchute", "heard", "intake", "stream-failures"
ROLE = "arn:aws:iam::123456789012:role/JobchuteMachine"
SERVICES = ("s3", "sqs", "dynamodb", "stepfunctions", "events", "secretsmanager")


@pytest.fixture(scope="session")
def clients() -> Iterator[Mapping[str, Any]]:
    made = {service: client(service) for service in SERVICES}
    yield made
    for each in made.values():
        each.close()


@pytest.fixture(scope="session")
def providers() -> Iterator[tuple[Simulator, str]]:
    simulator = Simulator(SimulatorSettings(queue_seconds=RUN, run_seconds=RUN, stop_seconds=RUN, refusals=1))
    with simulator.serve() as url:
        yield simulator, url


@pytest.fixture(scope="session")
def provider_clients(providers: tuple[Simulator, str]) -> Iterator[Mapping[str, Any]]:
    made = {
        service: client(service, endpoint_url=providers[1], config=PROVIDER_CONFIG)
        for service in ("braket", "bedrock", "sagemaker")
    }
    yield made
    for each in made.values():
        each.close()


@pytest.fixture
def world(
    clients: Mapping[str, Any],
    providers: tuple[Simulator, str],
    provider_clients: Mapping[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    simulator, url = providers
    urllib3.request("POST", f"{url}/_simulator/reset", json={})
    with mock_aws():
        create_table(clients["dynamodb"])
        clients["s3"].create_bucket(Bucket=BUCKET)
        clients["s3"].put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        queue_url = _listen(clients)
        intake = clients["sqs"].create_queue(QueueName=INTAKE)["QueueUrl"]
        failures = clients["sqs"].create_queue(QueueName=STREAM_FAILURES)["QueueUrl"]
        machine = clients["stepfunctions"].create_state_machine(
            name="jobs", definition='{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}', roleArn=ROLE
        )["stateMachineArn"]
        account = {"accountId": "acme", "apiKey": "fw-test"}
        secret = clients["secretsmanager"].create_secret(Name="fw", SecretString=json.dumps(account))["ARN"]
        made = GivenClients(clients, provider_clients, provider_clients, urllib3.PoolManager())
        world = World(made, simulator, url, queue_url, machine)
        for name, value in _environment(machine, secret, url, intake).items():
            monkeypatch.setenv(f"JOBCHUTE_{name}", value)
        monkeypatch.setenv("JOBCHUTE_STREAM_FAILURES_QUEUE_URL", failures)
        yield world


def _environment(machine: str, secret: str, url: str, intake: str) -> dict[str, str]:
    # Nobody waits for the moment of a create call: these tests go by the real clock.
    pools = {str(api): Limits(rate=1000) for api in Api}
    return {
        "POOLS": json_of_rules(pools),
        "TABLE": TABLE,
        "BUCKET": BUCKET,
        "BUCKETS": "plain uploads ada-uploads",
        "QUEUE_URL": intake,
        "BUS": BUS,
        "STATE_MACHINE_ARN": machine,
        "FIREWORKS_SECRET_ARN": secret,
        "FIREWORKS_URL": url,
        "GUARD_RAILS": json.dumps(
            {"roles": ["arn:aws:iam::*"], "models": ["*"], "devices": ["*"], "outputs": ["s3://"]}
        ),
        "LEASE_SECONDS": str(LEASE),
        "SETTLE_SECONDS": str(SETTLE),
        # So that each sweep looks at all.
        "LOOK_SECONDS": "0",
    }


def _listen(clients: Mapping[str, Any]) -> str:
    """A bus, and a queue that hears everything on it."""
    queue_url = str(clients["sqs"].create_queue(QueueName=HEARD)["QueueUrl"])
    clients["events"].create_event_bus(Name=BUS)
    clients["events"].put_rule(Name="all", EventBusName=BUS, EventPattern='{"source": ["jobchute"]}')
    target = {"Id": "queue", "Arn": f"arn:aws:sqs:{REGION}:123456789012:{HEARD}"}
    clients["events"].put_targets(Rule="all", EventBusName=BUS, Targets=[target])
    return queue_url


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the functions log: the handlers' loggers, and every logger below them, write here."""
    text = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        Logger()  # makes the one handler that the loggers share
        names = ["service_undefined", *logging.root.manager.loggerDict]
        for handler in [handler for name in names for handler in logging.getLogger(name).handlers]:
            if isinstance(handler, logging.StreamHandler):
                patch.setattr(handler, "stream", text)
        yield text
