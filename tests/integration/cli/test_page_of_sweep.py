"""The page of a sweep, and the list of sweeps."""

from typing import Any
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from jobchute.cli.deployment import Deployment
from jobchute.job import Job, State
from tests.builders import a_job, a_source
from tests.integration.cli.page import browser

FILE = "s3://jobs/requests/churn-sweep.yaml"
AUC = "validation:auc"
SECRET = "canary-of-a-secret-value"
HOSTILE = "</title><script>alert('x')</script>\"'><img src=x onerror=alert(1)> \x1b[2J \u202egnp"


@pytest.fixture
def page(deployment: Deployment) -> TestClient:
    return browser()


def store(deployment: Deployment, number: int, name: str = "churn", **changes: Any) -> Job:
    given: dict[str, Any] = {
        "state": State.SUCCEEDED,
        "source": a_source(uri=FILE, combination=number),
        "objective": {"metric": AUC, "goal": "maximize"},
        "labels": {"team": "growth"},
        "result": {"version": 1, "metrics": {AUC: number / 10, "train:loss": 1 - number / 10}},
        "name": f"{name}-{number}",
    }
    job = a_job(f"{name}-{number}", **{**given, **changes})
    body = {"TrainingJobName": job.name, "HyperParameters": {"eta": f"0.{number}", "kind": f"{name}-{number}"}}
    deployment.ledger.requests.keep(job.job_id, job.digest, body, job.created_at)
    deployment.ledger.add(job)
    return job


def text_of(page: TestClient, **query: str) -> str:
    answer = page.get("sweeps", params=query)
    assert answer.status_code == 200, answer.text
    return answer.text


def order_in(text: str) -> list[str]:
    rows = text.partition("<tbody>")[2].split("<tr")[1:]
    return [row.partition("</a></th>")[0].rpartition(">")[2] for row in rows]


def test_a_sweep_has_plots_and_a_table_of_the_same_figures(page: TestClient, deployment: Deployment) -> None:
    for number in range(1, 4):
        store(deployment, number)
    text = text_of(page, target=FILE)
    assert "3 jobs: 3 SUCCEEDED" in text
    assert "★ churn-3: eta=0.3" in text
    assert order_in(text) == ["churn-3", "churn-2", "churn-1"]
    assert text.count("<polyline") == 3
    assert text.count('class="line best"') == 1
    assert text.count('class="mark best"') == text.count("<figure>") == 2
    assert text.count("★ best") == 1


def test_a_heading_sorts_and_then_the_other_way_round(page: TestClient, deployment: Deployment) -> None:
    for number in range(1, 4):
        store(deployment, number)
    once = text_of(page, target=FILE, sort="value:HyperParameters.eta", order="ascending")
    assert order_in(once) == ["churn-1", "churn-2", "churn-3"]
    assert 'aria-sort="ascending"' in once
    assert "sort=value%3AHyperParameters.eta&amp;order=descending" in once
    again = text_of(page, target=FILE, sort="value:HyperParameters.eta", order="descending")
    assert order_in(again) == ["churn-3", "churn-2", "churn-1"]


def test_another_metric_is_chosen_by_the_address(page: TestClient, deployment: Deployment) -> None:
    for number in range(1, 4):
        store(deployment, number)
    text = text_of(page, target=FILE, by="train:loss", goal="minimize")
    assert "Best by train:loss (minimize)" in text


def test_without_metrics_there_is_a_table_alone(page: TestClient, deployment: Deployment) -> None:
    for number in range(1, 3):
        store(deployment, number, state=State.RUNNING, result=None, objective=None)
    text = text_of(page, target="team=growth")
    assert "2 RUNNING" in text
    assert "<figure>" not in text
    assert "★" not in text


def test_secrets_of_unlike_jobs_are_nowhere(page: TestClient, deployment: Deployment) -> None:
    for number in range(1, 3):
        store(deployment, number, name=SECRET, source=a_source(uri=f"sqs://{number}"))
    text = text_of(page, target="team=growth")
    assert f"{SECRET}-1</td>" not in text
    assert "kind" not in text
    assert "Values that may be secret are left out" in text


def test_hostile_names_stay_text(page: TestClient, deployment: Deployment) -> None:
    uri = f"s3://jobs/requests/{HOSTILE}"
    for number in range(1, 3):
        result = {"version": 1, "metrics": {HOSTILE: number / 10}}
        store(deployment, number, name=HOSTILE, source=a_source(uri=uri, combination=number), result=result)
    for text in (text_of(page, target=uri), text_of(page)):
        for forbidden in ("<script>alert", "<img", "\x1b", "\u202e"):
            assert forbidden not in text
    text = text_of(page, target=uri)
    for drawn in text.split("<svg")[1:]:
        ElementTree.fromstring(f"<svg{drawn.partition('</svg>')[0]}</svg>")


def test_recent_files_of_several_jobs_are_listed(page: TestClient, deployment: Deployment) -> None:
    for number in range(1, 4):
        store(deployment, number)
    store(deployment, 9, source=a_source(uri="sqs://alone"), objective=None)
    text = text_of(page)
    assert "sweeps?target=s3%3A%2F%2Fjobs%2Frequests%2Fchurn-sweep.yaml" in text
    assert "sqs://alone" not in text


def test_an_unknown_target_is_not_found(page: TestClient) -> None:
    answer = page.get("sweeps", params={"target": "requests/nothing.yaml"})
    assert answer.status_code == 404
