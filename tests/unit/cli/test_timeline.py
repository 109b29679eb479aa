"""The spans of a job's states, and what a page calls them."""

from jobchute.cli.facts.timeline import Phase, Span, attempts_of
from jobchute.job import State, iso
from jobchute.outcomes import Cause
from tests.builders import NOW, a_job


def moved(*moves: tuple[State, float]) -> tuple[dict[str, str], ...]:
    return tuple({"state": str(state), "at": iso(NOW + after)} for state, after in moves)


def test_each_state_lasts_until_the_next_one() -> None:
    history = moved((State.QUEUED, 0), (State.SUBMITTING, 60), (State.SUBMITTED, 61), (State.FAILED, 100))
    job = a_job(state=State.FAILED, cause=Cause.CODE, history=history)
    (attempt,) = attempts_of(job, NOW + 500)
    assert attempt.spans == (
        Span(State.QUEUED, NOW, NOW + 60),
        Span(State.SUBMITTING, NOW + 60, NOW + 61),
        Span(State.SUBMITTED, NOW + 61, NOW + 100),
    )
    assert [span.phase for span in attempt.spans] == [Phase.WAITING, Phase.STARTING, Phase.STARTING]
    assert (attempt.number, attempt.end, attempt.cause) == (1, State.FAILED, Cause.CODE)


def test_the_state_of_an_open_job_lasts_until_now() -> None:
    job = a_job(state=State.RUNNING, history=moved((State.QUEUED, 0), (State.RUNNING, 5)))
    (attempt,) = attempts_of(job, NOW + 65)
    assert attempt.spans[-1] == Span(State.RUNNING, NOW + 5, NOW + 65, lasts=True)
    assert attempt.spans[-1].seconds == 60
    assert attempt.end is None


def test_a_clock_that_is_behind_makes_no_negative_time() -> None:
    (attempt,) = attempts_of(a_job(), NOW - 10)
    assert [span.seconds for span in attempt.spans] == [0]


def test_instances_are_those_that_the_provider_reports() -> None:
    result = {"version": 1, "instances": {"type": "ml.g5.xlarge", "count": 2}}
    (attempt,) = attempts_of(a_job(state=State.SUCCEEDED, result=result), NOW)
    assert attempt.instances == "2 × ml.g5.xlarge"


def test_a_rejection_has_no_attempt() -> None:
    assert attempts_of(a_job(state=State.REJECTED, api=None), NOW) == ()
