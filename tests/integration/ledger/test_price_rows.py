"""The table of prices in the ledger, and when functions read it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, cast

import pytest
from moto import mock_aws

from jobchute.ledger.pool_settings import PoolSettingsRow
from jobchute.ledger.price_rows import PriceRow
from jobchute.money.loaded import LoadedPrices
from jobchute.money.prices import Price, Prices
from jobchute.pools.limits import Limits
from tests.aws import TABLE, client, create_table
from tests.fakes.dynamodb import FakeDynamoDB

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FIRST = Prices({"fireworks:rank/pool": Price(Decimal("2.5"), "hour", "ours.yaml")}, "2026-11-27", "us-east-1")
SECOND = FIRST._replace(date="2026-11-28")


@pytest.fixture(params=["moto", "fake"])
def row(request: pytest.FixtureRequest) -> Iterator[PriceRow]:
    if request.param == "fake":
        fake = FakeDynamoDB()
        create_table(fake)
        yield PriceRow(cast("DynamoDBClient", fake), TABLE)
        return
    with mock_aws():
        table = client("dynamodb")
        create_table(table)
        yield PriceRow(table, TABLE)


def test_prices_are_read_back_as_they_were_loaded(row: PriceRow) -> None:
    assert row.get() is None
    row.put(FIRST, loaded_at="2026-11-27T04:00:00.000Z")
    assert row.get() == FIRST


def test_loading_leaves_the_rules_of_pools_as_they_are(row: PriceRow) -> None:
    settings = PoolSettingsRow(row.client, row.table)
    rules = {"braket:CreateJob": Limits(limit=5)}
    settings.put_overrides(rules)
    row.put(FIRST, loaded_at="2026-11-27T04:00:00.000Z")
    assert settings.get() == (rules, {}, "2026-11-27T04:00:00.000Z")


def test_a_region_of_prices_fits_into_an_item(row: PriceRow) -> None:
    table = {
        f"sagemaker:{kind}/ml.type-{number}.24xlarge": Price(
            Decimal("0.1234567890"), "hour", "S" * 16, "2026-08-11"
        )
        for kind in ("training", "processing")
        for number in range(2000)
    }
    row.put(Prices(table, "2026-11-27"), loaded_at="now")
    found = row.get()
    assert found is not None
    assert len(found.table) == 4000


def test_functions_read_prices_once_and_again_when_they_change() -> None:
    reads: list[Prices] = []
    at = ["2026-11-27"]

    def read() -> Prices:
        reads.append(FIRST if len(reads) == 0 else SECOND)
        return reads[-1]

    prices = LoadedPrices(read, loaded_at=lambda: at[0])
    assert (prices(), prices(), len(reads)) == (FIRST, FIRST, 1)
    at[0] = "2026-11-28"
    assert (prices(), prices(), len(reads)) == (SECOND, SECOND, 2)


def test_without_prices_nothing_is_read() -> None:
    def read() -> Prices:
        raise AssertionError("it was read")

    assert LoadedPrices(read, loaded_at=lambda: "")() is None
