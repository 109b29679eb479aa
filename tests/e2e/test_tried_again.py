"""Attempts through the real stack: the second alternative has capacity, and what fails twice goes well then."""

import json
from typing import Any

import boto3
import pytest
from starlette.testclient import TestClient

from jobchute.job import Api, job_id_for_key
from jobchute.providers.registry import SPECS
from tests.apis import REQUESTS
from tests.e2e.conftest import World
from tests.e2e.tool import said
from tests.integration.cli.page import browser
from tests.scarcity import alternatives, scarce

pytestmark = pytest.mark.sampled

PATIENCE = 60
"""The least. Batch jobs of Fireworks and tuning jobs wait for so long twice, as they tell no cause."""
APIS = list(Api)
REPEATED = [api for api in APIS if api is not Api.FIREWORKS_JOB]


def document(world: World, api: Api, name: str, simulate: str) -> dict[str, Any]:
    unique = f"{name}-{APIS.index(api)}-{world.run}"
    request = REQUESTS[api] | {SPECS[api].told_apart_by: unique}
    labels = {"simulate": simulate}
    return {"api": api, "request": request, "idempotencyKey": unique, "labels": labels}


@pytest.fixture(scope="module")
def sent(world: World) -> dict[tuple[str, Api], tuple[str, str]]:
    """All documents, sent at once: the ids of their jobs, and where their status documents will be."""
    documents = {
        ("scarce", api): document(world, api, "scarce", scarce(api, REQUESTS[api]))
        | {"alternatives": alternatives(api), "patience": PATIENCE}
        for api in APIS
    } | {
        ("internal", api): document(world, api, "internal", "internal+twice")
        | {"retry": {"attempts": 3, "on": ["INTERNAL"], "after": 1}}
        for api in REPEATED
    }
    return {
        which: (job_id_for_key(each["idempotencyKey"]), world.send(each)) for which, each in documents.items()
    }


@pytest.fixture(scope="module")
def page(world: World) -> TestClient:
    return browser()


def told(status: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(each.get(name) for name in names) for each in status["attempts"]]


def in_order(text: str, *parts: str) -> bool:
    """Whether the parts follow each other; one may also be somewhere before."""
    place = 0
    for part in parts:
        place = text.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return True


@pytest.mark.parametrize("api", APIS)
def test_the_second_alternative_has_capacity(world: World, api: Api, sent: Any) -> None:
    _, key = sent["scarce", api]
    status = world.status_when(key, lambda found: found.get("state") == "SUCCEEDED", 240)
    assert told(status, "attempt", "alternative", "cause") == [
        (1, None, "CAPACITY"),
        (2, 1, "CAPACITY"),
        (3, 2, None),
    ]
    assert len({each["providerId"] for each in status["attempts"]}) == 3
    times = [each[name] for each in status["attempts"] for name in ("queuedAt", "submittedAt", "endedAt")]
    assert times == sorted(times)


@pytest.mark.parametrize("api", APIS)
def test_the_tool_and_the_page_tell_attempts(world: World, api: Api, sent: Any, page: TestClient) -> None:
    job_id, key = sent["scarce", api]
    status = world.ended(key)
    ids = [each["providerId"] for each in status["attempts"]]
    assert told(json.loads(said("jobs", "show", job_id, "--json")), "providerId") == [(each,) for each in ids]
    assert in_order(said("jobs", "show", job_id), "attempt 1", ids[0], "attempt 2", ids[1], "attempt 3", ids[2])
    shown = page.get(f"jobs/{job_id}")
    assert shown.status_code == 200
    assert in_order(shown.text, "Attempt 1", ids[0], "Attempt 2", ids[1], "Attempt 3", ids[2])


@pytest.mark.parametrize("api", REPEATED)
def test_an_internal_failure_twice_then_well(world: World, api: Api, sent: Any) -> None:
    _, key = sent["internal", api]
    status = world.status_when(key, lambda found: found.get("state") == "SUCCEEDED")
    assert told(status, "cause") == [("INTERNAL",), ("INTERNAL",), (None,)]


def test_one_execution_lasts_for_all_attempts(world: World, sent: Any) -> None:
    job_id, key = sent["scarce", Api.TRAINING_JOB]
    world.status_when(key, lambda found: found.get("state") == "SUCCEEDED", 240)
    arn = f"{world.deployment.state_machine_arn.replace(':stateMachine:', ':execution:')}:{job_id}"
    client = boto3.client("stepfunctions")
    world.wait(lambda: client.describe_execution(executionArn=arn)["status"] != "RUNNING")
    assert client.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"
