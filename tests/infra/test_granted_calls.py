"""The template grants every AWS call that the functions make in the stories of the fault harness.

The stories run without faults. Grants for provider calls are tested in test_providers_template.py, and
tests/harness/iam shows that each grant is needed.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.dynamodb.client import FakeDynamoDB
from tests.fakes.wire import Wire
from tests.harness.faults import boundaries
from tests.harness.faults.functions import Functions, borrowed
from tests.harness.faults.result import Plan
from tests.infra.conftest import synthesized

SERVICES = ("dynamodb", "s3", "sqs", "states", "events")
TRANSACTION = "dynamodb:TransactWriteItems"
OF_WRITES = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
"""A transaction needs the actions of its writes, and none of its own."""


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
    """From now on, each (function, IAM action) of a call to AWS."""
    calls: set[tuple[str, str]] = set()
    running: list[str] = []
    invoke, call, transact = Functions.invoke, Wire.call, FakeDynamoDB.transact_write_items

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

    def transacted(self: FakeDynamoDB, **request: Any) -> Any:
        if running:
            kinds = {kind for write in request["TransactItems"] for kind in write}
            calls.update((running[-1], f"dynamodb:{OF_WRITES[kind]}") for kind in kinds)
        return transact(self, **request)

    monkeypatch.setattr(Functions, "invoke", invoked)
    monkeypatch.setattr(Wire, "call", called)
    monkeypatch.setattr(FakeDynamoDB, "transact_write_items", transacted)
    return calls


def _action_of(name: str) -> str | None:
    """`dynamodb:PutItem` for the boundary `dynamodb:put_item/POOL`; None for a provider call."""
    service, _, operation = name.partition("/")[0].partition(":")
    action = f"{service}:{operation.title().replace('_', '')}"
    return action if service in SERVICES and action != TRANSACTION else None
