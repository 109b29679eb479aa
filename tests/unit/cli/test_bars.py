"""The time axis of the overview."""

import pytest

from jobchute.cli.ui.plots.bars import MIN_SECONDS, TimeAxis, axis_of
from jobchute.job import iso
from tests.builders import NOW, a_job

HOUR = 3600


@pytest.mark.parametrize(
    ("began", "since"),
    [
        ((), NOW - 24 * HOUR),
        ((NOW - HOUR, NOW - 3 * HOUR), NOW - 3 * HOUR),
        ((NOW - HOUR, NOW - 50 * HOUR), NOW - 24 * HOUR),
        ((NOW - 1,), NOW - MIN_SECONDS),
    ],
    ids=["no job", "all within the time", "one from before", "a moment ago"],
)
def test_the_axis_begins_where_the_jobs_do(began: tuple[int, ...], since: int) -> None:
    jobs = [a_job(str(at), created_at=iso(at)) for at in began]
    assert axis_of(jobs, NOW - 24 * HOUR, NOW) == TimeAxis(since, NOW)


def test_a_short_axis_has_times_of_whole_minutes() -> None:
    ticks = TimeAxis(NOW - 180, NOW).ticks
    assert 2 <= len(ticks) <= 5
    assert [tick % 60 for tick in ticks] == [0] * len(ticks)
