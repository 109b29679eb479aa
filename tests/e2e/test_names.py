"""Documents that name each other, sent at once in any order, through the real stack on the embedded AWS."""

from pathlib import Path
from random import Random

import pytest

from jobchute.job import job_id_for_key
from tests.e2e.conftest import World
from tests.harness.races.rounds import WAYS, has_ended, round_of, seen_of

pytestmark = pytest.mark.sampled

SIZES = (3, 10)
PATIENCE_SECONDS = 240


@pytest.mark.parametrize("way", WAYS)
def test_none_is_rejected_and_none_is_lost(world: World, way: str, tmp_path: Path) -> None:
    chance = Random(world.run)
    rounds = [round_of(way, f"{way.replace(' ', '')}-{size}-{world.run}", size, chance) for size in SIZES]
    for made in rounds:
        assert WAYS[way](world.deployment, made, tmp_path) == []
    world.wait(lambda: all(has_ended(world.ledger, made) for made in rounds), PATIENCE_SECONDS)
    assert [seen_of(world.ledger, made).wrong for made in rounds] == [[], []]


def test_two_that_wait_for_each_other_are_told_so(world: World) -> None:
    first, second = f"first-{world.run}", f"second-{world.run}"
    chance = Random(world.run)
    documents = round_of("SQS", world.run, 2, chance).documents
    keys = [
        world.send({**document, "idempotencyKey": own, "after": [other]})
        for document, own, other in zip(documents, (first, second), (second, first), strict=True)
    ]
    ended = [world.ended(key) for key in keys]
    assert [status["state"] for status in ended] == ["CANCELLED", "CANCELLED"]
    assert any("wait for each other in a circle" in status["reason"] for status in ended)
    assert {status["jobId"] for status in ended} == {job_id_for_key(first), job_id_for_key(second)}
