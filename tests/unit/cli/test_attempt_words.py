"""Attempts in words, as `jobchute jobs show` prints them."""

from jobchute.attempts import Policy, ended
from jobchute.cli.attempt_words import attempts_in_words, facts_of_plan, facts_of_policy
from jobchute.job import State
from jobchute.ledger.plans import Variant
from jobchute.outcomes import Cause
from tests.builders import a_job

ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/churn"


def test_a_job_with_one_attempt_needs_no_words() -> None:
    assert attempts_in_words(a_job(state=State.RUNNING, provider_id=ARN)) == []


def test_each_attempt_is_a_line_and_the_newest_comes_last() -> None:
    first = a_job(provider_id=ARN)
    at = "2026-11-27T10:00:00Z"
    past = (
        ended(first, State.FAILED, Cause.CAPACITY, "CapacityError: none", at=at),
        ended(a_job(attempt=2, alternative=1), State.FAILED, Cause.CAPACITY, "ResourceLimitExceeded", at=at),
    )
    newest = a_job(state=State.RUNNING, attempt=3, alternative=2, past=past, provider_id=f"{ARN}-3")
    assert attempts_in_words(newest) == [
        f"FAILED (CAPACITY), {ARN}, ended {at}: CapacityError: none",
        f"FAILED (CAPACITY), alternative 1, ended {at}: ResourceLimitExceeded",
        f"RUNNING, alternative 2, {ARN}-3",
    ]


def test_a_policy_is_told_with_its_times_in_readable_form() -> None:
    assert facts_of_policy(Policy()) == []
    policy = Policy(attempts=3, on=("CAPACITY", "INTERNAL"), after=90)
    tried = "up to 3 times, after CAPACITY, INTERNAL; 1m 30s before the second attempt"
    assert facts_of_policy(policy) == [("tried", tried)]


def test_long_values_of_alternatives_are_cut() -> None:
    plan = [Variant([], None, 1, 1), Variant([[["A", 0, "B.c"], "x" * 1000], [["D"], None]], None, 1, 1)]
    ((name, words),) = facts_of_plan(a_job(), plan)
    assert (name, words) == ("alternative 1", f'A[0]["B.c"] = {"x" * 199}…, D = null')
