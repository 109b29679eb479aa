"""The page of a job."""

from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from jobchute import runtime
from jobchute.attempts import ended
from jobchute.cli.deployment import Deployment
from jobchute.job import Job, State, iso
from jobchute.ledger.pools import PoolRows
from jobchute.outcomes import Cause
from jobchute.pools.limits import QueuePosition
from tests.builders import NOW, a_job, a_source
from tests.integration.cli.page import browser

ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/churn"
SECRET = "canary-of-a-secret-value"
HOSTILE = "</pre><script>alert('x')</script>\"'><img src=x onerror=alert(1)> \x1b[2J \u202egnp"
FORBIDDEN = ("<script>alert", "<img", "\x1b", "\u202e")


@pytest.fixture
def page(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("JOBCHUTE_POOLS", "{}")
    return browser()


def a_failed_job(label: str = "churn", **changes: Any) -> Job:
    given: dict[str, Any] = {
        "state": State.FAILED,
        "cause": Cause.CODE,
        "reason": "AlgorithmError: exit code 1",
        "provider_id": ARN,
        "history": (
            {"state": "QUEUED", "at": iso(NOW)},
            {"state": "RUNNING", "at": iso(NOW + 60)},
            {"state": "FAILED", "at": iso(NOW + 360), "reason": "AlgorithmError: exit code 1"},
        ),
    }
    return a_job(label, **{**given, **changes})


def stored(deployment: Deployment, job: Job, **members: Any) -> Job:
    body = {"TrainingJobName": job.name, **members}
    deployment.ledger.requests.keep(job.job_id, job.digest, body, job.created_at, name=job.name)
    deployment.ledger.add(job)
    return job


def text_of(page: TestClient, job: Job) -> str:
    answer = page.get(f"jobs/{job.job_id}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_from_failed_to_run_again_is_on_one_page(page: TestClient, deployment: Deployment) -> None:
    cost = {"bound": 4_550_000, "priced": "2026-11-20"}
    job = stored(deployment, a_failed_job(cost=cost, estimate=1_060_000, labels={"team": "growth"}))
    text = text_of(page, job)
    for shown in (
        "AlgorithmError: exit code 1",
        "Read its logs and, of a processing job, exitMessage.",
        f"jobchute retry {job.job_id[:15]}",
        f"jobchute logs {job.job_id[:15]}",
        "about $1.06",
        "$4.55",
        "2026-11-20",
        "RUNNING for 5m",
        "sagemaker:CreateTrainingJob",
        "jobchute:job-id",
        "team=growth",
        "/states/home",
        "#logsV2" if job.logs else "in the AWS console",
        "The job has written no log lines yet.",
    ):
        assert shown in text, shown


def test_secrets_of_the_request_are_nowhere(page: TestClient, deployment: Deployment) -> None:
    job = stored(
        deployment, a_failed_job(), Environment={"API_KEY": SECRET}, HyperParameters={"password": f"{SECRET}-2"}
    )
    text = text_of(page, job)
    assert SECRET not in text
    assert "API_KEY" in text


def test_hostile_text_stays_text(page: TestClient, deployment: Deployment) -> None:
    other = stored(deployment, a_failed_job("other", name=HOSTILE))
    job = a_failed_job(
        name=HOSTILE,
        reason=HOSTILE * 100,
        labels={"team": HOSTILE},
        native_status=HOSTILE,
        output=HOSTILE,
        source=a_source(uri=f"s3://jobs/requests/{HOSTILE}"),
        idempotency_key=HOSTILE,
        after=({"job": other.job_id, "on": ["SUCCEEDED"]},),
        awaits=({"name": HOSTILE, "on": ["FAILED"]},),
        result={"version": 1, "exitMessage": HOSTILE, "metrics": {HOSTILE: 1.0}},
    )
    job = replace(job, history=(*job.history[:-1], {**job.history[-1], "reason": HOSTILE * 100}))
    stored(deployment, job, RoleArn=HOSTILE)
    deployment.ledger.add_duplicate(job.job_id, a_source(uri=HOSTILE, status_key=HOSTILE))
    text = text_of(page, job)
    for forbidden in FORBIDDEN:
        assert forbidden not in text
    assert "\\u202e" in text


def test_a_rejection_shows_its_problems(page: TestClient, deployment: Deployment) -> None:
    problems = tuple({"path": "request.RoleArn", "code": "MISSING", "message": HOSTILE} for _ in range(3))
    job = a_job(state=State.REJECTED, api=None, name="", cause=Cause.INPUT, problems=problems)
    deployment.ledger.add(job)
    text = text_of(page, job)
    assert text.count("request.RoleArn") == 3
    assert "<script>alert" not in text
    assert "jobchute retry" not in text


def test_a_waiting_job_has_its_place(page: TestClient, deployment: Deployment) -> None:
    pool = "sagemaker:CreateTrainingJob"
    rows = PoolRows(runtime.client("dynamodb"), deployment.table)
    rows.get(pool)
    rows.mark_queue(pool, now=NOW * 1000)
    for label in ("first", "second"):
        job = a_job(label, pool=pool, waiting=pool, created_at=iso(NOW + len(label)))
        stored(deployment, replace(job, place=str(QueuePosition.of(job))))
    text = text_of(page, deployment.ledger.get(a_job("second").job_id))
    assert "2 of 2 waiting" in text
    assert "its turn in pool sagemaker:CreateTrainingJob, which has room" in text
    assert 'hx-trigger="every' in text


def test_a_job_is_found_by_its_name_and_an_unknown_one_is_not(page: TestClient, deployment: Deployment) -> None:
    stored(deployment, a_failed_job())
    assert page.get("jobs/churn").status_code == 200
    missing = page.get("jobs/nothing")
    assert missing.status_code == 404
    assert "nothing" in missing.text


def test_an_ended_job_is_not_read_again_and_again(page: TestClient, deployment: Deployment) -> None:
    assert "hx-trigger" not in text_of(page, stored(deployment, a_failed_job()))


def test_attempts_are_told_in_their_order(page: TestClient, deployment: Deployment) -> None:
    first = a_failed_job(provider_id=f"{ARN}-1")
    kept = ended(first, State.FAILED, Cause.CAPACITY, "CapacityError: none", at=iso(NOW + 400))
    job = stored(deployment, a_failed_job(attempt=2, past=(kept,), retry={"attempts": 2}))
    text = text_of(page, job)
    parts = ("Attempt 1", f"FAILED (CAPACITY), {ARN}-1", "Attempt 2", f"FAILED (CODE), {ARN},")
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_a_reason_that_was_cut_is_not_said_to_be_whole(page: TestClient, deployment: Deployment) -> None:
    whole = text_of(page, stored(deployment, a_failed_job(reason="x" * 300)))
    assert "all 300 characters" in whole
    cut = text_of(page, stored(deployment, a_failed_job("other", reason=f"{'x' * 299}…")))
    assert "the first 300 characters" in cut
