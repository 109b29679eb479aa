"""How many calls of AWS the pages make, as their footers say."""

import re
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.job import Job, State, iso
from jobchute.ledger.pools import PoolRows
from jobchute.pools.limits import QueuePosition
from tests.builders import NOW, a_job, a_source
from tests.integration.cli.page import browser

POOL = "sagemaker:CreateTrainingJob"
FILE = "s3://jobs/requests/sweep.yaml"
WAITING, ENDED = 60, 60


MOST = {
    "": 100,
    "jobs": 28,
    f"jobs?source={FILE}": 4,
    "files": 31,
    f"jobs/{a_job('ended-0').job_id}": 4,
    f"jobs/{a_job('waiting-50').job_id}": 20,
    "sweeps": 30,
    f"sweeps?target={FILE}": 10,
    "pools": 20,
    f"pools?name={POOL}": 20,
}
"""By address."""


@pytest.fixture
def page(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("JOBCHUTE_BUDGETS", '{"label": "team", "amounts": {"growth": 500}}')
    monkeypatch.setenv("JOBCHUTE_POOLS", f'{{"{POOL}": {{"limit": 4}}}}')
    rows = PoolRows(runtime.client("dynamodb"), deployment.table)
    for number in range(30):
        rows.get(f"label:team={number}")
    rows.get(POOL)
    rows.mark_queue(POOL, now=NOW * 1000)
    for job in [*map(_waiting, range(WAITING)), *map(_ended, range(ENDED))]:
        deployment.ledger.add(job)
    return browser()


def _waiting(number: int) -> Job:
    job = a_job(f"waiting-{number}", pool=POOL, waiting=POOL, created_at=iso(NOW + number))
    return replace(job, place=str(QueuePosition.of(job)))


def _ended(number: int) -> Job:
    changes: dict[str, Any] = {"source": a_source(uri=FILE, combination=number), "pool": POOL}
    return a_job(f"ended-{number}", state=State.SUCCEEDED, create_at=NOW * 1000, **changes)


def test_each_page_makes_a_bounded_number_of_calls(page: TestClient) -> None:
    found = {address: _calls(page, address) for address in MOST}
    assert {address: number for address, number in found.items() if not 0 < number <= MOST[address]} == {}


def _calls(page: TestClient, address: str) -> int:
    answer = page.get(address)
    assert answer.status_code == 200
    shown = re.search(r"([\d,]+) AWS calls?", answer.text)
    assert shown is not None
    return int(shown[1])
