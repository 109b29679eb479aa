"""How long to wait for what."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobchute.job import Job, State
from jobchute.lifecycle.timing import Timing, as_missing, missing_since
from tests.builders import a_job

PACE = Timing(jitter=lambda most: most)


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
    assert Timing(jitter=lambda most: most / 4).backoff(3) == 10


@given(st.floats(0, 10**10), st.floats(-20, 20))
def test_of_five_reconciles_a_minute_apart_the_last_polls_all(looked_at: float, late: float) -> None:
    sweeps = [looked_at + 60 * number + late for number in range(1, 6)]
    assert [PACE.is_time_to_poll_all(now, looked_at) for now in sweeps] == [False] * 4 + [True]


def test_a_claim_outlives_the_function_and_its_call() -> None:
    waits = (PACE.spare_seconds, PACE.settle, PACE.lease, PACE.allowance, PACE.wait_limit)
    assert all(shorter < longer for shorter, longer in pairwise(waits))


def missing(job: Job, *moments: float) -> Job:
    """After look-ups at these moments, by one claim each while it is being submitted."""
    for now in moments:
        job = replace(job, **as_missing(job, now))
        if job.state is State.SUBMITTING:
            job = replace(job, attempts=job.attempts + 1)
    return job


@pytest.mark.parametrize("state", [State.SUBMITTING, State.CANCELLING])
def test_a_job_is_missing_since_the_first_answer_of_a_kind(state: State) -> None:
    job = missing(a_job(state=state, attempts=2), 1000, 1600, 2200)
    assert missing_since(job, 2800) == 1000
    assert missing_since(job, 2800, "ARCHIVED") == 2800


def test_a_claim_that_may_have_created_it_begins_anew() -> None:
    job = missing(a_job(state=State.SUBMITTING, attempts=2), 1000)
    assert missing_since(replace(job, attempts=job.attempts + 1), 1600) == 1600


def test_a_long_time_without_an_answer_begins_anew() -> None:
    waiting, stopping = (a_job(state=state, attempts=2) for state in (State.SUBMITTING, State.CANCELLING))
    assert missing_since(missing(waiting, 1000), 2200) == 1000
    assert missing_since(missing(stopping, 1000), 2200) == 2200
