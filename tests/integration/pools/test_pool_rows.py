"""Leases and create slots of pools, over moto's DynamoDB and the fault harness's."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

import pytest
from moto import mock_aws

from jobchute.ledger.pool_settings import PoolSettingsRow
from jobchute.ledger.pools import PoolRow, PoolRows
from jobchute.ledger.reconciliations import Notes, ReconciliationRows
from jobchute.pools.limits import Limits
from tests.admissions import slot_of, took
from tests.aws import TABLE, client, create_table
from tests.fakes.dynamodb import FakeDynamoDB

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
    return took(rows, POOL, job_id, share="ada", limit=limit, now=NOW)


def test_a_pool_lets_in_as_many_as_its_limit(rows: PoolRows) -> None:
    assert rows.get(POOL).leases == {}
    assert [take(rows, job_id) for job_id in ("jc-a", "jc-b", "jc-c")] == [True, True, False]
    row = rows.get(POOL)
    assert (row.leases, row.shares) == ({"jc-a": NOW, "jc-b": NOW}, {"jc-a": "ada", "jc-b": "ada"})
    assert rows.all() == [row]


def test_taking_twice_is_taking_once_and_so_is_giving_back(rows: PoolRows) -> None:
    rows.get(POOL)
    assert [take(rows, "jc-a"), take(rows, "jc-a")] == [True, False]
    assert [rows.leases.give_back(POOL, "jc-a")[1], rows.leases.give_back(POOL, "jc-a")[1]] == [True, False]
    assert rows.get(POOL).leases == {}


def test_a_job_in_flight_keeps_its_lease_without_room(rows: PoolRows) -> None:
    rows.get(POOL)
    assert take(rows, "jc-a", limit=1)
    assert rows.leases.restore(POOL, "jc-b", share="", at=NOW)
    assert not rows.leases.restore(POOL, "jc-b", share="", at=NOW)
    assert set(rows.get(POOL).leases) == {"jc-a", "jc-b"}


def test_create_slots_are_a_step_apart_as_far_as_the_horizon(rows: PoolRows) -> None:
    rows.get(POOL)
    slots = [slot_of(rows, POOL, step=400, now=NOW, horizon=NOW + 1000) for _ in range(4)]
    assert slots == [NOW, NOW + 400, NOW + 800, None]


def test_after_a_pause_create_slots_count_from_now(rows: PoolRows) -> None:
    rows.get(POOL)
    slot_of(rows, POOL, step=400, now=NOW, horizon=NOW + 1000)
    later = NOW + 60_000
    assert slot_of(rows, POOL, step=400, now=later, horizon=later + 1000) == later
    assert slot_of(rows, POOL, step=400, now=later, horizon=later + 1000) == later + 400


def test_nothing_is_given_back_to_a_pool_that_is_not_there(rows: PoolRows) -> None:
    row, was_held = rows.leases.give_back("nowhere", "jc-a")
    assert (row.leases, was_held) == ({}, False)
    assert rows.all() == []


def test_the_first_moment_of_a_pool_makes_its_row(rows: PoolRows) -> None:
    """A rate that several pools share is in a row of its own."""
    slots = [slot_of(rows, "bedrock", step=400, now=NOW, horizon=NOW + 1000) for _ in range(2)]
    assert slots == [NOW, NOW + 400]


def test_a_cap_and_the_time_of_repair_are_remembered(rows: PoolRows) -> None:
    rows.get(POOL)
    rows.put_cap(POOL, 1, now=NOW)
    rows.mark_repaired(POOL, now=NOW + 5)
    row = rows.get(POOL)
    assert (row.cap, row.cap_at, row.repaired_at) == (1, NOW, NOW + 5)


def test_what_an_operator_set_is_read_back(rows: PoolRows) -> None:
    settings = PoolSettingsRow(rows.client, rows.table)
    assert settings.get()[:2] == ({}, {})
    rules = {POOL: Limits(limit=5), "label:team=a": Limits(rate=0.5)}
    settings.put_overrides(rules)
    settings.put_pauses({POOL: True, "label:team=a": False})
    assert settings.get()[:2] == (rules, {POOL: True, "label:team=a": False})
    settings.put_overrides({})
    assert settings.get()[:2] == ({}, {POOL: True, "label:team=a": False})


def test_a_cut_is_cleared_with_its_reason_and_makes_no_row(rows: PoolRows) -> None:
    assert rows.find(POOL) == PoolRow(POOL)
    assert rows.all() == []
    rows.get(POOL)
    rows.put_cap(POOL, 1, now=NOW, reason="no more than 1")
    assert (rows.find(POOL).cap, rows.find(POOL).cap_reason) == (1, "no more than 1")
    rows.clear_cap(POOL)
    assert rows.find(POOL) == PoolRow(POOL)
    rows.clear_cap("nowhere")
    assert [row.pool for row in rows.all()] == [POOL]


def marked(rows: PoolRows) -> PoolRow:
    rows.retire(rows.get(POOL), now=NOW)
    row = rows.get(POOL)
    assert row.retiring_at == NOW
    return row


def test_a_row_that_was_marked_is_removed(rows: PoolRows) -> None:
    row = marked(rows)
    assert [rows.remove(row), rows.remove(row)] == [True, False]
    assert rows.all() == []


@pytest.mark.parametrize(
    "use",
    [
        lambda rows: rows.keep(POOL, now=NOW),
        lambda rows: took(rows, POOL, "jc-a", share="", limit=1, now=NOW),
        lambda rows: rows.leases.restore(POOL, "jc-a", share="", at=NOW),
        lambda rows: (take(rows, "jc-a"), rows.leases.give_back(POOL, "jc-a")),
        lambda rows: slot_of(rows, POOL, step=400, now=NOW, horizon=NOW),
    ],
    ids=[
        "a job enters the line",
        "a job is let in",
        "a lease is held",
        "and given back",
        "a moment is given away",
    ],
)
def test_a_row_that_was_used_since_it_was_read_is_not_removed(
    rows: PoolRows, use: Callable[[PoolRows], object]
) -> None:
    row = marked(rows)
    use(rows)
    assert not rows.remove(row)
    assert [each.pool for each in rows.all()] == [POOL]


def test_a_mark_that_was_set_again_is_another_one(rows: PoolRows) -> None:
    row = marked(rows)
    rows.keep(POOL, now=NOW)
    rows.retire(rows.get(POOL), now=NOW + 1)
    assert not rows.remove(row)
    assert rows.remove(rows.get(POOL))


@pytest.mark.parametrize(
    "use",
    [
        lambda rows: took(rows, POOL, "jc-a", share="", limit=1, now=NOW),
        lambda rows: (take(rows, "jc-a"), rows.leases.give_back(POOL, "jc-a")),
        lambda rows: slot_of(rows, POOL, step=400, now=NOW, horizon=NOW),
        lambda rows: rows.retire(rows.get(POOL), now=NOW - 1),
    ],
    ids=["a lease", "a lease that was given back", "a moment", "another sweep's mark"],
)
def test_a_row_that_was_used_since_it_was_read_is_not_marked(
    rows: PoolRows, use: Callable[[PoolRows], object]
) -> None:
    row = rows.get(POOL)
    use(rows)
    rows.retire(row, now=NOW)
    assert rows.get(POOL).retiring_at in (0, NOW - 1)


def test_marking_and_removing_make_no_row(rows: PoolRows) -> None:
    rows.retire(PoolRow("nowhere"), now=NOW)
    assert not rows.remove(PoolRow("nowhere", retiring_at=NOW))
    assert rows.all() == []


def test_enqueueing_in_a_deleted_pool_makes_its_row(rows: PoolRows) -> None:
    assert rows.remove(marked(rows))
    assert rows.keep(POOL, now=NOW).pool == POOL
    assert [row.retiring_at for row in rows.all()] == [0]


def test_a_pool_that_is_gone_holds_no_lease(rows: PoolRows) -> None:
    assert not rows.leases.restore("nowhere", "jc-a", share="", at=NOW)
    assert rows.all() == []


def test_what_a_sweep_leaves_to_the_next_is_read_back(rows: PoolRows) -> None:
    notes = ReconciliationRows(rows.client, rows.table)
    assert notes.notes() == Notes()
    notes.stopped_at_job("RUNNING|2026-11-01T00:00:00.000Z")
    notes.stopped_at_pool("a pool")
    assert notes.notes() == Notes(0, "a pool", "RUNNING|2026-11-01T00:00:00.000Z")
    notes.mark_looked(NOW + 0.5)
    assert notes.notes() == Notes(NOW, "a pool", "")
