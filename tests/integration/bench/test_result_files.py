"""A batch of ten times as many records needs no more memory, and in the end each record has its output."""

import pytest

from tests.harness.bench.results import line, measure

pytestmark = pytest.mark.slow


def test_memory_does_not_grow_with_the_records() -> None:
    small, large = measure([500, 5_000])
    assert [(each.failed, each.missing, each.sent, each.ok) for each in (small, large)] == [
        (12, 0, 12, 500),
        (120, 2, 122, 5_000),
    ]
    # The index's cache of 16 MB, which the smaller batch does not fill.
    assert large.peak - small.peak < 20
    assert "122 sent again, 5,000 ok in the end" in line(large)
