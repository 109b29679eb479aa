"""The pages of pools."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.job import State, iso
from jobchute.ledger.pools import PoolRows
from jobchute.pools.limits import QueuePosition
from tests.admissions import took
from tests.builders import NOW, a_job
from tests.integration.cli.page import browser

POOL = "sagemaker:CreateTrainingJob"
HOSTILE = "label:team=</td><script>alert('x')</script>\" \x1b[2J \u202egnp"


@pytest.fixture
def page(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("JOBCHUTE_POOLS", f'{{"{POOL}": {{"limit": 1, "rate": 0.5}}}}')
    return browser()


@pytest.fixture
def rows(deployment: Deployment) -> PoolRows:
    return PoolRows(runtime.client("dynamodb"), deployment.table)


def fill(deployment: Deployment, rows: PoolRows, pool: str = POOL) -> None:
    rows.get(pool)
    running = a_job("running", state=State.RUNNING, pool=pool)
    deployment.ledger.add(running)
    assert took(rows, pool, running.job_id, limit=1, now=NOW * 1000)
    rows.mark_queue(pool, now=NOW * 1000)
    for label in ("first", "second"):
        job = a_job(label, pool=pool, waiting=pool, share="growth", created_at=iso(NOW + len(label)))
        deployment.ledger.add(replace(job, place=str(QueuePosition.of(job))))


def text_of(page: TestClient, **query: str) -> str:
    answer = page.get("pools", params=query)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_list_says_what_holds_a_pool(page: TestClient, deployment: Deployment, rows: PoolRows) -> None:
    fill(deployment, rows)
    text = text_of(page)
    assert "1 in flight, the limit is 1" in text
    assert "pools?name=sagemaker%3ACreateTrainingJob" in text
    assert "0.5/s" in text


def test_a_pool_shows_its_line_and_its_jobs(page: TestClient, deployment: Deployment, rows: PoolRows) -> None:
    fill(deployment, rows)
    rows.put_cap(POOL, 0, now=int(runtime.current().clock.now() * 1000), reason="ResourceLimitExceeded")
    text = text_of(page, name=POOL)
    line, flight = text.partition('id="line"')[2].split('id="in-flight"')
    assert line.index("first") < line.index("second")
    assert "unknown" in line
    assert "growth" in line
    assert "running" in flight
    assert "ResourceLimitExceeded" in text


def test_without_pools_the_page_says_so(page: TestClient) -> None:
    assert "No pool was used lately" in text_of(page)


def test_hostile_names_stay_text(page: TestClient, deployment: Deployment, rows: PoolRows) -> None:
    fill(deployment, rows, HOSTILE)
    rows.put_cap(HOSTILE, 0, now=int(runtime.current().clock.now() * 1000), reason=HOSTILE * 100)
    for text in (text_of(page), text_of(page, name=HOSTILE)):
        for forbidden in ("<script>alert", "\x1b", "\u202e"):
            assert forbidden not in text


def test_an_unknown_pool_is_not_found(page: TestClient) -> None:
    assert page.get("pools", params={"name": "label:team=x"}).status_code == 404
