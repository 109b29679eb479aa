"""MiniStack whose tasks fail with their functions. Run by MiniStack's own Python, not by ours.

Where a function that was given a task token fails, Step Functions fails the task, and the state's Retry
applies (Step Functions Developer Guide, "Handling errors in Step Functions workflows"). MiniStack 1.5.33 drops
the error and waits for the token until the task times out: a killed function leaves its execution open.
"""

import threading
from typing import Any

from ministack.services import stepfunctions  # type: ignore[import-not-found]

invoke_with_callback = stepfunctions._invoke_with_callback
call_lambda = stepfunctions._call_lambda
task = threading.local()


def invoked_with_callback(resource: Any, input_data: Any, token: str, state_def: Any) -> Any:
    task.token = token
    try:
        return invoke_with_callback(resource, input_data, token, state_def)
    finally:
        task.token = None


def called(func_ref: Any, event: Any) -> Any:
    """As `_call_lambda`, which an execution's own thread calls; a token's waiting ends with the failure."""
    try:
        return call_lambda(func_ref, event)
    except stepfunctions._ExecutionError as error:
        waiting = stepfunctions._task_tokens.get(getattr(task, "token", None))
        if waiting is not None and not waiting["event"].is_set():
            waiting["error"] = {"Error": error.error, "Cause": error.cause}
            waiting["event"].set()
        raise


stepfunctions._invoke_with_callback = invoked_with_callback
stepfunctions._call_lambda = called
