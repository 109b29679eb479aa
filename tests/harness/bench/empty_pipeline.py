"""A pipeline of empty functions on the same emulator, with the hops that a job of Jobchute makes and no more:

bucket → queue → function → execution that waits on a token → function → event → queue → function → its end.
No ledger, no validation, no provider, no status documents.
"""

import io
import json
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness.bench.place import Place

CODE = Path(__file__).with_name("empty_functions.py")
NAME = "empty-pipeline"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
        }
    ],
}


@dataclass(frozen=True, slots=True)
class EmptyPipeline:
    place: Place
    bucket: str
    machine: str

    def drop(self, name: str, body: bytes) -> None:
        self.place.client("s3").put_object(Bucket=self.bucket, Key=f"requests/{name}", Body=body)

    def ended(self) -> int:
        """Executions that have succeeded, in pages as large as may be."""
        pages = self.place.client("stepfunctions").get_paginator("list_executions")
        options = {"stateMachineArn": self.machine, "statusFilter": "SUCCEEDED", "maxResults": 1000}
        return sum(len(page["executions"]) for page in pages.paginate(**options))


def build(place: Place) -> EmptyPipeline:
    role = place.client("iam").create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(TRUST))
    maker = _Maker(place, role["Role"]["Arn"])
    submit = maker.function("submit", {})
    machine = maker.machine(submit)
    intake, events = maker.queue("intake"), maker.queue("events")
    maker.feed(maker.function("take_in", {"MACHINE": machine}), intake)
    maker.feed(maker.function("observe", {}), events)
    bus = place.client("events")
    bus.put_rule(Name=NAME, EventPattern=json.dumps({"source": ["empty"]}))
    bus.put_targets(Rule=NAME, Targets=[{"Id": "queue", "Arn": events}])
    place.client("s3").create_bucket(
        Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": place.client("s3").meta.region_name}
    )
    configuration = {"QueueArn": intake, "Events": ["s3:ObjectCreated:*"]}
    place.client("s3").put_bucket_notification_configuration(
        Bucket=NAME, NotificationConfiguration={"QueueConfigurations": [configuration]}
    )
    return EmptyPipeline(place, NAME, machine)


@dataclass(frozen=True, slots=True)
class _Maker:
    place: Place
    role: str

    def function(self, handler: str, variables: dict[str, str]) -> str:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("empty_functions.py", CODE.read_text())
        client = self.place.client("lambda")
        made: dict[str, Any] = client.create_function(
            FunctionName=f"{NAME}-{handler}",
            Runtime="python3.14",
            Role=self.role,
            Handler=f"empty_functions.{handler}",
            Code={"ZipFile": packed.getvalue()},
            MemorySize=512,
            Timeout=60,
            Environment={"Variables": variables | {"AWS_ENDPOINT_URL": self.place.deployment.aws_url}},
        )
        client.get_waiter("function_active_v2").wait(FunctionName=made["FunctionName"])
        return str(made["FunctionArn"])

    def machine(self, submit: str) -> str:
        state = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {"FunctionName": submit, "Payload": {"token.$": "$$.Task.Token"}},
            "TimeoutSeconds": 3600,
            "End": True,
        }
        definition = json.dumps({"StartAt": "Submit", "States": {"Submit": state}})
        made = self.place.client("stepfunctions").create_state_machine(
            name=NAME, definition=definition, roleArn=self.role
        )
        return str(made["stateMachineArn"])

    def queue(self, name: str) -> str:
        sqs = self.place.client("sqs")
        url = sqs.create_queue(QueueName=f"{NAME}-{name}", Attributes={"VisibilityTimeout": "360"})["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(found["Attributes"]["QueueArn"])

    def feed(self, function: str, queue: str) -> None:
        self.place.client("lambda").create_event_source_mapping(
            EventSourceArn=queue, FunctionName=function, BatchSize=10
        )


def wait_for(pipeline: EmptyPipeline, count: int, *, patience: float) -> None:
    end = time.monotonic() + patience
    while pipeline.ended() < count:
        if time.monotonic() > end:
            raise TimeoutError(f"{pipeline.ended()} of {count} executions of the empty pipeline have ended")
        time.sleep(0.5)
