"""When the sweep looks at a submitted job again."""

from typing import Any, cast

import pytest

from jobchute.job import Api, State, iso
from jobchute.pace import Pace
from jobchute.watching import Watcher
from tests.unit.core.builders import NOW, a_job

PACE = Pace(jitter=lambda most: most)
DAY = 24 * 3600


def next_look(*, age: int, left: int) -> int:
    """Seconds from now. left: until the job's deadline."""
    job = a_job(api=Api.TRAINING_JOB, state=State.RUNNING, created_at=iso(NOW - age), deadline=NOW + left)
    nothing = cast("Any", None)
    watcher = Watcher(ledger=nothing, admission=nothing, adapters={}, pace=PACE, now=lambda: NOW)
    return watcher.next_look(job, NOW + 0.5) - NOW


def test_far_from_its_deadline_a_job_is_looked_at_after_a_silence() -> None:
    assert next_look(age=10 * DAY, left=DAY) == PACE.longest_silence


@pytest.mark.parametrize("left", [0, 1, 59, 3000])
def test_no_silence_outlasts_the_deadline(left: int) -> None:
    """A job whose time is over is stopped by the next sweep, not up to an hour later."""
    assert next_look(age=10 * DAY, left=left) == left + 1


def test_a_job_whose_stop_failed_is_looked_at_again_soon() -> None:
    assert next_look(age=10 * DAY, left=-2) == PACE.lease
    assert next_look(age=0, left=-2) <= PACE.lease
