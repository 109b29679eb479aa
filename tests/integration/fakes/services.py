# ruff: noqa: ARG005 - the names are those of what is replaced
"""The services beside DynamoDB, as the fakes have them or as moto has them."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fakes.clock import Clock
from tests.fakes.events import FakeEvents
from tests.fakes.objects import FakeS3
from tests.fakes.queues import FakeSQS
from tests.fakes.states import FakeStates

BUCKET = "drop"
NOW = 1_795_000_000.0
ROLE = "arn:aws:iam::123456789012:role/JobchuteMachine"


@dataclass
class Services:
    """Clients, and how a person uploads an object, which returns its version."""

    s3: Any
    sqs: Any
    states: Any
    events: Any
    machine: str
    upload: Callable[[str, bytes], str]


def fakes() -> Services:
    s3 = FakeS3(lambda: NOW, bucket=BUCKET)
    states = FakeStates(Clock(NOW), Random(0), lambda name, event: None)
    return Services(
        s3, FakeSQS(lambda: NOW), states, FakeEvents(), "machine", lambda key, data: s3.upload(key, data)[0]
    )


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]
