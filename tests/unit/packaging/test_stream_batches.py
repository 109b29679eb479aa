"""What is put right in MiniStack: a stream's batch that failed in part comes again from there, as in AWS."""

import importlib.util
import json
import sys
import threading
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from infra.local.embedded import SERVING

STREAM = "arn:aws:dynamodb:eu-central-2:000000000000:table/ledger/stream/1"
TRIMMED = 100
"""The position of the oldest record."""
Answer = Callable[[list[str]], Any]


class Streams:
    """As much of ministack.services.dynamodb and lambda_svc 1.5.33 as feeds a function from a stream."""

    def __init__(self, numbers: list[str], answer: Answer, types: list[str]) -> None:
        self.answer = answer
        self.records = [
            {"eventSourceARN": STREAM, "dynamodb": {"SequenceNumber": number}} for number in numbers
        ]
        mapping = {"UUID": "1", "EventSourceArn": STREAM, "FunctionName": "announce"}
        self.dynamodb: Any = SimpleNamespace(
            stream_start_position=lambda _: TRIMMED, stream_live_records=lambda _: self.records
        )
        self.lambda_svc: Any = SimpleNamespace(
            _iter_all_esms=lambda: [("0", "eu", mapping | {"FunctionResponseTypes": types})],
            _dynamodb_stream_positions={"1": TRIMMED},
            _dynamodb_stream_positions_lock=threading.Lock(),
            _execute_function=self._execute,
            _poll_dynamodb_streams=self._poll,
        )

    def _execute(self, _: Any, event: Any) -> dict[str, Any]:
        return dict(self.answer([record["dynamodb"]["SequenceNumber"] for record in event["Records"]]))

    def _poll(self) -> bool:
        positions = self.lambda_svc._dynamodb_stream_positions
        position = positions["1"]
        batch = self.records[position - TRIMMED :][:3]
        result = self.lambda_svc._execute_function({"config": {"FunctionName": "announce"}}, {"Records": batch})
        if result.get("error"):
            return False
        positions["1"] = position + len(batch)
        return True


def delivered(
    monkeypatch: pytest.MonkeyPatch, answers: list[Any], types: tuple[str, ...] = ("ReportBatchItemFailures",)
) -> list[str]:
    """The batches that the function is given, one for each of its answers."""
    seen: list[str] = []

    def answer(numbers: list[str]) -> Any:
        seen.append("".join(numbers))
        return answers[len(seen) - 1]

    streams = Streams(list("abcdefg"), answer, list(types))
    services = ModuleType("ministack.services")
    services.dynamodb = streams.dynamodb  # type: ignore[attr-defined]
    services.lambda_svc = streams.lambda_svc  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ministack", ModuleType("ministack"))
    monkeypatch.setitem(sys.modules, "ministack.services", services)
    spec = importlib.util.spec_from_file_location("stream_batches", SERVING.with_name("stream_batches.py"))
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    for _ in answers:
        streams.lambda_svc._poll_dynamodb_streams()
    return seen


def failed_from(*numbers: str) -> dict[str, Any]:
    return {"body": {"batchItemFailures": [{"itemIdentifier": number} for number in numbers]}}


DONE: dict[str, Any] = {"body": {"batchItemFailures": []}}


def test_the_next_batch_begins_with_what_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert delivered(monkeypatch, [failed_from("b"), DONE, DONE]) == ["abc", "bcd", "efg"]


def test_it_begins_with_the_first_of_those_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert delivered(monkeypatch, [failed_from("c", "b"), DONE]) == ["abc", "bcd"]


def test_an_answer_may_be_text(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"body": json.dumps(failed_from("c")["body"])}
    assert delivered(monkeypatch, [answer, DONE]) == ["abc", "cde"]


@pytest.mark.parametrize("answer", [DONE, {"body": None}, {"body": ""}, {}])
def test_what_is_done_does_not_come_again(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> None:
    assert delivered(monkeypatch, [answer, DONE]) == ["abc", "def"]


@pytest.mark.parametrize("answer", [failed_from("unknown"), {"error": True, "body": {"errorType": "Error"}}])
def test_a_batch_that_failed_comes_again(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> None:
    assert delivered(monkeypatch, [answer, DONE]) == ["abc", "abc"]


def test_a_mapping_may_not_ask_for_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert delivered(monkeypatch, [failed_from("b"), DONE], types=()) == ["abc", "def"]
