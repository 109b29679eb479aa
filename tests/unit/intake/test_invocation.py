"""How the messages of a batch share their function's time, and which message is a continuation."""

from dataclasses import dataclass

import pytest

from jobchute.intake.invocation import MIN_SECONDS, SPARE_SECONDS, Invocation, continued_id

TIMEOUT = 90.0


@dataclass
class Clock:
    left: float = TIMEOUT


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def call(clock: Clock) -> Invocation:
    return Invocation(request_id="request", time_left=lambda: clock.left)


class TestShares:
    @pytest.mark.parametrize("messages", [1, 2, 10])
    def test_shares_that_are_used_up_end_before_the_function(
        self, call: Invocation, clock: Clock, messages: int
    ) -> None:
        for left in range(messages, 0, -1):
            share, begun = call.share(left), clock.left
            while not share.is_over:
                clock.left -= 0.5
            assert begun - clock.left <= (TIMEOUT - SPARE_SECONDS) / messages + 0.5
        assert clock.left >= SPARE_SECONDS - 0.5 * messages

    def test_what_a_message_leaves_is_for_those_behind_it(self, call: Invocation, clock: Clock) -> None:
        clock.left -= 1
        last = call.share(1)
        assert last.time_left() == TIMEOUT - 1
        assert call.share(2).time_left() == SPARE_SECONDS + (TIMEOUT - 1 - SPARE_SECONDS) / 2

    def test_where_one_took_all_of_it_the_others_share_begins_over(
        self, call: Invocation, clock: Clock
    ) -> None:
        clock.left = SPARE_SECONDS - 1
        assert call.share(5).is_over
        assert not call.is_too_late
        clock.left = MIN_SECONDS - 0.1
        assert call.is_too_late


@pytest.mark.parametrize(
    ("value", "work_id"),
    [
        ({"continue": "0a" * 32}, "0a" * 32),
        ({"continue": "0A" * 32}, None),
        ({"continue": "0a" * 31}, None),
        ({"continue": 7}, None),
        ({"continue": "0a" * 32, "api": "x"}, None),
        ("continue", None),
        (None, None),
    ],
)
def test_a_continuation_holds_an_id_and_nothing_else(value: object, work_id: str | None) -> None:
    assert continued_id(value) == work_id
