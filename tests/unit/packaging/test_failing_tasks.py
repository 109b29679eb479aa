"""What is put right in MiniStack: a task fails with its function, as in Step Functions."""

import contextlib
import importlib.util
import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from infra.local.embedded import SERVING


class ExecutionError(Exception):
    def __init__(self, error: str, cause: str) -> None:
        super().__init__(error)
        self.error = error
        self.cause = cause


class Emulator(SimpleNamespace):
    """As much of ministack.services.stepfunctions 1.5.33 as invokes a function with a token."""

    def __init__(self, failure: ExecutionError | None) -> None:
        super().__init__(_ExecutionError=ExecutionError, _task_tokens={})
        self._call_lambda = self._called
        self._invoke_with_callback = self._invoked
        self.failure = failure

    def _called(self, *_: Any) -> None:
        if self.failure is not None:
            raise self.failure

    def _invoked(self, resource: str, input_data: Any, token: str, _: Any) -> Any:
        waiting: dict[str, Any] = {"event": threading.Event(), "error": None}
        self._task_tokens[token] = waiting
        with contextlib.suppress(ExecutionError):  # what is put right
            self._call_lambda(resource, input_data)
        return waiting["error"] if waiting["event"].wait(timeout=0.1) else "waits"


def run(monkeypatch: pytest.MonkeyPatch, failure: ExecutionError | None) -> Any:
    emulator: Any = Emulator(failure)
    services = ModuleType("ministack.services")
    services.stepfunctions = emulator  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ministack", ModuleType("ministack"))
    monkeypatch.setitem(sys.modules, "ministack.services", services)
    spec = importlib.util.spec_from_file_location("failing_tasks", SERVING.with_name("failing_tasks.py"))
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return emulator._invoke_with_callback("arn", {}, "token", {})


def test_a_function_that_fails_ends_the_wait_for_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    failure = ExecutionError("Runtime.ExitError", "Worker process died")
    assert run(monkeypatch, failure) == {"Error": "Runtime.ExitError", "Cause": "Worker process died"}


def test_after_a_function_that_succeeds_the_token_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, None) == "waits"
