"""The order of a job's states, and rows that come back as they were written."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobchute.job import FINAL_STATES, OPEN_STATES, Api, Job, Source, State
from jobchute.ledger.items import attribute, from_dynamodb, item_of, job_of, to_dynamodb
from tests.builders import a_job

STATES = st.sampled_from(State)


@given(STATES, STATES)
def test_no_two_states_come_before_each_other(one: State, other: State) -> None:
    assert not (one in other.predecessors and other in one.predecessors)
    assert one not in one.predecessors


@given(STATES, STATES, STATES)
def test_what_comes_before_comes_before_all_that_follows(first: State, second: State, third: State) -> None:
    if first in second.predecessors and second in third.predecessors:
        assert first in third.predecessors


@given(st.lists(STATES, max_size=30))
def test_states_go_forward_and_stay_at_their_first_end(moves: list[State]) -> None:
    state, seen = State.QUEUED, [State.QUEUED]
    for to in moves:
        if state in to.predecessors:
            state = to
            seen.append(to)
    ends = [each for each in seen if each.is_final]
    assert len(ends) <= 1
    assert len(set(seen)) == len(seen) <= len(OPEN_STATES) + 1
    assert not ends or seen[-1] == ends[0]


def test_every_state_is_open_or_final() -> None:
    assert set(State) == {*OPEN_STATES} | FINAL_STATES
    assert not {*OPEN_STATES} & FINAL_STATES
    assert not [state for state in State if FINAL_STATES & {*state.predecessors}]
    assert {state for state in State if state.is_final} == FINAL_STATES


TEXT = st.text(max_size=20)
ENTRIES = st.lists(st.dictionaries(TEXT, TEXT, max_size=3), max_size=3).map(tuple)
SOURCES = st.builds(
    Source, uri=TEXT, status_key=TEXT, version=TEXT, index=st.integers(0, 10_000), sequencer=TEXT
)
JOBS = st.builds(
    Job,
    job_id=TEXT,
    api=st.none() | st.sampled_from(Api),
    state=STATES,
    created_at=TEXT,
    updated_at=TEXT,
    source=SOURCES,
    name=TEXT,
    digest=TEXT,
    idempotency_key=st.none() | TEXT,
    labels=st.dictionaries(TEXT, TEXT, max_size=3),
    time_limit=st.integers(0, 2**40),
    deadline=st.integers(0, 2**40),
    due=st.none() | st.integers(0, 2**40),
    attempt_id=st.none() | TEXT,
    attempt_until=st.integers(0, 2**40),
    attempts=st.integers(0, 100),
    late_tokens=st.none() | st.integers(1, 100),
    stop_cause=st.none() | STATES,
    provider_id=st.none() | TEXT,
    native_status=st.none() | TEXT,
    reason=st.none() | TEXT,
    output=st.none() | TEXT,
    logs=st.none() | TEXT,
    problems=ENTRIES,
    history=ENTRIES,
    duplicates=st.frozensets(st.text(min_size=1, max_size=20), max_size=3),
    moves=st.integers(1, 100),
)


@given(JOBS)
def test_a_job_comes_back_from_its_item_as_it_was(job: Job) -> None:
    assert job_of(item_of(job)) == job


@given(JOBS)
def test_only_a_job_with_a_time_to_look_is_marked_as_open(job: Job) -> None:
    item = from_dynamodb(item_of(job))
    assert ("open" in item) == ("due" in item) == (job.due is not None)


@given(JOBS)
def test_what_has_no_value_is_not_stored(job: Job) -> None:
    assert {"NULL": True} not in item_of(job).values()


def test_an_item_with_more_than_we_know_is_read() -> None:
    """A newer version of the code may have written it, and a stream delivers what was."""
    job = a_job()
    assert job_of({**item_of(job), **to_dynamodb({"addedLater": 1, "expiresAt": 7})}) == job


def test_an_item_with_less_than_we_know_is_read() -> None:
    item = item_of(a_job())
    for name in ("labels", "attempts", "timeLimit", "duplicates"):
        item.pop(name, None)
    assert job_of(item).labels == {}


@pytest.mark.parametrize(
    ("field", "name"), [("pk", "pk"), ("provider_id", "providerId"), ("attempt_until", "attemptUntil")]
)
def test_an_attribute_is_spelled_as_in_every_document(field: str, name: str) -> None:
    assert attribute(field) == name


@pytest.mark.parametrize("value", [0, 2**53, -1, "", "ü", True, None, [1, {"a": [2]}], {"a": {"b": 1}}])
def test_values_survive(value: Any) -> None:
    assert from_dynamodb(to_dynamodb({"value": value})) == {"value": value}
