"""How long to wait for what."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from jobchute.lifecycle.timing import Timing

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
