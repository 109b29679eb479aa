"""The deployed functions, run in this process: the handlers as they are, over the parts of one World."""

import importlib
import itertools
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from jobchute import runtime
from jobchute.runtime import Parts
from tests.fakes.queues import Letter
from tests.fakes.wire import Crash

NAMES = ("validate", "dispatch", "expire", "observe", "reconcile", "announce")
MODULES: Mapping[str, ModuleType] = {name: importlib.import_module(name) for name in NAMES}
invocation: ContextVar[int | None] = ContextVar("invocation", default=None)
"""The number of the current invocation; None outside of one."""


class DiedError(Exception):
    """The function's process died: Lambda tells its caller so."""


@dataclass(frozen=True, slots=True)
class Context:
    """What Lambda hands a handler beside the event. time_left: seconds."""

    aws_request_id: str
    time_left: Callable[[], float]
    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.time_left() * 1000)


@contextmanager
def borrowed() -> Iterator[None]:
    """Within, the functions log nothing."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@dataclass
class Functions:
    """The handlers over these parts. Each invocation is a process of its own."""

    parts: Parts
    time_left: Callable[[], float] = lambda: 90.0
    invocations: int = 0
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def invoke(self, name: str, event: dict[str, Any], request_id: str = "") -> Any:
        """Raises what the handler raises, and DiedError where its process died."""
        module = MODULES[name]
        self.invocations += 1
        context = Context(request_id or f"request-{next(self._ids)}", self.time_left)
        token = invocation.set(self.invocations)
        try:
            with runtime.use(self.parts):
                return module.handler(event, context)
        except Crash as crash:
            raise DiedError(str(crash)) from None
        finally:
            invocation.reset(token)


def sqs_record(letter: Letter) -> dict[str, Any]:
    """As the event source shows a message: its attributes' names begin with a small letter."""
    attributes = {name: {"stringValue": value["StringValue"]} for name, value in letter.attributes.items()}
    return {
        "messageId": letter.message_id,
        "receiptHandle": letter.message_id,
        "body": letter.body,
        "attributes": {"SenderId": letter.sender_id, "ApproximateReceiveCount": str(letter.receives)},
        "messageAttributes": attributes,
        "eventSource": "aws:sqs",
    }
