"""The harness sees: each guard of the product, taken away, makes it report what the guard is against."""

from collections.abc import Iterator

import pytest

from tests.harness.faults.functions import borrowed
from tests.harness.faults.guard import Guard, SpecialCase
from tests.harness.faults.guards import GUARDS
from tests.harness.faults.special import LONG
from tests.harness.faults.world import World
from tests.paths import DOCS

pytestmark = pytest.mark.sampled

FAULTS = DOCS / "faults.md"
DAY = 24 * 3600


@pytest.fixture(autouse=True)
def functions() -> Iterator[None]:
    with borrowed():
        yield


def is_run_by_itself(guard: Guard) -> bool:
    """test_short runs each special case with every guard in its place, and as much patience."""
    is_case = isinstance(guard.runs, SpecialCase) and guard.runs.name not in LONG
    return is_case and guard.patience * DAY == World.patience


@pytest.mark.parametrize("guard", GUARDS, ids=[guard.name for guard in GUARDS])
def test_without_it_the_harness_fails_and_with_it_not(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    is_known_to_be_clean = is_run_by_itself(guard)
    monkeypatch.setattr(World, "patience", guard.patience * DAY)
    if not is_known_to_be_clean:
        results = list(guard.runs())
        assert results
        assert [result.name for result in results if result.violations] == []
    guard.remove(monkeypatch)
    kinds = (violation.kind for result in guard.runs() for violation in result.violations)
    assert guard.kind in kinds


def test_the_page_on_faults_says_how_many_there_are() -> None:
    assert f"Each of {len(GUARDS)} guards is taken out" in FAULTS.read_text()
