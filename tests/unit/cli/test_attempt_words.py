"""Attempts in words, as `jobchute jobs show` prints them."""

from jobchute.attempts import ended
from jobchute.cli.attempt_words import attempts_in_words
from jobchute.job import State
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
