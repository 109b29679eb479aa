"""What `make test` leaves out of `make test-all`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from jobchute.job import Api
from tests.conftest import SAMPLED, pytest_collection_modifyitems

MATRIX = [f"test_{number}[{api}]" for number in range(SAMPLED) for api in Api]


@dataclass
class Item:
    """What the hook looks at of a pytest.Item."""

    name: str
    mark: str | None
    path: Path = Path("test_of_apis.py")

    def get_closest_marker(self, name: str) -> str | None:
        return self.mark if self.mark == name else None


class Config:
    """What the hook asks of a pytest.Config, and what it tells."""

    def __init__(self, *, is_short: bool) -> None:
        self.is_short = is_short
        self.hook = self
        self.deselected: list[Item] = []

    def getoption(self, name: str) -> bool:
        return self.is_short and name == "short"

    def pytest_deselected(self, items: list[Item]) -> None:
        self.deselected += items


def left_of(names: Sequence[str], mark: str | None, *, is_short: bool = True) -> list[str]:
    """Of these tests, which all have the mark."""
    config, items = Config(is_short=is_short), [Item(name, mark) for name in names]
    given = {*names}
    pytest_collection_modifyitems(cast("Any", config), cast("Any", items))
    left = [item.name for item in items]
    assert {item.name for item in config.deselected} == given - {*left}
    return left


@pytest.mark.parametrize("mark", [None, "slow", "sampled"])
def test_all_are_run_unless_it_is_asked_for(mark: str | None) -> None:
    assert left_of(MATRIX, mark, is_short=False) == MATRIX


def test_a_test_without_a_mark_is_run() -> None:
    assert left_of(MATRIX, None) == MATRIX


def test_a_slow_one_is_left_out() -> None:
    assert left_of(["test_it", *MATRIX], "slow") == []


def test_of_cases_one_in_so_many_is_run_of_every_api() -> None:
    left = left_of(MATRIX, "sampled")
    assert left == MATRIX[::SAMPLED]
    tests, apis = zip(*(name.rstrip("]").split("[") for name in left), strict=True)
    assert len({*tests}) == len(left)
    assert {*apis} == {*Api}


def test_one_without_cases_is_run() -> None:
    names = ["test_it", *MATRIX[1:3], "test_that"]
    assert left_of(names, "sampled") == ["test_it", MATRIX[1], "test_that"]
