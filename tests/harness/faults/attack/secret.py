"""A secret with a line feed at its end (A10), as `echo` writes one: it is never told, and the jobs wait."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from jobchute.ledger.items import from_dynamodb
from tests.fakes.adapters import ACCOUNT
from tests.harness.faults.attack.attack import HOUR, Attack, no_dead_letters, rest, wrong
from tests.harness.faults.innocents import Innocents, later
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

SECRET = "fw-not-to-be-told"


def a_key_has_a_line_feed(world: World, innocents: Innocents) -> Iterator[Violation]:
    """It is mended after two hours, and then the jobs run."""
    world.account = ACCOUNT._replace(api_key=f"{SECRET}\n")
    innocents.send()
    later(world, 2 * HOUR, lambda: setattr(world, "account", ACCOUNT))
    with overheard(world) as told:
        yield from rest(world)
    told += [str(from_dynamodb(item)) for item in world.rows.items.values()]
    told += [version.data.decode() for version in world.s3.statuses.values()]
    told += [str(detail) for detail in world.bus.heard]
    leaks = [text for text in told if SECRET in text]
    yield from wrong(not leaks, "the key", f"{len(leaks)} texts hold it, such as: {_around(leaks)}")
    jobs = [innocent.job_id for innocent in innocents.all if innocent.job_id]
    states = {world.rows.jobs()[job_id].state for job_id in jobs}
    yield from wrong(states == {"SUCCEEDED"}, "innocent jobs", f"they are {states}")
    yield from no_dead_letters(world)


@contextmanager
def overheard(world: World) -> Iterator[list[str]]:
    """All that functions log within, and what Lambda logs of an invocation that raises."""
    told: list[str] = []
    invoke = world.functions.invoke

    def hear(logger: logging.Logger, record: logging.LogRecord) -> None:
        fault = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        told.append(f"{record.getMessage()} {vars(record)} {fault}")

    def invoked(name: str, event: dict[str, Any], request_id: str = "") -> Any:
        try:
            return invoke(name, event, request_id)
        except Exception:
            told.append(traceback.format_exc())
            raise

    before = logging.root.manager.disable
    logging.disable(logging.NOTSET)
    world.functions.invoke = invoked  # type: ignore[method-assign]
    try:
        with patch.object(logging.Logger, "handle", hear):
            yield told
    finally:
        world.functions.invoke = invoke  # type: ignore[method-assign]
        logging.disable(before)


def _around(texts: list[str]) -> str:
    if not texts:
        return ""
    place = texts[0].index(SECRET)
    return texts[0][max(place - 60, 0) : place + 40]


ATTACKS = {"a10_a_key_has_a_line_feed": Attack(a_key_has_a_line_feed)}
