"""Leases and moments of pools, over moto's DynamoDB and the fault harness's."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import pytest
from moto import mock_aws

from jobchute.pool_rows import PoolRows
from jobchute.pools import Limits
from tests.fakes.dynamodb import FakeDynamoDB
from tests.integration.core.aws import TABLE, client, create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

POOL = "braket:CreateJob"
NOW = 1_795_000_000_000


@pytest.fixture(params=["moto", "fake"])
def rows(request: pytest.FixtureRequest) -> Iterator[PoolRows]:
    if request.param == "fake":
        fake = FakeDynamoDB()
        create_table(fake)
        yield PoolRows(cast("DynamoDBClient", fake), TABLE)
        return
    with mock_aws():
        table = client("dynamodb")
        create_table(table)
        yield PoolRows(table, TABLE)


def take(rows: PoolRows, job_id: str, *, limit: int = 2) -> bool:
    return rows.take(POOL, job_id, share="ada", limit=limit, now=NOW)


def test_a_pool_lets_in_as_many_as_its_limit(rows: PoolRows) -> None:
    assert rows.get(POOL).leases == {}
    assert [take(rows, job_id) for job_id in ("jc-a", "jc-b", "jc-c")] == [True, True, False]
    row = rows.get(POOL)
    assert (row.leases, row.shares) == ({"jc-a": NOW, "jc-b": NOW}, {"jc-a": "ada", "jc-b": "ada"})
    assert rows.all() == [row]


def test_taking_twice_is_taking_once_and_so_is_giving_back(rows: PoolRows) -> None:
    rows.get(POOL)
    assert [take(rows, "jc-a"), take(rows, "jc-a")] == [True, False]
    assert [rows.give_back(POOL, "jc-a")[1], rows.give_back(POOL, "jc-a")[1]] == [True, False]
    assert rows.get(POOL).leases == {}


def test_a_job_in_flight_holds_its_lease_even_where_there_is_no_room(rows: PoolRows) -> None:
    rows.get(POOL)
    assert take(rows, "jc-a", limit=1)
    assert rows.hold(POOL, "jc-b", share="", at=NOW)
    assert not rows.hold(POOL, "jc-b", share="", at=NOW)
    assert set(rows.get(POOL).leases) == {"jc-a", "jc-b"}


def test_moments_are_a_step_apart_as_far_as_the_horizon(rows: PoolRows) -> None:
    rows.get(POOL)
    moments = [rows.reserve(POOL, step=400, now=NOW, horizon=NOW + 1000) for _ in range(4)]
    assert moments == [NOW, NOW + 400, NOW + 800, None]


def test_after_a_pause_moments_count_from_now(rows: PoolRows) -> None:
    rows.get(POOL)
    rows.reserve(POOL, step=400, now=NOW, horizon=NOW + 1000)
    later = NOW + 60_000
    assert rows.reserve(POOL, step=400, now=later, horizon=later + 1000) == later
    assert rows.reserve(POOL, step=400, now=later, horizon=later + 1000) == later + 400


def test_nothing_is_given_back_to_a_pool_that_is_not_there(rows: PoolRows) -> None:
    row, was_held = rows.give_back("nowhere", "jc-a")
    assert (row.leases, was_held) == ({}, False)
    assert not take(rows, "jc-a")


def test_the_first_moment_of_a_pool_makes_its_row(rows: PoolRows) -> None:
    """A rate that several pools share is in a row of its own."""
    moments = [rows.reserve("bedrock", step=400, now=NOW, horizon=NOW + 1000) for _ in range(2)]
    assert moments == [NOW, NOW + 400]


def test_a_cap_and_the_time_of_mending_are_remembered(rows: PoolRows) -> None:
    rows.get(POOL)
    rows.put_cap(POOL, 1, now=NOW)
    rows.mark_mended(POOL, now=NOW + 5)
    row = rows.get(POOL)
    assert (row.cap, row.cap_at, row.mended_at) == (1, NOW, NOW + 5)


def test_what_an_operator_set_is_read_back(rows: PoolRows) -> None:
    assert rows.overrides() == {}
    rows.put_overrides({POOL: Limits(limit=5), "label:team=a": Limits(rate=0.5)})
    assert rows.overrides() == {POOL: Limits(limit=5), "label:team=a": Limits(rate=0.5)}
