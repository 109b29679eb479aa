"""What is put right in MiniStack: FilterLogEvents takes a prefix and gives pages, as CloudWatch Logs does."""

import importlib.util
import json
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from infra.local.embedded import SERVING

GROUP = "/aws/sagemaker/TrainingJobs"


class Emulator(SimpleNamespace):
    """As much of ministack.services.cloudwatch_logs 1.5.33 as answers FilterLogEvents."""

    def __init__(self, times: dict[str, list[int]]) -> None:
        super().__init__(_log_groups={GROUP: {"streams": times}})
        self._filter_log_events = self._filter

    def json_response(self, data: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, json.dumps(data).encode()

    def _resolve_log_group_name(self, data: Any) -> str:
        return str(data["logGroupName"])

    def _filter(self, data: Any) -> tuple[int, dict[str, str], bytes]:
        if data["logGroupName"] not in self._log_groups:
            return 400, {}, b'{"__type": "ResourceNotFoundException"}'
        streams = self._log_groups[GROUP]["streams"]
        names = data.get("logStreamNames") or streams
        found = sorted((at, name, number) for name in names for number, at in enumerate(streams[name]))
        events = [
            {"timestamp": at, "logStreamName": name, "eventId": f"{name}{number}"}
            for at, name, number in found
            if at >= data.get("startTime", 0)
        ]
        return self.json_response({"events": events[: data["limit"]], "searchedLogStreams": []})


def pages(monkeypatch: pytest.MonkeyPatch, times: dict[str, list[int]], **asked: Any) -> list[dict[str, Any]]:
    emulator: Any = Emulator(times)
    services = ModuleType("ministack.services")
    services.cloudwatch_logs = emulator  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ministack", ModuleType("ministack"))
    monkeypatch.setitem(sys.modules, "ministack.services", services)
    spec = importlib.util.spec_from_file_location("log_pages", SERVING.with_name("log_pages.py"))
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while not found or token:
        answer = emulator._filter_log_events({"logGroupName": GROUP, **asked, **token})
        found.append(json.loads(answer[-1]))
        token = {name: found[-1][name] for name in ("nextToken",) if name in found[-1]}
    return found


def test_every_event_is_in_one_of_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    times = {"a/1": [1, 2, 2, 2, 5], "a/2": [2, 3, 9], "b/1": [1, 2]}
    found = pages(monkeypatch, times, logStreamNamePrefix="a/", limit=3)
    ids = [event["eventId"] for page in found for event in page["events"]]
    assert sorted(ids) == ["a/10", "a/11", "a/12", "a/13", "a/14", "a/20", "a/21", "a/22"]
    assert all(len(page["events"]) <= 3 for page in found)


def test_a_prefix_that_no_stream_has_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = pages(monkeypatch, {"b/1": [1, 2]}, logStreamNamePrefix="a/")
    assert found == [{"events": [], "searchedLogStreams": []}]


def test_an_error_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    found = pages(monkeypatch, {}, logGroupName="/other", logStreamNamePrefix="a/")
    assert found == [{"__type": "ResourceNotFoundException"}]
