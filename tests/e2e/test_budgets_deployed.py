"""Budgets on the embedded AWS: jobs reserve, are rejected or wait, and what they have cost stays.

The stack is deployed with budgets, then with one of them raised, and at last without any, for other tests.
"""

import json
from collections.abc import Iterator
from math import ceil
from typing import Any

import pytest

from jobchute.job import job_id_for_key
from jobchute.lifecycle.bus import BUDGET_DETAIL_TYPE
from tests.e2e.conftest import World
from tests.e2e.test_main_job import training
from tests.e2e.tool import said

pytestmark = pytest.mark.slow

BOUND = ceil((0.23 + 50 * 0.14 / 730) * 1 * 1_000_000) / 1_000_000
"""In dollars: an hour of one ml.m5.xlarge with 50 GB, by the simulator's price list. A month has 730 hours."""
LABEL = "payer"
AMOUNTS = {"two": 0.5, "narrow": 0.2, "exact": BOUND}
RAISED = AMOUNTS | {"narrow": 0.8}


def budgets(amounts: dict[str, float]) -> dict[str, Any]:
    return {"label": LABEL, "amounts": amounts}


@pytest.fixture(scope="module", autouse=True)
def announced(world: World) -> Iterator[str]:
    """Deploys the budgets. The queue that hears how much of them is used."""
    world.deploy(budgets=budgets(AMOUNTS))
    yield world.listen("budgets", {"detail-type": [BUDGET_DETAIL_TYPE]})
    world.deploy()


def waits(world: World, name: str, budget: str) -> dict[str, Any]:
    return training(world, name, payer=budget) | {"whenOverBudget": "wait"}


def shown(world: World, budget: str) -> dict[str, Any]:
    """What `jobchute budget` says of one of them."""
    rows = map(json.loads, said("budget", "--json").splitlines())
    return next(row for row in rows if row["budget"] == budget)


def settled(world: World, *keys: str) -> float:
    """The sum of what jobs have cost, once all of them have given back the rest."""
    ids = [job_id_for_key(key) for key in keys]
    world.wait(lambda: all(job.settled_at for job in world.ledger.get_many(ids)))
    jobs = list(world.ledger.get_many(ids))
    assert all(job.settled_at and job.estimate for job in jobs)
    return sum(job.estimate or 0 for job in jobs) / 1_000_000


def test_a_budget_is_reserved_refused_waited_for_and_spent(world: World) -> None:
    """Room for two: the third is rejected, and the fourth waits for an end."""
    slow = [training(world, f"budget-{number}", payer="two", simulate="slow") for number in range(2)]
    for status in [world.send(document) for document in slow]:
        running = world.status_when(status, lambda found: found.get("state") == "RUNNING")
        assert running["cost"]["bound"] == BOUND
    rejected = world.ended(world.send(training(world, "budget-2", payer="two")))
    waiting = waits(world, "budget-3", "two")
    status = world.send(waiting)
    told = world.status_when(status, lambda found: "waiting" in found)
    now = shown(world, "two")

    figures = f"it may cost up to $0.23959, and the budget two has $0.02082 left of $0.50 in {now['month']}"
    assert rejected["errors"][0]["code"] == "OVER_BUDGET"
    assert figures in rejected["reason"]
    assert told["waiting"]["budget"] == "two"
    assert figures in told["waiting"]["text"]
    assert (now["limit"], now["reserved"], now["spent"]) == (0.5, pytest.approx(2 * BOUND), 0)
    assert (now["left"], now["waiting"]) == (pytest.approx(0.5 - 2 * BOUND), 1)

    ended = world.ended(status)
    assert ended["state"] == "SUCCEEDED"
    cost = settled(world, *(each["idempotencyKey"] for each in (*slow, waiting)))
    after = shown(world, "two")
    assert (after["reserved"], after["spent"], after["waiting"]) == (0, pytest.approx(cost), 0)
    assert 0 < after["spent"] < 0.1 * BOUND


def test_a_job_without_a_budget_is_rejected(world: World) -> None:
    status = world.ended(world.send(training(world, "budget-none")))
    assert [error["code"] for error in status["errors"]] == ["NO_BUDGET"]


def test_a_job_above_its_own_maximum_is_rejected(world: World) -> None:
    document = training(world, "budget-max", payer="two") | {"maxCost": 0.2}
    status = world.ended(world.send(document))
    assert status["state"] == "REJECTED"
    assert "$0.23959" in status["reason"]


def test_shares_of_a_budget_are_announced(world: World, announced: str) -> None:
    """Two jobs have reserved 96 % of one, and this one all of another."""
    document = training(world, "budget-exact", payer="exact", simulate="slow")
    world.status_when(world.send(document), lambda found: found.get("state") == "RUNNING")
    told: dict[str, dict[str, Any]] = {}

    def are_told() -> bool:
        details = (json.loads(text)["detail"] for text in world.heard(announced))
        told.update({detail["id"]: detail for detail in details})
        return len(told) == 2

    world.wait(are_told)
    assert {each["budget"]: each["percent"] for each in told.values()} == {"two": 80, "exact": 100}
    exact = next(each for each in told.values() if each["budget"] == "exact")
    assert (exact["limit"], exact["used"], exact["reserved"]) == (BOUND, BOUND, BOUND)


def test_a_raised_budget_lets_a_waiting_job_go_on(world: World) -> None:
    """No end helps this one: it needs more than the month has."""
    document = waits(world, "budget-raised", "narrow")
    status = world.send(document)
    waiting = world.status_when(status, lambda found: "waiting" in found)
    assert "the budget narrow has $0.20 left of $0.20" in waiting["waiting"]["text"]
    world.deploy(budgets=budgets(RAISED))
    assert world.ended(status)["state"] == "SUCCEEDED"
    cost = settled(world, document["idempotencyKey"])
    assert shown(world, "narrow")["spent"] == pytest.approx(cost)
