"""Which changes are announced together."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jobchute.job import Job, State
from jobchute.lifecycle.announce import Change
from jobchute.lifecycle.bus import MAX_ENTRIES
from jobchute.lifecycle.telling import MAX_SIZE, Announcer, Batch
from tests.builders import a_job


def sizes(*jobs: Job) -> list[int]:
    """Of the groups that the announcement of new rows takes."""
    parts = cast("Announcer", cast("Any", SimpleNamespace(bus=None, aside=None, ends_of=None, answers=None)))
    return [len(group) for group in Batch(parts, [Change({}, job, None) for job in jobs]).groups()]


def some(count: int) -> frozenset[str]:
    return frozenset(map(str, range(count)))


@pytest.mark.parametrize(
    "others", [{"duplicates": some(MAX_SIZE // 2)}, {"dependents": some(MAX_SIZE // 2)}], ids=" ".join
)
def test_jobs_that_end_with_many_others_are_announced_one_by_one(others: dict[str, Any]) -> None:
    jobs = [replace(a_job(str(number)), state=State.SUCCEEDED, **others) for number in range(3)]
    assert sizes(*jobs) == [1, 1, 1]


def test_jobs_for_which_others_still_wait_are_announced_together() -> None:
    jobs = [replace(a_job(str(number)), dependents=some(MAX_SIZE)) for number in range(MAX_ENTRIES + 1)]
    assert sizes(*jobs) == [MAX_ENTRIES, 1]
