"""A job without maxCost and budget takes the calls that it took before there were prices and budgets."""

from collections.abc import Iterator

import pytest

from jobchute.job import Api
from jobchute.ledger.items import from_dynamodb
from tests.harness.faults import boundaries
from tests.harness.faults.budgets import PRICES
from tests.harness.faults.functions import borrowed
from tests.harness.faults.world import World


@pytest.fixture(autouse=True)
def functions() -> Iterator[None]:
    with borrowed():
        yield


def calls(api: Api, story: str, world: World) -> list[str]:
    boundaries.STORIES[story](world, api)
    assert world.settle()
    return list(world.wire.names)


@pytest.mark.parametrize("api", Api)
@pytest.mark.parametrize("story", ["once", "cancelled", "refused"])
def test_prices_add_no_call_to_a_job(api: Api, story: str) -> None:
    priced = World()
    priced.money.prices = PRICES
    found = calls(api, story, priced)
    assert found == calls(api, story, World())
    assert not [name for name in found if "transact" in name or "BUDGET" in name or "PRICES" in name]
    costs = [from_dynamodb(image).get("cost") for image in priced.rows.images.values()]
    assert all(cost is not None and "priced" in cost for cost in costs)


@pytest.mark.parametrize("story", ["once", "cancelled"])
def test_without_prices_rows_say_nothing_of_costs(story: str) -> None:
    world = World()
    calls(Api.TRAINING_JOB, story, world)
    (image,) = world.rows.images.values()
    assert image.keys() & {"cost", "rates", "estimate", "budget", "awaitsBudget", "settledAt"} == set()
