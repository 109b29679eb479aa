"""Each function may do what it does: the calls of whole stories, held to the template.

The stories are those of the fault harness, without faults. The grants of providers' calls have tests of their
own, and tests/harness/iam shows that each grant is needed.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.wire import Wire
from tests.harness.faults import boundaries
from tests.harness.faults.functions import Functions, borrowed
from tests.harness.faults.result import Plan
from tests.infra.conftest import synthesized

SERVICES = ("dynamodb", "s3", "sqs", "states", "events")
OF_ITS_WRITES = "dynamodb:TransactWriteItems"
"""A transaction needs the actions of its writes."""


def test_every_call_of_every_story_is_granted(asset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _recorded(monkeypatch)
    with borrowed():
        for story in boundaries.STORIES:
            for api in boundaries.apis_of(story):
                boundaries.run(api, story, Plan())
    template = synthesized(asset, budgets={"label": "team", "default": 100})
    refused = {(name, action) for name, action in calls if action not in template.actions_of(name)}
    assert refused == set()
    assert {name for name, _ in calls} >= {"validate", "dispatch", "observe", "announce", "reconcile"}


def _recorded(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """The functions' calls of AWS from now on, each with its function, as IAM names them."""
    calls: set[tuple[str, str]] = set()
    running: list[str] = []
    invoke, call = Functions.invoke, Wire.call

    def invoked(self: Functions, name: str, *given: Any, **named: Any) -> Any:
        running.append(name)
        try:
            return invoke(self, name, *given, **named)
        finally:
            running.pop()

    def called(self: Wire, name: str, effect: Callable[[], Any], **said: Any) -> Any:
        if running and (action := _action_of(name)) is not None:
            calls.add((running[-1], action))
        return call(self, name, effect, **said)

    monkeypatch.setattr(Functions, "invoke", invoked)
    monkeypatch.setattr(Wire, "call", called)
    return calls


def _action_of(name: str) -> str | None:
    """Of `dynamodb:put_item/POOL`, `dynamodb:PutItem`; None for a provider's call."""
    service, _, operation = name.partition("/")[0].partition(":")
    action = f"{service}:{operation.title().replace('_', '')}"
    return action if service in SERVICES and action != OF_ITS_WRITES else None
