"""When another attempt of a job follows, what it is called, and what is kept of those before."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from jobchute.attempts import (
    MAX_BEGIN_SECONDS,
    MAX_NAME,
    MAX_REASON,
    MAX_WAIT_SECONDS,
    Next,
    Policy,
    attempt_of_move,
    attempts_told,
    ended,
    next_name,
    next_of,
    wait_after,
    whole_history,
)
from jobchute.job import Job, State, iso
from jobchute.ledger.items import item_of, job_of
from jobchute.lifecycle.announce import after_move
from jobchute.outcomes import Cause
from jobchute.status.documents import status_of
from tests.builders import NOW, a_job
from tests.harness.bench.units import size_of

RETRIED = Policy(attempts=3, on=("CAPACITY", "INTERNAL"), after=60)
CHANGED = Policy(attempts=3, patience=900, alternatives=2)


def job(policy: Policy | None = RETRIED, **changes: Any) -> Job:
    retry = None if policy is None else policy.as_attribute()
    return a_job("a", **{"provider_id": "arn", "state": State.RUNNING, "retry": retry, **changes})


def moved(moves: int, at: float) -> tuple[dict[str, str], ...]:
    states = (State.QUEUED, State.SUBMITTING, State.SUBMITTED, State.RUNNING, State.SUCCEEDED)
    return tuple({"state": str(state), "at": iso(at + n)} for n, state in enumerate(states[:moves]))


def tried(attempts: int) -> Job:
    """A job whose last attempt has succeeded."""
    at, one = float(NOW), job(Policy(11, ("CAPACITY",)), history=moved(4, NOW), moves=4)
    for number in range(1, attempts):
        arn = f"arn:aws:braket:us-east-1:123456789012:job/{uuid.UUID(int=number * 7**20)}"
        kept = ended(replace(one, provider_id=arn), State.FAILED, Cause.CAPACITY, "no capacity", at=iso(at + 9))
        at += 1000
        one = replace(
            one,
            attempt=number + 1,
            past=(*one.past, kept),
            name=next_name(one),
            history=moved(4, at),
            moves=one.moves + 4,
        )
    return replace(one, state=State.SUCCEEDED, history=moved(5, at), moves=one.moves + 1)


class TestNext:
    @pytest.mark.parametrize("cause", [Cause.CAPACITY, Cause.INTERNAL])
    def test_a_cause_of_the_policy_is_tried_again(self, cause: Cause) -> None:
        assert next_of(job(), State.FAILED, cause, NOW) == Next(0, wait_after(job().job_id, 1, 60))

    @pytest.mark.parametrize("cause", [Cause.INTERRUPTED, Cause.UNKNOWN, Cause.CODE, None])
    def test_no_other_one_is(self, cause: Cause | None) -> None:
        assert next_of(job(), State.FAILED, cause, NOW) is None

    @pytest.mark.parametrize("state", [State.SUCCEEDED, State.PARTIAL, State.CANCELLED])
    def test_a_success_and_a_cancellation_are_ends(self, state: State) -> None:
        assert next_of(job(), state, Cause.CAPACITY, NOW) is None

    @pytest.mark.parametrize(
        "changes",
        [
            {"attempt": 3},
            {"stop_cause": State.CANCELLED},
            {"provider_id": None},
            {"created_at": iso(NOW - MAX_BEGIN_SECONDS - 1)},
        ],
    )
    def test_what_ends_the_attempts(self, changes: dict[str, Any]) -> None:
        assert next_of(job(**changes), State.FAILED, Cause.CAPACITY, NOW) is None

    def test_a_job_without_retries_has_one_attempt(self) -> None:
        assert next_of(job(None), State.FAILED, Cause.CAPACITY, NOW) is None

    def test_an_alternative_follows_at_once(self) -> None:
        assert next_of(job(CHANGED), State.FAILED, Cause.CAPACITY, NOW) == Next(1, 0)
        refused = job(CHANGED, provider_id=None, attempt=2, alternative=1)
        assert next_of(refused, State.FAILED, Cause.CAPACITY, NOW) == Next(2, 0)

    def test_alternatives_are_for_missing_capacity_alone(self) -> None:
        assert next_of(job(CHANGED), State.FAILED, Cause.INTERNAL, NOW) is None

    def test_after_the_last_one_the_request_is_tried_again(self) -> None:
        both = Policy(attempts=4, on=("CAPACITY",), after=60, alternatives=1)
        last = job(both, attempt=2, alternative=1)
        assert next_of(last, State.FAILED, Cause.CAPACITY, NOW) == Next(0, wait_after(last.job_id, 2, 60))


class TestWaits:
    def test_a_wait_doubles_and_has_a_share_on_top(self) -> None:
        for attempt in range(1, 4):
            seconds = wait_after("jc-1", attempt, 60)
            assert 60 * 2 ** (attempt - 1) <= seconds <= 90 * 2 ** (attempt - 1)

    def test_it_is_the_same_each_time_and_differs_by_job(self) -> None:
        assert wait_after("jc-1", 1, 3600) == wait_after("jc-1", 1, 3600) != wait_after("jc-2", 1, 3600)

    def test_it_has_an_upper_limit(self) -> None:
        assert wait_after("jc-1", 10, 3600) <= MAX_WAIT_SECONDS * 1.5
        assert wait_after("jc-1", 10, 24 * 3600) >= 24 * 3600


class TestNames:
    def test_a_later_one_fits_every_provider_and_differs(self) -> None:
        names = [next_name(tried(number)) for number in range(1, 11)]
        assert len({*names}) == 10
        assert max(map(len, names)) <= MAX_NAME

    def test_it_begins_as_the_first_one(self) -> None:
        assert next_name(job(name="churn-2026")).startswith("churn-2026-")

    def test_tokens_differ_and_the_first_is_the_job_id(self) -> None:
        first = job(None)
        assert first.token == first.job_id.removeprefix("jc-")
        assert len({replace(first, attempt=number).token for number in range(1, 11)}) == 10


class TestPast:
    def test_a_row_with_ten_attempts_has_less_than_2_kb(self) -> None:
        assert size_of(item_of(tried(10))) < 2048

    def test_a_row_is_read_as_it_was_written(self) -> None:
        assert job_of(item_of(tried(4))) == tried(4)

    def test_the_first_attempt_takes_no_byte(self) -> None:
        assert not {"attempt", "alternative", "past", "retry", "spent"} & item_of(job(None)).keys()

    def test_every_move_is_told_as_it_was(self) -> None:
        all_moves = tried(3)
        told = [after_move(all_moves, number) for number in range(1, all_moves.moves + 1)]
        assert [(each.attempt, each.state) for each in told] == [*_expected(3)]
        assert [each.moves for each in told] == list(range(1, 14))
        assert told[0].name == all_moves.past[0]["name"]
        assert attempt_of_move(all_moves, 1)[0].past == ()

    def test_a_status_document_has_all_attempts(self) -> None:
        document = status_of(tried(3))
        assert [each["attempt"] for each in document["attempts"]] == [1, 2, 3]
        assert [each.get("cause") for each in document["attempts"]] == ["CAPACITY", "CAPACITY", None]
        assert [each.get("attempt", 1) for each in document["history"]] == [1] * 4 + [2] * 4 + [3] * 5
        assert document["attempt"] == 3

    def test_that_of_a_job_without_retries_has_none(self) -> None:
        assert not {"attempt", "attempts"} & status_of(job(None)).keys()

    def test_times_and_ids_of_each(self) -> None:
        first, *_, last = attempts_told(tried(3))
        assert first["providerId"] != last["providerId"]
        assert first["endedAt"] > first["runningAt"] > first["queuedAt"]

    def test_each_begins_with_the_end_of_the_one_before(self) -> None:
        begins = [move for move in whole_history(tried(4)) if move["state"] == State.QUEUED]
        assert begins[1]["reason"] == "attempt 2 of 11, after CAPACITY: no capacity"
        assert begins[2]["reason"] == "attempt 3 of 11, after CAPACITY: no capacity"

    def test_a_long_reason_is_cut_visibly(self) -> None:
        kept = ended(job(), State.FAILED, Cause.CAPACITY, "no capacity " * 40, at=iso(NOW))
        assert len(kept["reason"]) == MAX_REASON
        assert kept["reason"].endswith("…")

    def test_the_whole_history_counts_as_the_moves_do(self) -> None:
        assert len(whole_history(tried(10))) == tried(10).moves


def _expected(attempts: int) -> Iterator[tuple[int, State]]:
    states = (State.QUEUED, State.SUBMITTING, State.SUBMITTED, State.RUNNING)
    for attempt in range(1, attempts + 1):
        yield from ((attempt, state) for state in states)
    yield attempts, State.SUCCEEDED
