"""What a person with S3 alone is told."""

import json

import pytest

from jobchute.job import State, sha256
from jobchute.status.documents import (
    bucket_status_key,
    document_status_key,
    duplicate_status_of,
    message_status_key,
    status_key,
    status_of,
    unfollowed_status_of,
)
from tests.builders import a_job, a_source


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
    job = a_job(late_tokens=1, attempt_id="attempt", due=1, stop_cause=State.CANCELLED)
    text = json.dumps(status_of(job))
    assert "token" not in text.lower()
    assert "attempt" not in text


def test_a_rejection_lists_its_errors_even_if_there_are_none() -> None:
    problem = {"path": "request.RoleArn", "code": "PATTERN", "message": "not an ARN"}
    rejection = a_job(api=None, state=State.REJECTED, name="", problems=(problem,))
    assert status_of(rejection)["errors"] == [problem]
    assert "api" not in status_of(rejection)
    assert "name" not in status_of(rejection)


def test_a_duplicate_is_told_its_job_its_state_and_how_to_rerun() -> None:
    job = a_job(state=State.RUNNING)
    document = duplicate_status_of(job)
    assert document["duplicate"] is True
    assert job.job_id in document["note"]
    assert "idempotencyKey" in document["note"]
    assert document.items() >= {("state", State.RUNNING), ("jobId", job.job_id)}


def test_a_duplicate_that_is_not_followed_is_told_so() -> None:
    """The 51st: its document said nothing, and stood still."""
    job = a_job(state=State.RUNNING)
    document = unfollowed_status_of(job)
    assert "is not updated" in document["note"]
    assert job.source.status_key in document["note"]
    assert {**document, "note": duplicate_status_of(job)["note"]} == duplicate_status_of(job)


LONG = "requests/" + "a" * 1015


@pytest.mark.parametrize(
    ("place", "key"),
    [
        (status_key("requests/churn.json"), "status/churn.json.json"),
        (status_key("requests/a/b.yaml"), "status/a/b.yaml.json"),
        (status_key("requests/requests/x"), "status/requests/x.json"),
        (message_status_key("message-1"), "status-messages/message-1.json"),
        (bucket_status_key("uploads", "requests/a.json"), "status-buckets/uploads/requests/a.json.json"),
        (document_status_key("requests/a.jsonl", 3), "status-documents/requests/a.jsonl/3.json"),
        (document_status_key("requests/a.jsonl", 3, 17), "status-documents/requests/a.jsonl/3.17.json"),
        (status_key("requests/" + "a" * 1012), f"status/{'a' * 1012}.json"),
        (status_key("requests/" + "é" * 507), f"status-long/{sha256('status/' + 'é' * 507 + '.json')}.json"),
        (status_key(LONG), f"status-long/{sha256('status/' + 'a' * 1015 + '.json')}.json"),
    ],
)
def test_every_answer_is_where_it_is_promised(place: str, key: str) -> None:
    assert place == key


@pytest.mark.parametrize("key", ["churn.json", "status/churn.json", "requests", ""])
def test_a_key_outside_of_requests_has_a_place_of_its_own(key: str) -> None:
    with pytest.raises(ValueError, match="is not below requests/"):
        status_key(key)
