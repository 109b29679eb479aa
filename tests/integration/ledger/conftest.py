"""A ledger over moto, and over the DynamoDB that the fault harness runs over."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import pytest
from moto import mock_aws

from jobchute.ledger.jobs import Ledger
from tests.aws import TABLE, client, create_table
from tests.fakes.dynamodb import FakeDynamoDB
from tests.integration.ledger.shared import RETENTION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="module")
def dynamodb_client() -> "DynamoDBClient":
    return cast("DynamoDBClient", client("dynamodb"))


@pytest.fixture(params=["moto", "fake"])
def table(request: pytest.FixtureRequest, dynamodb_client: "DynamoDBClient") -> Iterator["DynamoDBClient"]:
    """moto's, and the one that the fault harness runs over."""
    if request.param == "fake":
        fake = FakeDynamoDB()
        create_table(fake)
        yield cast("DynamoDBClient", fake)
        return
    with mock_aws():
        create_table(dynamodb_client)
        yield dynamodb_client


@pytest.fixture
def stored(table: "DynamoDBClient") -> Ledger:
    return Ledger(table, TABLE, RETENTION)


@pytest.fixture
def ledger(stored: Ledger) -> Ledger:
    return stored
