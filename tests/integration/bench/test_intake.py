"""A file of thirty times as many requests needs no more memory, and no more time for each of them."""

import pytest

from tests.harness.bench.intake import measured, report

pytestmark = pytest.mark.slow


def test_memory_and_time_per_request_do_not_grow_with_the_file() -> None:
    small, large = measured([200, 6_000], rounds=1)
    assert (small.requests, large.requests) == (200, 6_000)
    # What both have in common, the interpreter and its libraries, is some 50 MiB; the larger file is 12 MB.
    assert large.peak - small.peak < 6
    assert large.each < 2 * small.each


def test_the_report_has_a_line_for_each_file() -> None:
    assert len(report(measured([3, 5], rounds=1)).splitlines()) == 4
