"""What a person with S3 alone is told."""

import json

import pytest

from jobchute.job import State
from jobchute.status import duplicate_status_of, status_key, status_of
from tests.unit.core.builders import a_job, a_source


def test_a_finished_job_says_all_that_is_promised() -> None:
    job = a_job(
        state=State.FAILED,
        provider_id="arn:1",
        native_status="Failed",
        reason="no data",
        output="s3://out/",
        logs="/aws/sagemaker/TrainingJobs:churn/",
        labels={"team": "growth"},
        pool="sagemaker:CreateTrainingJob/ml.m5.xlarge",
        priority=7,
        after=({"job": "jc-1", "on": ["SUCCEEDED"]},),
        idempotency_key="nightly",
        source=a_source(version="v1"),
    )
    document = status_of(job)
    assert json.loads(json.dumps(document)) == {
        "jobId": job.job_id,
        "api": "sagemaker:CreateTrainingJob",
        "state": "FAILED",
        "reason": "no data",
        "name": "churn",
        "providerId": "arn:1",
        "providerStatus": "Failed",
        "output": "s3://out/",
        "logs": "/aws/sagemaker/TrainingJobs:churn/",
        "labels": {"team": "growth"},
        "pool": "sagemaker:CreateTrainingJob/ml.m5.xlarge",
        "priority": 7,
        "after": [{"job": "jc-1", "on": ["SUCCEEDED"]}],
        "idempotencyKey": "nightly",
        "source": {"uri": "s3://drop/requests/churn.json", "version": "v1", "document": 0},
        "createdAt": job.created_at,
        "updatedAt": job.updated_at,
        "history": [{"state": "FAILED", "at": job.created_at}],
    }


def test_what_is_not_known_is_left_out() -> None:
    document = status_of(a_job())
    assert (
        not {"reason", "providerId", "output", "logs", "labels", "idempotencyKey", "errors"} & document.keys()
    )
    assert None not in document.values()


def test_nothing_of_our_own_housekeeping_is_told() -> None:
    job = a_job(task_token="secret-token", attempt_id="attempt", due=1, stop_cause=State.CANCELLED)
    text = json.dumps(status_of(job))
    assert "secret-token" not in text
    assert "attempt" not in text


def test_a_rejection_lists_its_errors_even_if_there_are_none() -> None:
    problem = {"path": "request.RoleArn", "code": "PATTERN", "message": "not an ARN"}
    rejection = a_job(api=None, state=State.REJECTED, name="", problems=(problem,))
    assert status_of(rejection)["errors"] == [problem]
    assert "api" not in status_of(rejection)
    assert "name" not in status_of(rejection)


def test_a_duplicate_is_told_which_job_it_is_how_that_stands_and_how_to_run_again() -> None:
    job = a_job(state=State.RUNNING)
    document = duplicate_status_of(job)
    assert document["duplicate"] is True
    assert job.job_id in document["note"]
    assert "idempotencyKey" in document["note"]
    assert document.items() >= {("state", State.RUNNING), ("jobId", job.job_id)}


@pytest.mark.parametrize(
    ("path", "index", "key"),
    [
        ("requests/churn.json", None, "status/churn.json.json"),
        ("requests/a/b.yaml", None, "status/a/b.yaml.json"),
        ("requests/a/b.jsonl", 3, "status/a/b.jsonl/3.json"),
        ("uploads/requests/a.json", None, "status/uploads/requests/a.json.json"),
        ("sqs/message-1", None, "status/sqs/message-1.json"),
    ],
)
def test_the_answer_to_a_path_is_where_it_is_promised(path: str, index: int | None, key: str) -> None:
    assert status_key(path, index) == key
