"""When a job that waits for names looks again, which messages ask for it, and how far circles are followed."""

import itertools
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jobchute.job import Job, State
from jobchute.lifecycle.circles import MAX_FOLLOWED, circle_of
from jobchute.lifecycle.name_checks import (
    FIRST_CHECK_SECONDS,
    GRACE_SECONDS,
    MAX_SECONDS_BETWEEN_CHECKS,
    NAME_WAIT_SECONDS,
    checked_id,
    seconds_to_next_check,
)
from tests.builders import a_job

JOB = a_job(state=State.QUEUED)
CREATED = datetime.fromisoformat(JOB.created_at).timestamp()
WAITING = a_job(state=State.QUEUED, awaits_until=int(CREATED) + NAME_WAIT_SECONDS)
A_SWEEP = 60


def test_looks_come_after_five_seconds_and_then_ever_later() -> None:
    now, ages = CREATED, list[int]()
    while len(ages) < 100 and now < (WAITING.awaits_until or 0):
        now += seconds_to_next_check(WAITING, now)
        ages.append(int(now - CREATED))
    assert ages[:7] == [5, 10, 20, 40, 80, 160, 320]
    assert max(later - earlier for earlier, later in itertools.pairwise(ages)) == MAX_SECONDS_BETWEEN_CHECKS
    assert ages[-1] == NAME_WAIT_SECONDS
    assert len(ages) < 30


def test_a_lost_message_delays_a_look_by_less_than_five_minutes() -> None:
    assert MAX_SECONDS_BETWEEN_CHECKS + GRACE_SECONDS + A_SWEEP < 300
    assert FIRST_CHECK_SECONDS < GRACE_SECONDS


@pytest.mark.parametrize(
    ("value", "job_id"),
    [
        ({"look": f"jc-{'a' * 64}"}, f"jc-{'a' * 64}"),
        ({"look": f"jc-{'a' * 64}", "api": "x"}, None),
        ({"look": f"rj-{'a' * 64}"}, None),
        ({"look": f"jc-{'a' * 64}\n"}, None),
        ({"look": None}, None),
        (["look"], None),
        (None, None),
    ],
)
def test_a_message_that_asks_for_a_look_has_an_id_and_no_more(value: object, job_id: str | None) -> None:
    assert checked_id(value) == job_id


class Chain:
    """Jobs of which each waits for the next one; the last one for `last`."""

    def __init__(self, length: int, last: str) -> None:
        self.reads = 0
        self._jobs = {
            f"jc-{number}": self._job(number, last if number == length - 1 else f"jc-{number + 1}")
            for number in range(length)
        }

    def _job(self, number: int, waits_for: str) -> Job:
        return a_job(job_id=f"jc-{number}", state=State.QUEUED, waits_for=frozenset({waits_for}))

    def get(self, job_id: str) -> Job:
        self.reads += 1
        return self._jobs[job_id]

    def circle(self) -> list[Job]:
        ledger: Any = cast("Any", SimpleNamespace(get=self.get))
        return circle_of(ledger, self._jobs["jc-0"], [self._jobs["jc-1"]])


@pytest.mark.parametrize("length", [2, 3, MAX_FOLLOWED])
def test_a_circle_is_told_from_the_job_that_closed_it(length: int) -> None:
    circle = Chain(length, "jc-0").circle()
    assert [job.job_id for job in circle] == [f"jc-{number}" for number in range(length)]


def test_no_look_follows_more_jobs_than_it_may() -> None:
    chain = Chain(10 * MAX_FOLLOWED, "jc-0")
    assert chain.circle() == []
    assert chain.reads < MAX_FOLLOWED


def test_a_circle_elsewhere_is_not_the_job_s_own() -> None:
    assert Chain(5, "jc-2").circle() == []
