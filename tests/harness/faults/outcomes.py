"""Causes and results: with an end in one write, the same ever after, and told with that end alone."""

from collections.abc import Iterator, Mapping
from typing import Any

from jobchute.job import State
from tests.fakes.dynamodb import Change
from tests.harness.faults.violation import Violation, short
from tests.harness.faults.world import World

OF_ENDS = ("cause", "result")


def outcomes(world: World) -> Iterator[Violation]:
    for change in world.rows.changes:
        yield from _written(change)
    for detail in world.bus.heard:
        if "state" in detail and "jobId" in detail:
            yield from _consistent(detail, str(detail["state"]), short(detail["id"]))


def _written(change: Change) -> Iterator[Violation]:
    """Of two images of a row, as they are stored."""
    old, new = change.old, change.new
    if new is None:
        return
    about = short(change.keys["pk"]["S"])
    yield from _consistent(new, new["state"]["S"], about)
    if old is not None and State(old["state"]["S"]).is_final:
        changed = [name for name in OF_ENDS if old.get(name) != new.get(name)]
        if changed:
            yield Violation("wrong", about, f"{changed} of its end were changed")


def _consistent(members: Mapping[str, Any], state: str, about: str) -> Iterator[Violation]:
    is_final = State(state).is_final
    if ("cause" in members) != (is_final and state != State.SUCCEEDED):
        yield Violation("wrong", about, f"it is {state}, and its cause is {members.get('cause')}")
    if "result" in members and not is_final:
        yield Violation("wrong", about, f"it is {state} and has a result")
