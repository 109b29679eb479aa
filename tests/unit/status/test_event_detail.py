"""Events fit EventBridge's limit, by a rule."""

import json
from typing import Any

import pytest

from jobchute.status.event_detail import MAX_DETAIL_BYTES, MAX_LISTED, detail_text

PROBLEM = {"path": "a" * 200, "code": "UNKNOWN_KEY", "message": "b" * 800}
MOVE = {"state": "QUEUED", "at": "2026-11-21T10:00:00.000Z", "reason": "é" * 1024}


def cut(**members: Any) -> dict[str, Any]:
    text = detail_text({"jobId": "jc-1", **members})
    assert len(text.encode()) <= MAX_DETAIL_BYTES
    detail: dict[str, Any] = json.loads(text)
    assert detail["jobId"] == "jc-1"
    return detail


def test_what_fits_is_told_whole() -> None:
    assert cut(errors=[PROBLEM] * 20) == {"jobId": "jc-1", "errors": [PROBLEM] * 20}


def test_of_many_errors_the_first_ones_are_told() -> None:
    errors = [{**PROBLEM, "path": str(number)} for number in range(600)]
    assert cut(errors=errors, history=[MOVE]) == {
        "jobId": "jc-1",
        "errors": errors[:MAX_LISTED],
        "history": [MOVE],
        "truncated": True,
    }


def test_of_a_long_history_the_latest_moves_are_told() -> None:
    history = [{**MOVE, "at": str(number)} for number in range(200)]
    assert cut(history=history)["history"] == history[-MAX_LISTED:]


def test_labels_go_before_the_texts_are_cut() -> None:
    labels = {f"name-{number}": "x" * 256 for number in range(2000)}
    detail = cut(labels=labels, reason="r" * 900)
    assert "labels" not in detail
    assert detail["reason"] == "r" * 900


@pytest.mark.parametrize("member", ["errors", "after", "history"])
def test_so_do_lists_that_are_long_still(member: str) -> None:
    detail = cut(**{member: [{"message": "m" * 30_000}] * 10, "reason": "r" * 900})
    assert member not in detail
    assert detail["reason"] == "r" * 900


@pytest.mark.parametrize("member", ["reason", "output", "logs", "idempotencyKey"])
def test_a_text_of_any_length_is_cut_in_the_end(member: str) -> None:
    detail = cut(**{member: "\U0001f600" * 400_000, "source": {"uri": "s3://" + "é" * 400_000}})
    assert detail["truncated"]
    assert len(detail[member]) == 300


def test_everything_at_once_fits() -> None:
    texts = dict.fromkeys(("reason", "name", "output", "logs", "pool", "providerId"), "😀" * 5000)
    nested = {"links": {"job": "é" * 50_000}, "after": [{"job": "é" * 256, "on": []}] * 100}
    cut(errors=[PROBLEM] * 500, history=[MOVE] * 500, labels={"a": "é" * 90_000}, **texts, **nested)
