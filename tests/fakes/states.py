# ruff: noqa: N803, N818, A002, ARG002 - the names are boto3's
"""Step Functions: the state machine of infra/tracking.py, and the calls that start and answer executions."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from jobchute.aws.executions import ERRORS
from jobchute.job import State
from tests.fakes.clock import Clock
from tests.fakes.wire import Io, client_error, undisturbed

MAX_RETRIES = 6
SUCCESSES = (State.SUCCEEDED, State.PARTIAL)
ENDS = frozenset(ERRORS.values())

Invoke = Callable[[str, dict[str, Any]], Any]


class ExecutionAlreadyExists(ClientError):
    """As SFNClient.exceptions has it."""


@dataclass(slots=True)
class Execution:
    """token: of the try of `Dispatch` that waits now. tries: of `Dispatch`, since the start or a redrive.

    begun_at: when that was.
    """

    name: str
    input: str
    status: str = "RUNNING"
    token: str = ""
    tries: int = 0
    tokens: int = 0
    begun_at: float = 0.0
    closed_at: float = 0.0

    @property
    def job_id(self) -> str:
        job_id: str = json.loads(self.input)["jobId"]
        return job_id

    @property
    def is_running(self) -> bool:
        return self.status == "RUNNING"


class FakeStates:
    """invoke: runs a function by its name; what it raises fails the task. is_holding: whether executions begin
    by `dispatch` alone. token_end: makes task tokens longer, where their size counts.

    StartExecution is idempotent for an equal name and input while the execution runs, else the name is taken.
    """

    exceptions = SimpleNamespace(ExecutionAlreadyExists=ExecutionAlreadyExists)

    def __init__(self, clock: Clock, random: Random, invoke: Invoke, *, io: Io = undisturbed) -> None:
        self.clock = clock
        self.random = random
        self.invoke = invoke
        self.io = io
        self.executions: list[Execution] = []
        self.is_holding = False
        self.token_end = ""
        self._named: dict[str, Execution] = {}

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:
        return self.io("start_execution", lambda: self._start(name, input))

    def list_executions(
        self, *, stateMachineArn: str, statusFilter: str, maxResults: int, nextToken: str = "0"
    ) -> dict[str, Any]:
        return self.io("list_executions", lambda: self._list(statusFilter, int(nextToken), maxResults))

    def send_task_success(self, *, taskToken: str, output: str) -> dict[str, Any]:
        return self.io("send_task_success", lambda: self._answer(taskToken, "SUCCEEDED"))

    def send_task_failure(self, *, taskToken: str, error: str, cause: str) -> dict[str, Any]:
        if error not in ENDS:
            raise AssertionError(f"the state machine does not know {error}")
        return self.io("send_task_failure", lambda: self._answer(taskToken, "FAILED"))

    def abort(self, name: str) -> None:
        """By hand, in the console, where there is such an execution."""
        execution = self._named.get(name)
        if execution is not None and execution.is_running:
            self._close(execution, "ABORTED")

    def redrive(self, name: str) -> None:
        """From the state that did not succeed; one that ended in a Fail state fails again at once."""
        execution = self._named.get(name)
        if execution is not None and execution.status in ("ABORTED", "TIMED_OUT"):
            execution.status, execution.tries = "RUNNING", 0
            execution.begun_at = self.clock.now
            self.clock.after(0.1, lambda: self.dispatch(execution))

    def named(self, name: str) -> Execution | None:
        return self._named.get(name)

    def _list(self, status: str, start: int, most: int) -> dict[str, Any]:
        found = [{"name": execution.name} for execution in self.executions if execution.status == status]
        page: dict[str, Any] = {"executions": found[start : start + most]}
        return page | ({"nextToken": str(start + most)} if start + most < len(found) else {})

    def _start(self, name: str, text: str) -> dict[str, Any]:
        known = self._named.get(name)
        if known is not None:
            if known.is_running and known.input == text:
                return {"executionArn": name}
            error = client_error("StartExecution", "ExecutionAlreadyExists", name)
            raise ExecutionAlreadyExists(error.response, "StartExecution")
        execution = self._named[name] = Execution(name, text, begun_at=self.clock.now)
        self.executions.append(execution)
        if not self.is_holding:
            not_before = datetime.fromisoformat(json.loads(text)["notBefore"]).timestamp()
            turn = max(not_before, self.clock.now) + self.random.uniform(0.05, 1)
            self.clock.at(turn, lambda: self.dispatch(execution))
        return {"executionArn": name}

    def dispatch(self, execution: Execution) -> None:
        """One try of the task `Dispatch`; its time limit runs from here."""
        if not execution.is_running:
            return
        execution.tries += 1
        execution.tokens += 1
        token = execution.token = f"{execution.name}/{execution.tokens}/{self.token_end}"
        timeout = json.loads(execution.input)["timeoutSeconds"]
        self.clock.after(timeout, lambda: self._time_out(execution, token))
        try:
            self.invoke("dispatch", {"jobId": execution.job_id, "taskToken": token})
        except Exception:  # noqa: BLE001 - any failure of the function is one of the task
            if execution.is_running and execution.token == token:
                self._failed(execution)

    def _failed(self, execution: Execution) -> None:
        execution.token = ""
        if execution.tries > MAX_RETRIES:
            self._expire(execution)
            return
        most = min(2.0 * 2 ** (execution.tries - 1), 120.0)
        self.clock.after(self.random.uniform(0, most), lambda: self.dispatch(execution))

    def _time_out(self, execution: Execution, token: str) -> None:
        if execution.is_running and execution.token == token:
            self._expire(execution)

    def _expire(self, execution: Execution) -> None:
        execution.token = ""
        try:
            answer = self.invoke("expire", {"jobId": execution.job_id})
        except Exception:  # noqa: BLE001 - any failure of the function is one of the task
            self._close(execution, "FAILED")
        else:
            self._close(execution, "SUCCEEDED" if answer["state"] in SUCCESSES else "FAILED")

    def _answer(self, token: str, status: str) -> dict[str, Any]:
        execution = self._named.get(token.partition("/")[0])
        if execution is None or not execution.is_running or execution.token != token:
            raise client_error("SendTask", "TaskTimedOut", "the task is over")
        self._close(execution, status)
        return {}

    def _close(self, execution: Execution, status: str) -> None:
        execution.status, execution.token = status, ""
        execution.closed_at = self.clock.now
