"""Documents that name each other, fifty times in any order: as files, as messages, and in one file."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from jobchute.job import State, job_id_for_key
from tests.harness.faults.documents import text_of
from tests.harness.faults.functions import borrowed
from tests.harness.faults.named_jobs import documents_in_any_order, in_their_order
from tests.harness.faults.result import result_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.world import World

pytestmark = pytest.mark.sampled

TIMES = 50
AT_ONCE = 10
"""Times of one test."""
SIZES = (3, 10)
WITHIN = 30.0
"""Seconds in which the documents of one time come."""


@pytest.fixture(autouse=True)
def functions() -> Iterator[None]:
    with borrowed():
        yield


def send(world: World, documents: list[dict[str, Any]], way: int, chance: Random) -> None:
    if way == 2:
        world.intake.send("\n".join(map(text_of, documents)), delays=(chance.uniform(0, WITHIN),))
        return
    for document in documents:
        key = document["idempotencyKey"]
        sent, delays = Sent(Kind.JOB, job_id_for_key(key)), (chance.uniform(0, WITHIN),)
        if way:
            world.send(document, sent, delays=delays)
        else:
            world.upload(f"requests/{key}.json", document, sent, delays=delays)


@pytest.mark.parametrize("first", range(0, TIMES, AT_ONCE))
def test_none_is_rejected_and_none_is_lost_in_any_order(first: int) -> None:
    """Of three files at once two were rejected: the jobs that they name were not known yet."""
    for time in range(first, first + AT_ONCE):
        chance, world = Random(time), World(time)
        for size in SIZES:
            documents = documents_in_any_order(f"{size}", size, chance)
            send(world, documents, (time + size) % 3, chance)
        result = result_of(f"time {time}", world)
        jobs = list(world.rows.jobs().values())
        assert result.violations + list(in_their_order(world)) == []
        assert [job.state for job in jobs] == [State.SUCCEEDED] * sum(SIZES)
