"""What a reader of large files does, seen and hurried."""

from typing import Any

import pytest

from jobchute.intake.files import FileReader
from jobchute.intake.invocation import Continuations
from jobchute.lifecycle.accept import Acceptor


@pytest.fixture(autouse=True)
def delays(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The delays of the messages that the function has left for itself: here they come at once."""
    seen: list[int] = []
    send = Continuations.send

    def at_once(self: Continuations, work_id: str, *, delay: int = 0) -> None:
        seen.append(delay)
        send(self, work_id)

    monkeypatch.setattr(Continuations, "send", at_once)
    return seen


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FileReader, "checkpoint_every", 10)


@pytest.fixture
def accepted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the requests that were accepted, in their order and as often as they were."""
    seen: list[str] = []
    accept = Acceptor.accept

    def recorded(self: Acceptor, submission: Any, source: Any) -> Any:
        seen.append(submission.idempotency_key)
        return accept(self, submission, source)

    monkeypatch.setattr(Acceptor, "accept", recorded)
    return seen


@pytest.fixture
def jobs_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs move as these tests move them."""
    monkeypatch.setattr("jobchute.lifecycle.reconcile.Reconciler.reconcile", lambda *_, **__: 0)
