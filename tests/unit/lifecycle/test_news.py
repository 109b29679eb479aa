"""Which writes of a row are news."""

from dataclasses import replace
from typing import Any, cast

import pytest

import announce
from jobchute import runtime
from jobchute.job import Job, State
from jobchute.ledger.items import item_of
from tests.builders import a_job
from tests.fakes.clients import GivenClients
from tests.fakes.settings import GivenSettings

JOB = a_job()


def heard(before: Job | None, after: Job) -> list[Any]:
    """What the announcer is told of one write."""
    told: list[Any] = []

    class Announcer:
        def announce(self, *jobs: Any, gives_up: Any) -> list[Exception]:  # noqa: ARG002
            told.append(jobs)
            return []

    parts = runtime.compose(GivenClients({}), GivenSettings())
    parts.announcer = cast("Any", Announcer())
    image_before = None if before is None else item_of(before)
    with runtime.use(parts):
        announce._announce(item_of(after), image_before, lambda _: False)
    return told


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
