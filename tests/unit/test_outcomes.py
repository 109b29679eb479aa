"""The object with the facts of an end: what is in it, and that it stays small."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobchute.outcomes import MAX_BYTES, MAX_LOCATION, Result, size_of

AT = datetime(2026, 11, 27, 4, 0, 0, 900_000, tzinfo=UTC)
COUNTS = st.dictionaries(st.sampled_from(["total", "processed", "succeeded", "failed"]), st.integers(0, 10**12))
RESULTS = st.builds(
    Result,
    queued_at=st.none() | st.just(AT),
    started_at=st.none() | st.just(AT),
    ended_at=st.none() | st.just(AT),
    billable_seconds=st.none() | st.integers(0, 10**9),
    instances=st.none() | st.just({"type": "ml.p4de.24xlarge", "count": 2}),
    records=st.none() | COUNTS,
    tokens=st.none() | st.just({"billable": 10**12}),
    metrics=st.none() | st.dictionaries(st.text(max_size=300), st.floats(), max_size=40),
    model=st.none() | st.text(max_size=2000),
    output=st.none() | st.text(max_size=2000),
    exit_message=st.none() | st.text(max_size=1100),
)


def document(**facts: Any) -> dict[str, Any]:
    found = Result(**facts).document()
    assert found is not None
    return found


@given(RESULTS)
def test_it_is_small_whatever_the_provider_says(result: Result) -> None:
    found = result.document()
    assert found is None or size_of(found) <= MAX_BYTES


@given(RESULTS)
def test_what_is_left_out_is_said_to_be(result: Result) -> None:
    found = result.document() or {}
    for name in ("metrics", "model", "output"):
        is_whole = (getattr(result, name) or None) == found.get(name)
        assert is_whole or name == "metrics" or found["truncated"]
    assert len(found.get("exitMessage", "")) == len(result.exit_message or "") or found["truncated"]
    assert len(found.get("metrics", {})) == len(result.metrics or {}) or found["truncated"]


def test_without_any_fact_there_is_none() -> None:
    assert Result().document() is None
    assert Result(records={}, metrics={}, output="").document() is None


def test_times_are_utc_in_whole_seconds() -> None:
    local = AT.astimezone(timezone(timedelta(hours=9)))
    assert document(ended_at=local) == {"version": 1, "endedAt": "2026-11-27T04:00:00Z"}
    assert document(queued_at=local) == {"version": 1, "queuedAt": "2026-11-27T04:00:00Z"}
    assert document(started_at=local) == {"version": 1, "startedAt": "2026-11-27T04:00:00Z"}


def test_a_metric_has_the_digits_of_a_float_of_32_bits() -> None:
    found = document(metrics={"loss": 0.3100000023841858, "best": 12.0})
    assert found["metrics"] == {"loss": 0.31, "best": 12.0}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_metric_that_json_cannot_say_is_left_out(value: float) -> None:
    assert document(metrics={"loss": value, "best": 1.5}) == {
        "version": 1,
        "metrics": {"best": 1.5},
        "truncated": True,
    }


def test_the_first_metrics_are_kept_beside_long_locations() -> None:
    long = "s3://bucket/" + "x" * (MAX_LOCATION - len("s3://bucket/"))
    metrics = {f"validation:metric-{number}": number / 3 for number in range(40)}
    found = document(metrics=metrics, model=long, output=long, exit_message="m" * 1000)
    assert list(found["metrics"])[:7] == list(metrics)[:7]
    assert found["model"] == long
    assert found["truncated"]


def test_a_location_is_whole_or_left_out() -> None:
    assert "output" not in document(output="s3://bucket/" + "x" * MAX_LOCATION, queued_at=AT)


def test_an_exit_message_is_cut() -> None:
    found = document(exit_message="é" * 1000)
    assert set(found["exitMessage"]) == {"é"}
    assert found["truncated"]
