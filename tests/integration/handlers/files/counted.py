"""Files whose jobs are counted, and what is told of them."""

from collections.abc import Callable
from typing import Any

import pytest

from jobchute.job import Job, State
from jobchute.ledger.file_counts import FileCountRows
from jobchute.lifecycle.bus import FILE_DETAIL_TYPE
from tests.integration.handlers.files.many import deliver
from tests.integration.handlers.world import World

MINUTE = 60
STATUS = "many.jsonl.json"


def drop(world: World, data: bytes, name: str = "requests/many.jsonl", *, looks: int = 10**6) -> None:
    assert deliver(world, {"Records": [world.drop(name, data)]}, looks=looks) == []


def end(world: World, *jobs: Job, state: State = State.SUCCEEDED, **changes: Any) -> None:
    for job in jobs:
        world.ledger().move(job.job_id, state, world.now, **changes)


def open_jobs(world: World) -> list[Job]:
    return [job for job in world.jobs() if not job.state.is_final]


def told(world: World) -> list[dict[str, Any]]:
    """The events that files have ended, since the last look."""
    return [event["detail"] for event in world.heard() if event["detail-type"] == FILE_DETAIL_TYPE]


def ends(world: World, *, within: int = 5) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for _ in range(within):
        world.sweep(after=MINUTE)
        found += told(world)
    return found


def failing(*_: object, **__: object) -> Any:
    raise RuntimeError("as if the process had died here")


def seen(monkeypatch: pytest.MonkeyPatch, name: str) -> list[object]:
    calls: list[object] = []
    method = getattr(FileCountRows, name)

    def recorded(*call: Any, **options: Any) -> Any:
        calls.append(call)
        return method(*call, **options)

    monkeypatch.setattr(FileCountRows, name, recorded)
    return calls


def hurried(world: World) -> None:
    """A sweep with time for one page."""
    world.pass_time(1)
    world.parts.file_counts.count_due(time_left=ticking(8))


def ticking(seconds: float) -> Callable[[], float]:
    """A clock of which every look takes so many seconds."""
    left = [100.0]

    def time_left() -> float:
        left[0] -= seconds
        return left[0]

    return time_left
