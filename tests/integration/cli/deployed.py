"""What a deployment for the tool holds: a running, a failed and a rejected job, and the messages sent to it."""

import json
from dataclasses import replace
from typing import Any

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.job import Api, Job, Source, State, job_id_for_key
from jobchute.outcomes import Cause

NIGHTLY = Job(
    job_id=job_id_for_key("nightly"),
    api=Api.TRAINING_JOB,
    state=State.RUNNING,
    created_at="2026-11-21T10:00:00.000Z",
    updated_at="2026-11-21T10:00:03.000Z",
    source=Source(uri="s3://jobs/requests/nightly.yaml", status_key="status/nightly.yaml.json", version="v1"),
    name="nightly",
    idempotency_key="nightly",
    labels={"team": "growth"},
    provider_id="arn:aws:sagemaker:us-east-1:123456789012:training-job/nightly",
    history=(
        {"state": "QUEUED", "at": "2026-11-21T10:00:00.000Z"},
        {"state": "RUNNING", "at": "2026-11-21T10:00:03.000Z"},
    ),
)
RESULT: dict[str, Any] = {
    "version": 1,
    "queuedAt": "2026-11-21T10:00:00Z",
    "startedAt": "2026-11-21T10:00:02Z",
    "endedAt": "2026-11-21T10:00:08Z",
    "billableSeconds": 12,
    "instances": {"type": "ml.m5.large", "count": 2},
    "records": {"total": 1200, "failed": 7},
    "tokens": {"billable": 5000},
    "metrics": {"validation:auc": 0.91},
    "model": "s3://out/backfill/output/model.tar.gz",
    "output": "s3://out/backfill/output/",
    "exitMessage": "exit code 1",
    "truncated": True,
}
"""With every fact that an end may have."""
FAILED = replace(
    NIGHTLY,
    job_id="jc-failed",
    state=State.FAILED,
    updated_at="2026-11-21T10:00:09.000Z",
    source=Source(uri="sqs://1", status_key="status-messages/1.json"),
    name="backfill",
    idempotency_key=None,
    reason="AlgorithmError: exit code 1",
    cause=Cause.CODE,
    result=RESULT,
)
REJECTED = replace(
    FAILED,
    job_id="rj-1",
    api=None,
    state=State.REJECTED,
    cause=Cause.INPUT,
    result=None,
    created_at="2026-11-21T09:59:59.000Z",
    updated_at="2026-11-21T10:00:01.000Z",
    labels={},
    problems=({"path": "request.RoleArn", "code": "MISSING", "message": "give a role"},),
)


def store_jobs(deployment: Deployment) -> None:
    for job in (NIGHTLY, FAILED, REJECTED):
        deployment.ledger.add(job)


def messages(deployment: Deployment) -> list[Any]:
    answer = runtime.client("sqs").receive_message(QueueUrl=deployment.queue_url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]
