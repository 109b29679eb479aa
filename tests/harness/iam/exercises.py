"""What the functions are made to do: together every call that they can make, each part on its own in seconds.

A row is put into the state in which a crash, a race or a lost answer leaves it, where waiting for one would
take luck; then the function itself is called, under its own role.
"""

import json
import time
import uuid
from collections.abc import Iterator
from functools import partial

import boto3

from jobchute.intake.invocation import CONTINUE
from jobchute.job import Api, State, job_id_for_key
from jobchute.ledger.continuations import ContinuationRows, Work
from jobchute.ledger.files import FileRows
from jobchute.ledger.items import to_dynamodb
from jobchute.ledger.lost_announcements import LOOK
from jobchute.ledger.reconciliations import ReconciliationRows
from jobchute.status.documents import MAX_KEY_BYTES
from jobchute.status.sources import document_source, message_source
from tests.harness.iam.stage import FAR, MODELS, Exercise, Stage, notification, sent, slow, wait_for

LONG_AGO = "2026-01-01T00:00:00.000Z"


def exercises() -> Iterator[tuple[str, Exercise]]:
    """By name; each is independent of the others and may be repeated."""
    for api in Api:
        yield f"a file of {api} succeeds", partial(_dropped, api=api)
        yield f"{api} is cancelled by message", partial(_cancelled, api=api)
        yield f"{api} is found and stopped by dispatch", partial(_found, api=api, function="Dispatch")
        yield f"{api} is found and stopped by the sweep", partial(_found, api=api, function="Reconcile")
        yield f"{api} is created by the sweep", partial(_swept, api=api)
        yield f"{api} is looked at by the sweep", partial(_looked_at, api=api)
        yield f"{api} expires", partial(_expired, api=api)
    for model in MODELS[1:]:
        yield f"{model} is used", partial(_modelled, model=model)
        yield f"{model} is used by the sweep", partial(_swept, api=Api.BEDROCK_JOB, model=model)
    yield "a training plan is used", _planned
    yield "a training plan is used by the sweep", _planned_by_the_sweep
    yield "a custom model is customized", _customized
    yield "a custom model is customized by the sweep", _customized_by_the_sweep
    yield "a job fails", _failed
    yield "a dry run is answered", _dry_run
    yield "files without versions", _without_versions
    yield "files of another bucket", _of_another_bucket
    yield "files that are gone", _gone
    yield "dry runs of several documents, and of a long key", _dry_runs_elsewhere
    yield "a message of another queue, which is looked at", _of_another_queue
    yield "an execution is started by the sweep", _started_by_the_sweep
    yield "the jobs of a file are counted, and its end is told", _counted
    yield "dead letters are looked at", _dead_letters
    yield "an announcement is put aside, and made again", _put_aside
    yield "running executions are held against the ledger", _lost_announcements


def _dropped(stage: Stage, api: Api) -> None:
    document = stage.request(api)
    stage.put_object(stage.deployment.bucket, f"requests/{document['idempotencyKey']}.json", document)
    job_id = job_id_for_key(document["idempotencyKey"])
    wait_for(lambda: stage.exists(job_id), job_id)
    stage.until(job_id, State.SUCCEEDED)


def _cancelled(stage: Stage, api: Api) -> None:
    job = slow(stage, api)
    stage.receive(json.dumps({"cancel": job.job_id}))
    stage.put(job.job_id, due=0)
    stage.until(job.job_id, State.CANCELLED)


def _found(stage: Stage, api: Api, function: str) -> None:
    """As after a crash between the create call and its answer, with a cancel that came meanwhile."""
    job = slow(stage, api)
    crashed = {"state": "SUBMITTING", "providerId": None, "attempts": 1, "attemptUntil": 0}
    due = 0 if function == "Reconcile" else FAR
    stage.put(job.job_id, **crashed, stopCause="CANCELLED", due=due)
    stage.call(function, {"jobId": job.job_id, "taskToken": stage.task_token(job.job_id)})
    stage.put(job.job_id, due=0)
    stage.until(job.job_id, State.CANCELLED)


def _swept(stage: Stage, api: Api, model: str = MODELS[0]) -> None:
    """Refused at first, so that the sweep submits it."""
    job_id = sent(stage, stage.request(api, model=model, simulate="unavailable"))
    stage.until(job_id, State.SUBMITTED, State.RUNNING, State.SUCCEEDED)


def _looked_at(stage: Stage, api: Api) -> None:
    """Described because it is due, and listed because the last poll is set to long ago."""
    job = slow(stage, api)
    ReconciliationRows(boto3.client("dynamodb"), stage.deployment.table).mark_looked(0)
    stage.put(job.job_id, due=0)
    stage.call("Reconcile", {})
    stage.receive(json.dumps({"cancel": job.job_id}))


def _expired(stage: Stage, api: Api) -> None:
    job = slow(stage, api)
    stage.put(job.job_id, deadline=0)
    stage.call("Expire", {"jobId": job.job_id})
    stage.put(job.job_id, due=0)
    stage.until(job.job_id, State.TIMED_OUT)


def _modelled(stage: Stage, model: str) -> None:
    stage.until(sent(stage, stage.request(Api.BEDROCK_JOB, model=model)), State.SUCCEEDED)


def _planned(stage: Stage) -> None:
    stage.until(sent(stage, stage.planned()), State.SUCCEEDED)


def _planned_by_the_sweep(stage: Stage) -> None:
    job_id = sent(stage, stage.planned(simulate="unavailable"))
    stage.until(job_id, State.SUBMITTED, State.RUNNING, State.SUCCEEDED)


def _customized(stage: Stage) -> None:
    stage.until(sent(stage, stage.customized()), State.SUCCEEDED)


def _customized_by_the_sweep(stage: Stage) -> None:
    job_id = sent(stage, stage.customized(simulate="unavailable"))
    stage.until(job_id, State.SUBMITTED, State.RUNNING, State.SUCCEEDED)


def _failed(stage: Stage) -> None:
    stage.until(sent(stage, stage.request(Api.TRAINING_JOB, simulate="fail")), State.FAILED)


def _dry_run(stage: Stage) -> None:
    stage.receive(json.dumps(stage.request(Api.TRAINING_JOB) | {"dryRun": True}))


def _without_versions(stage: Stage) -> None:
    document = stage.request(Api.TRAINING_JOB) | {"dryRun": True}
    key = f"requests/{document['idempotencyKey']}.json"
    stage.put_object(stage.deployment.bucket, key, document)
    stage.receive(notification(stage.deployment.bucket, key, None))


def _of_another_bucket(stage: Stage) -> None:
    client = boto3.client("s3")
    document = stage.request(Api.TRAINING_JOB) | {"dryRun": True}
    key = f"{document['idempotencyKey']}.json"
    stage.put_object(stage.foreign_bucket, key, document)
    version = client.head_object(Bucket=stage.foreign_bucket, Key=key).get("VersionId")
    for each in (None, version):
        stage.receive(notification(stage.foreign_bucket, key, each))


def _of_another_queue(stage: Stage) -> None:
    document = stage.request(Api.TRAINING_JOB)
    stage.message(json.dumps(document), stage.foreign_queue_url)
    job_id = job_id_for_key(document["idempotencyKey"])
    wait_for(lambda: stage.exists(job_id), job_id)
    stage.call("Reconcile", {})


def _gone(stage: Stage) -> None:
    for bucket in (stage.deployment.bucket, stage.foreign_bucket):
        stage.receive(notification(bucket, f"requests/{uuid.uuid4().hex}.json", None))
    stage.receive(notification(stage.deployment.bucket, _long_key(), None))


def _dry_runs_elsewhere(stage: Stage) -> None:
    document = stage.request(Api.TRAINING_JOB) | {"dryRun": True}
    stage.receive(f"{json.dumps(document)}\n{json.dumps(document)}")
    key = _long_key()
    stage.put_object(stage.deployment.bucket, key, document)
    stage.receive(notification(stage.deployment.bucket, key, None))


def _long_key() -> str:
    """As long as S3 takes it, so that its answer's key is longer."""
    return f"requests/{uuid.uuid4().hex}".ljust(MAX_KEY_BYTES, "a")


def _started_by_the_sweep(stage: Stage) -> None:
    job_id = slow(stage, Api.TRAINING_JOB).job_id
    stage.put(job_id, state="QUEUED", due=0, deadline=FAR)
    stage.call("Reconcile", {})


def _counted(stage: Stage) -> None:
    """As if it had been read long ago, as a file ends two minutes after that. Then the last look."""
    document = json.dumps(stage.request(Api.TRAINING_JOB) | {"dryRun": True})
    message_id = uuid.uuid4().hex
    stage.receive(f"{document}\n{document}", message_id)
    client = boto3.client("dynamodb")
    (row,) = FileRows(client, stage.deployment.table).versions(f"sqs://{message_id}")
    for _ in range(2):
        client.update_item(
            TableName=stage.deployment.table,
            Key=row.key,
            UpdateExpression="SET updatedAt = :longAgo, due = :now",
            ExpressionAttributeValues=to_dynamodb({":longAgo": LONG_AGO, ":now": 0}),
        )
        stage.call("Reconcile", {})


def _dead_letters(stage: Stage) -> None:
    outputs = stage.deployment.outputs
    for name in ("DeadLetterQueueUrl", "EventsDeadLetterQueueUrl", "StreamFailuresQueueUrl"):
        body = json.dumps({"nobody": uuid.uuid4().hex})
        boto3.client("sqs").send_message(QueueUrl=outputs[name], MessageBody=body)
    for body in _dead_bodies(stage):
        boto3.client("sqs").send_message(QueueUrl=outputs["DeadLetterQueueUrl"], MessageBody=body)
    stage.call("Reconcile", {})


def _put_aside(stage: Stage) -> None:
    """For good: a row that cannot be read. For trouble that passes: as the sweep finds it."""
    change = {
        "Keys": {"pk": {"S": "jc-unreadable"}, "sk": {"S": "JOB"}},
        "NewImage": {"state": {"S": "NONSENSE"}},
        "SequenceNumber": "1",
    }
    stage.call("Announce", {"Records": [{"eventName": "INSERT", "dynamodb": change}]})
    record = {"jobId": slow(stage, Api.TRAINING_JOB).job_id, "changedAt": "2026-11-21", "errors": ["SlowDown"]}
    boto3.client("sqs").send_message(
        QueueUrl=stage.deployment.outputs["StreamFailuresQueueUrl"],
        MessageBody=json.dumps({"putAside": {**record, "permanent": False}}),
    )
    stage.call("Reconcile", {})


def _lost_announcements(stage: Stage) -> None:
    """The look is due as if there had been none: otherwise it is made every half hour."""
    boto3.client("dynamodb").delete_item(TableName=stage.deployment.table, Key=to_dynamodb(LOOK))
    stage.call("Reconcile", {})


def _dead_bodies(stage: Stage) -> Iterator[str]:
    """Of a file, a long key, an object of another bucket, and a document of a message."""
    name = f"requests/{uuid.uuid4().hex}.json"
    for bucket, key in (
        (stage.deployment.bucket, name),
        (stage.deployment.bucket, _long_key()),
        (stage.foreign_bucket, name),
    ):
        yield notification(bucket, key, None)
    rows = ContinuationRows(boto3.client("dynamodb"), stage.deployment.table)
    document = document_source(message_source(uuid.uuid4().hex), 1)
    yield json.dumps({CONTINUE: rows.add(Work(document, "{}"), time.time())})
