"""Which writes of a row are news."""

from dataclasses import replace
from typing import Any

import pytest

from jobchute.job import Job, State
from jobchute.ledger.items import item_of
from jobchute.lifecycle.announce import Change, Unreadable, changes_in
from tests.builders import a_job

JOB = a_job()


def heard(before: Job | None, after: Job) -> list[tuple[Job, Job | None]]:
    """What is announced of one write."""
    images = {"NewImage": item_of(after)} | ({} if before is None else {"OldImage": item_of(before)})
    found = changes_in([{"dynamodb": {"Keys": {"sk": {"S": "JOB"}}, **images}}])
    return [(change.job, change.before) for change in found if isinstance(change, Change)]


@pytest.mark.parametrize(
    "change",
    [
        {"moves": 2, "state": State.SUBMITTED},
        {"retold": 1},
        {"duplicates": frozenset({"s3://a"})},
        {"late_tokens": 1},
        {"dependents": frozenset({"jc-1"})},
        {"awaits": ({"name": "a", "on": ["SUCCEEDED"]},)},
    ],
)
def test_what_is_told(change: dict[str, Any]) -> None:
    after = replace(JOB, **change)
    assert heard(JOB, after) == [(after, JOB)]


def test_a_new_row_is_told() -> None:
    assert heard(None, JOB) == [(JOB, None)]


@pytest.mark.parametrize("change", [{"due": 7}, {"attempt_until": 7, "attempts": 2}, {"reason": "waiting"}])
def test_what_is_nobody_s_news(change: dict[str, Any]) -> None:
    assert heard(JOB, replace(JOB, **change)) == []


def test_a_row_that_cannot_be_read_is_news_too() -> None:
    image = {**item_of(JOB), "state": {"S": "NONSENSE"}}
    (found,) = changes_in([{"dynamodb": {"Keys": {"sk": {"S": "JOB"}}, "NewImage": image}}])
    assert isinstance(found, Unreadable)


def test_all_moves_are_told_again_as_the_history_says() -> None:
    history = tuple({"state": state, "at": JOB.updated_at} for state in ("QUEUED", "SUBMITTING", "FAILED"))
    job = replace(JOB, state=State.FAILED, moves=3, history=history)
    told = Change({}, replace(job, retold=1), job).moves
    assert [(move.moves, move.state) for move in told] == [(1, "QUEUED"), (2, "SUBMITTING"), (3, "FAILED")]
