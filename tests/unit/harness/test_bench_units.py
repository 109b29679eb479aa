"""DynamoDB's units as the Developer Guide counts them: the benchmark of calls rests on these."""

from typing import Any

import pytest

from jobchute.ledger.table import BY_DUE, BY_PROVIDER_ID, BY_STATE
from tests.harness.bench.units import Units, read_units, size_of, write_units

KEY: dict[str, Any] = {"pk": {"S": "jc-1"}, "sk": {"S": "JOB"}}


def item(**values: str) -> dict[str, Any]:
    return KEY | {name: {"S": value} for name, value in values.items()}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "ü"}, 2),
        ({"N": "7"}, 2),
        ({"N": "1795249230831"}, 8),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"B": "AAAA"}, 3),
        ({"SS": ["ab", "c"]}, 3),
        ({"L": [{"S": "ab"}]}, 6),
        ({"M": {"a": {"S": "b"}}}, 6),
    ],
)
def test_a_value_has_its_size_beside_its_name(value: dict[str, Any], size: int) -> None:
    assert size_of({"name": value}) == 4 + size


@pytest.mark.parametrize(("length", "units"), [(0, 1), (1000, 1), (1100, 2)])
def test_a_write_costs_by_the_larger_image(length: int, units: int) -> None:
    small, large = item(reason=""), item(reason="x" * length)
    assert write_units(small, large) == write_units(large, small) == Units(units, {})


def test_a_write_that_was_refused_costs_one() -> None:
    assert write_units(None, None).table == 1


def test_an_index_is_written_where_its_entry_changes() -> None:
    plain, known = item(a="1"), item(a="1", providerId="p")
    assert write_units(plain, item(a="2")).index == 0
    assert write_units(plain, known).by_index[BY_PROVIDER_ID] == 1
    assert write_units(known, known | item(a="2")).index == 0
    assert write_units(known, known | item(name="2")).by_index[BY_PROVIDER_ID] == 1
    assert write_units(known, plain).by_index[BY_PROVIDER_ID] == 1
    assert write_units(known, known).index == 0


def test_a_key_that_changes_is_a_delete_and_a_put() -> None:
    before, after = item(listed="A", updatedAt="1"), item(listed="B", updatedAt="2")
    assert write_units(before, after).by_index[BY_STATE] == 2
    assert write_units(before, after).by_index[BY_DUE] == 0


def test_reads_cost_half_where_they_need_not_be_consistent() -> None:
    assert read_units(5000, consistent=True) == 2
    assert read_units(5000, consistent=False) == 1
    assert read_units(0, consistent=False) == 0.5
