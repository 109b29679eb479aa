"""A deployed stack with IAM enforced, and hands on it, for exercises."""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3

from infra.local.embedded import Deployment
from jobchute.job import Api, Job, State, job_id_for_key
from jobchute.ledger.items import JOB, to_dynamodb
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.task_tokens import TaskTokenRows
from jobchute.providers.registry import SPECS
from tests.apis import REQUESTS

ROLE = "arn:aws:iam::000000000000:role/Job"
MODELS = (
    "anthropic.claude-3-haiku-20240307-v1:0",
    "arn:aws:bedrock:eu-central-2:000000000000:inference-profile/eu.amazon.nova-micro-v1:0",
    "arn:aws:bedrock:eu-central-2:000000000000:application-inference-profile/a1b2c3d4e5f6",
    "arn:aws:bedrock:eu-central-2:000000000000:custom-model/amazon.nova-micro-v1:0/abcdefghijkl",
)
TRAINING_PLAN = "arn:aws:sagemaker:eu-central-2:000000000000:training-plan/reserved"
BUCKET, BUCKET_OF_BRAKET = "amzn-s3-demo-bucket", "amazon-braket-us-east-1-123456789012"
OUTPUTS = (f"s3://{BUCKET}/",)
"""The only allowed output. A grant for all of S3 would also cover the functions' own writes, and hide whether
those need a grant of their own."""
FAR = 4_000_000_000
PATIENCE_SECONDS = 240


@dataclass(slots=True)
class Stage:
    """A deployed stack, and hands on it."""

    deployment: Deployment
    functions: dict[str, str]
    foreign_bucket: str
    foreign_queue_url: str

    @property
    def ledger(self) -> Ledger:
        return Ledger(boto3.client("dynamodb"), self.deployment.table, retention=3600)

    def request(self, api: Api, *, model: str = MODELS[0], **labels: str) -> dict[str, Any]:
        body = json.loads(json.dumps(with_role(REQUESTS[api])).replace(BUCKET_OF_BRAKET, BUCKET))
        unique = f"iam-{uuid.uuid4().hex[:12]}"
        body[SPECS[api].told_apart_by] = unique
        if "modelId" in body:
            body["modelId"] = model
        return {"api": api, "request": body, "idempotencyKey": unique, "labels": labels}

    def send(self, document: dict[str, Any]) -> str:
        """Returns the id of the job that it becomes."""
        self.message(json.dumps(document))
        return job_id_for_key(document["idempotencyKey"])

    def message(self, body: str, queue_url: str | None = None) -> None:
        boto3.client("sqs").send_message(QueueUrl=queue_url or self.deployment.queue_url, MessageBody=body)

    def call(self, function: str, event: Any) -> Any:
        client = boto3.client("lambda")
        answer = client.invoke(FunctionName=self.functions[function], Payload=json.dumps(event).encode())
        result = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            raise RuntimeError(f"{function}: {result}")
        return result

    def forget(self, function: str) -> None:
        """End the function's processes with all that they remember, as any change of its configuration does."""
        client, name = boto3.client("lambda"), self.functions[function]
        size = client.get_function_configuration(FunctionName=name)["MemorySize"]
        client.update_function_configuration(FunctionName=name, MemorySize=size)
        client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})

    def receive(self, body: str, message_id: str = "") -> Any:
        """What the event source of the intake queue does with one message."""
        record = {
            "messageId": message_id or uuid.uuid4().hex,
            "eventSource": "aws:sqs",
            "body": body,
            "attributes": {},
        }
        return self.call("Validate", {"Records": [record]})

    def until(self, job_id: str, *states: State) -> Job:
        """The row, once it is in one of the states."""

        def stands() -> Job | None:
            job = self.ledger.get(job_id)
            return job if job.state in states else None

        found: Job = wait_for(stands, f"{job_id} in {states}")
        return found

    def task_token(self, job_id: str) -> str:
        """Of the job's execution, or one that is none."""
        tokens = TaskTokenRows(self.ledger.rows, self.ledger.retention)
        return next(iter(tokens.all(job_id)), "none")

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

    def customized(self, **labels: str) -> dict[str, Any]:
        """The customization of a custom model, which makes one that has tags."""
        document = self.request(Api.CUSTOMIZATION_JOB, **labels)
        tags = [{"key": "team", "value": "growth"}]
        document["request"] |= {"baseModelIdentifier": MODELS[-1], "customModelTags": tags}
        return document

    def planned(self, **labels: str) -> dict[str, Any]:
        """The request of a training job on reserved capacity."""
        document = self.request(Api.TRAINING_JOB, **labels)
        document["request"]["ResourceConfig"]["TrainingPlanArn"] = TRAINING_PLAN
        return document


def with_role(request: Any) -> Any:
    """The request with every role replaced by ROLE, at any depth."""
    if not isinstance(request, dict):
        return request
    return {name: ROLE if name.lower() == "rolearn" else with_role(value) for name, value in request.items()}


def wait_for(look: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.3)
    raise TimeoutError(what)


def sent(stage: Stage, document: dict[str, Any]) -> str:
    job_id = stage.send(document)
    wait_for(lambda: stage.exists(job_id), job_id)
    return job_id


def slow(stage: Stage, api: Api, **labels: str) -> Job:
    """A job that runs for long, of which no event is to come and at which nobody looks."""
    job_id = sent(stage, stage.request(api, simulate="slow", **labels))
    stage.until(job_id, State.RUNNING)
    return stage.put(job_id, due=FAR)


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
