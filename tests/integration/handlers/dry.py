"""Documents for dry runs, and the answers to them."""

from typing import Any

from jobchute.job import Api, State, job_id_for_key
from tests.apis import REQUESTS
from tests.integration.handlers.world import World, keyed

SWEEP = {**REQUESTS[Api.TRAINING_JOB], "HyperParameters": {}}


def sweep(key: str, **changes: Any) -> dict[str, Any]:
    matrix = {"HyperParameters.depth": ["4", "6", "8"], "HyperParameters.eta": ["0.1", "0.3"]}
    document = {"api": Api.TRAINING_JOB, "request": SWEEP, "matrix": matrix, "idempotencyKey": key}
    return {**document, **changes}


def answer(world: World, document: object, key: str = "") -> dict[str, Any]:
    """Drop a document; its status document."""
    key = key or f"{next(world.numbers)}.json"
    assert world.receive({"Records": [world.drop(f"requests/{key}", document)]}) == []
    world.announce()
    status: dict[str, Any] = world.status(f"{key}.json")
    return status


def ended(world: World, key: str, state: State) -> None:
    world.receive(keyed(key))
    world.ledger().move(job_id_for_key(key), state, world.now)
