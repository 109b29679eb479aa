"""What the functions are made to do: together every call that they can make, each part on its own in seconds.

A row is put into the state in which a crash, a race or a lost answer leaves it, where waiting for one would
take luck; then the function itself is called, under its own role.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import boto3

from infra.local.embedded import Deployment
from jobchute.job import Api, Job, State, job_id_for_key
from jobchute.ledger import Ledger
from jobchute.rows import JOB, to_dynamodb

REQUESTS = Path(__file__).parents[2] / "events" / "requests"
ROLE = "arn:aws:iam::000000000000:role/Job"
MODELS = (
    "anthropic.claude-3-haiku-20240307-v1:0",
    "arn:aws:bedrock:eu-central-2:000000000000:inference-profile/eu.amazon.nova-micro-v1:0",
    "arn:aws:bedrock:eu-central-2:000000000000:custom-model/amazon.nova-micro-v1:0/abcdefghijkl",
)
FILES = {
    Api.BRAKET_JOB: "braket/create-job/qaoa-maxcut.json",
    Api.BEDROCK_JOB: "bedrock/create-model-invocation-job/support-ticket-summaries.json",
    Api.TRAINING_JOB: "sagemaker/create-training-job/churn-xgboost.json",
    Api.PROCESSING_JOB: "sagemaker/create-processing-job/churn-features.json",
    Api.FIREWORKS_JOB: "fireworks/create-batch-job/embed-catalogue.json",
}
NAMES = {
    Api.BRAKET_JOB: "jobName",
    Api.BEDROCK_JOB: "jobName",
    Api.TRAINING_JOB: "TrainingJobName",
    Api.PROCESSING_JOB: "ProcessingJobName",
}
FAR = 4_000_000_000
PATIENCE_SECONDS = 240


@dataclass(slots=True)
class Stage:
    """A deployed stack, and hands on it."""

    deployment: Deployment
    functions: dict[str, str]
    foreign_bucket: str

    @property
    def ledger(self) -> Ledger:
        return Ledger(boto3.client("dynamodb"), self.deployment.table, retention=3600)

    def request(self, api: Api, *, model: str = MODELS[0], **labels: str) -> dict[str, Any]:
        body = json.loads((REQUESTS / FILES[api]).read_text())
        unique = f"iam-{uuid.uuid4().hex[:12]}"
        body |= {name: ROLE for name in body if name.lower() == "rolearn"}
        if api in NAMES:
            body[NAMES[api]] = unique
        if api is Api.BEDROCK_JOB:
            body["modelId"] = model
        return {"api": api, "request": body, "idempotencyKey": unique, "labels": labels}

    def send(self, document: dict[str, Any]) -> str:
        """Returns the id of the job that it becomes."""
        self.message(json.dumps(document))
        return job_id_for_key(document["idempotencyKey"])

    def message(self, body: str) -> None:
        boto3.client("sqs").send_message(QueueUrl=self.deployment.queue_url, MessageBody=body)

    def call(self, function: str, event: Any) -> Any:
        client = boto3.client("lambda")
        answer = client.invoke(FunctionName=self.functions[function], Payload=json.dumps(event).encode())
        result = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            raise RuntimeError(f"{function}: {result}")
        return result

    def receive(self, body: str) -> Any:
        """What the event source of the intake queue does with one message."""
        record = {"messageId": uuid.uuid4().hex, "eventSource": "aws:sqs", "body": body, "attributes": {}}
        return self.call("Validate", {"Records": [record]})

    def until(self, job_id: str, *states: State) -> Job:
        """The row, once it is in one of the states."""

        def stands() -> Job | None:
            job = self.ledger.get(job_id)
            return job if job.state in states else None

        found: Job = wait_for(stands, f"{job_id} in {states}")
        return found

    def exists(self, job_id: str) -> bool:
        key = to_dynamodb({"pk": job_id, "sk": JOB})
        return "Item" in boto3.client("dynamodb").get_item(TableName=self.deployment.table, Key=key)

    def put(self, job_id: str, **attributes: Any) -> Job:
        """Write attributes into the row; None removes one."""
        names = {f"#{name}": name for name in attributes}
        given = {name: value for name, value in attributes.items() if value is not None}
        gone = [f"#{name}" for name in attributes if name not in given]
        change = "SET " + ", ".join(f"#{name} = :{name}" for name in given)
        change += f" REMOVE {', '.join(gone)}" if gone else ""
        boto3.client("dynamodb").update_item(
            TableName=self.deployment.table,
            Key=to_dynamodb({"pk": job_id, "sk": JOB}),
            UpdateExpression=change,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=to_dynamodb({f":{name}": value for name, value in given.items()}),
        )
        return self.ledger.get(job_id)

    def put_object(self, bucket: str, key: str, document: Any) -> None:
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(document).encode())


def wait_for(look: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.3)
    raise TimeoutError(what)


def notification(bucket: str, key: str, version: str | None) -> str:
    """Of S3; without a version where the bucket keeps none."""
    thing = {"key": key, "size": 1, "eTag": "e", "sequencer": "0055AED6DCD90281E5"}
    thing |= {"versionId": version} if version else {}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "eventTime": "2026-11-21T00:00:00.000Z",
        "awsRegion": "eu-central-2",
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": thing,
        },
    }
    return json.dumps({"Records": [record]})


Exercise = Callable[[Stage], None]


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
    yield "a job fails", _failed
    yield "a dry run is answered", _dry_run
    yield "files without versions", _without_versions
    yield "files of another bucket", _of_another_bucket
    yield "files that are gone", _gone
    yield "an execution is started by the sweep", _started_by_the_sweep
    yield "dead letters are looked at", _dead_letters


def _dropped(stage: Stage, api: Api) -> None:
    document = stage.request(api)
    stage.put_object(stage.deployment.bucket, f"requests/{document['idempotencyKey']}.json", document)
    job_id = job_id_for_key(document["idempotencyKey"])
    wait_for(lambda: stage.exists(job_id), job_id)
    stage.until(job_id, State.SUCCEEDED)


def sent(stage: Stage, document: dict[str, Any]) -> str:
    job_id = stage.send(document)
    wait_for(lambda: stage.exists(job_id), job_id)
    return job_id


def _cancelled(stage: Stage, api: Api) -> None:
    job = slow(stage, api)
    stage.receive(json.dumps({"cancel": job.job_id}))
    stage.put(job.job_id, due=0)
    stage.until(job.job_id, State.CANCELLED)


def slow(stage: Stage, api: Api, **labels: str) -> Job:
    """A job that runs for long, of which no event is to come and at which nobody looks."""
    job_id = sent(stage, stage.request(api, simulate="slow", **labels))
    stage.until(job_id, State.RUNNING)
    return stage.put(job_id, due=FAR)


def _found(stage: Stage, api: Api, function: str) -> None:
    """As after a crash between the create call and its answer, with a cancel that came meanwhile."""
    job = slow(stage, api)
    crashed = {"state": "SUBMITTING", "providerId": None, "attempts": 1, "attemptUntil": 0}
    due = 0 if function == "Reconcile" else FAR
    stage.put(job.job_id, **crashed, stopCause="CANCELLED", due=due)
    stage.call(function, {"jobId": job.job_id, "taskToken": job.task_token})
    stage.put(job.job_id, due=0)
    stage.until(job.job_id, State.CANCELLED)


def _swept(stage: Stage, api: Api, model: str = MODELS[0]) -> None:
    """Refused at first, so that the sweep submits it."""
    job_id = sent(stage, stage.request(api, model=model, simulate="throttle"))
    stage.until(job_id, State.SUBMITTED, State.RUNNING, State.SUCCEEDED)


def _looked_at(stage: Stage, api: Api) -> None:
    job = slow(stage, api)
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


def _gone(stage: Stage) -> None:
    for bucket in (stage.deployment.bucket, stage.foreign_bucket):
        stage.receive(notification(bucket, f"requests/{uuid.uuid4().hex}.json", None))


def _started_by_the_sweep(stage: Stage) -> None:
    job_id = slow(stage, Api.TRAINING_JOB).job_id
    stage.put(job_id, state="QUEUED", due=0, deadline=FAR)
    stage.call("Reconcile", {})


def _dead_letters(stage: Stage) -> None:
    outputs = stage.deployment.outputs
    for name in ("DeadLetterQueueUrl", "EventsDeadLetterQueueUrl", "StreamFailuresQueueUrl"):
        body = json.dumps({"nobody": uuid.uuid4().hex})
        boto3.client("sqs").send_message(QueueUrl=outputs[name], MessageBody=body)
    stage.call("Reconcile", {})
