"""Of which submitted jobs a provider's list tells news."""

from typing import Any

import pytest

from jobchute.job import Api, State
from jobchute.lifecycle.poll import has_changed
from tests.builders import a_job

ID = "arn:job"


def has_news(state: State, listed: dict[str, State | None], **row: Any) -> bool:
    return has_changed(a_job(api=Api.TRAINING_JOB, state=state, provider_id=ID, **row), listed)


@pytest.mark.parametrize("state", [State.SUBMITTED, State.RUNNING, State.CANCELLING])
def test_an_unchanged_or_passing_state_is_no_change(state: State) -> None:
    assert not has_news(state, {ID: state})
    assert not has_news(state, {ID: None})


@pytest.mark.parametrize("state", [State.SUBMITTED, State.RUNNING, State.CANCELLING])
def test_an_end_has_changed_and_so_is_a_job_that_is_not_listed(state: State) -> None:
    assert has_news(state, {ID: State.SUCCEEDED})
    assert has_news(state, {"arn:other": state})


def test_that_a_job_runs_has_changed_once() -> None:
    assert has_news(State.SUBMITTED, {ID: State.RUNNING})
    assert not has_news(State.RUNNING, {ID: State.SUBMITTED})
    assert not has_news(State.CANCELLING, {ID: State.RUNNING}, stop_cause=State.CANCELLED)


def test_a_wish_to_stop_that_nobody_carried_out_has_changed() -> None:
    assert has_news(State.RUNNING, {ID: State.RUNNING}, stop_cause=State.CANCELLED)
