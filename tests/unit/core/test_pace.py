"""How long to wait for what."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobchute.job import iso
from jobchute.pace import Pace
from tests.unit.core.builders import NOW, a_job

PACE = Pace(jitter=lambda most: most)


def silence(age: float, *, has_events: bool) -> int:
    return PACE.silence(a_job(created_at=iso(NOW - age)), NOW, has_events=has_events)


def test_the_back_off_doubles_up_to_ten_minutes() -> None:
    assert [PACE.backoff(attempts) for attempts in (0, 1, 2, 6, 7, 50, 10**6)] == [
        5,
        10,
        20,
        320,
        600,
        600,
        600,
    ]


def test_the_jitter_is_full() -> None:
    assert Pace(jitter=lambda most: most / 4).backoff(3) == 10


@given(st.floats(0, 10**8), st.booleans())
def test_a_silence_has_bounds(age: float, has_events: bool) -> None:
    assert PACE.shortest_silence <= silence(age, has_events=has_events) <= PACE.longest_silence


@pytest.mark.parametrize("has_events", [True, False])
def test_a_job_that_waited_long_is_looked_at_as_soon_as_one_that_did_not(has_events: bool) -> None:
    """Else a job of minutes that waited for days would hold its lease for an hour."""
    waited = a_job(created_at=iso(NOW - 10**6), create_at=(NOW - 900) * 1000)
    assert PACE.silence(waited, NOW, has_events=has_events) == silence(900, has_events=has_events)


@given(st.floats(0, 10**7), st.floats(0, 10**7))
def test_looks_become_rarer_with_age(one: float, other: float) -> None:
    young, old = sorted((one, other))
    assert silence(young, has_events=True) <= silence(old, has_events=True)


@given(st.floats(0, 10**8))
def test_a_provider_without_events_is_looked_at_more_often(age: float) -> None:
    assert silence(age, has_events=False) <= silence(age, has_events=True)


def test_a_job_of_a_week_is_looked_at_some_hundred_times_and_not_ten_thousand() -> None:
    age, looks = 0.0, 0
    while age < 7 * 24 * 3600:
        age += silence(age, has_events=False)
        looks += 1
    assert 100 < looks < 300


def test_a_claim_outlives_the_function_and_gives_a_call_time_to_land() -> None:
    waits = (PACE.spare_seconds, PACE.settle, PACE.lease, PACE.longest_silence, PACE.allowance, PACE.wait_limit)
    assert all(shorter < longer for shorter, longer in pairwise(waits))
