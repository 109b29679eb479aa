"""Request documents that the harness sends: a small valid body for each API, told apart by a number."""

import json
from collections.abc import Mapping
from typing import Any

from jobchute.job import Api, iso

ROLE = "arn:aws:iam::123456789012:role/JobchuteMachine"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"
CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}

BODIES: Mapping[Api, dict[str, Any]] = {
    Api.BRAKET_JOB: {
        "roleArn": "arn:aws:iam::123456789012:role/service-role/AmazonBraketJobsExecutionRole",
        "algorithmSpecification": {
            "scriptModeConfig": {"entryPoint": "a:b", "s3Uri": "s3://in-put/code.tar.gz"}
        },
        "instanceConfig": {"instanceType": "ml.m5.large", "volumeSizeInGb": 30},
        "deviceConfig": {"device": "arn:aws:braket:::device/quantum-simulator/amazon/sv1"},
        "stoppingCondition": {"maxRuntimeInSeconds": 7200},
    },
    Api.BEDROCK_JOB: {
        "roleArn": ROLE,
        "modelId": "amazon.nova-lite-v1:0",
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://in-put/records.jsonl"}},
        "timeoutDurationInHours": 24,
    },
    Api.TRAINING_JOB: {
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": {"MaxRuntimeInSeconds": 7200},
    },
    Api.PROCESSING_JOB: {
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": IMAGE},
        "ProcessingResources": {"ClusterConfig": CLUSTER},
        "StoppingCondition": {"MaxRuntimeInSeconds": 7200},
    },
    Api.FIREWORKS_JOB: {
        "nodePoolId": "pool",
        "imageRef": "docker.io/a/b:1",
        "shellExecutor": {"command": "run"},
    },
}


def body_of(api: Api, number: int) -> dict[str, Any]:
    """A valid body; another number makes another job."""
    body = dict(BODIES[api])
    match api:
        case Api.BRAKET_JOB:
            return body | {"outputDataConfig": {"s3Path": f"s3://out-put/{number}"}}
        case Api.BEDROCK_JOB:
            uri = f"s3://out-put/{number}/"
            return body | {"outputDataConfig": {"s3OutputDataConfig": {"s3Uri": uri}}}
        case Api.TRAINING_JOB:
            return body | {"OutputDataConfig": {"S3OutputPath": f"s3://out-put/{number}"}}
        case Api.PROCESSING_JOB:
            return body | {"Environment": {"NUMBER": str(number)}}
        case Api.FIREWORKS_JOB:
            return body | {"envVars": {"NUMBER": str(number)}}


def document_of(api: Api, number: int, **envelope: Any) -> dict[str, Any]:
    return {"api": str(api), "request": body_of(api, number), **envelope}


def text_of(document: Mapping[str, Any]) -> str:
    return json.dumps(document)


def invalid(number: int) -> dict[str, Any]:
    """What every provider would refuse."""
    return {"api": "sagemaker:CreateTrainingJob", "request": {"TrainingJobName": f"under_score_{number}"}}


def object_event(bucket: str, key: str, version: str, sequencer: str) -> str:
    """The notification that S3 sends to the intake queue."""
    entry = {"key": key, "versionId": version, "sequencer": sequencer, "size": 1}
    s3 = {"bucket": {"name": bucket}, "object": entry}
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}
    return json.dumps({"Records": [record]})


def given_up(record: Mapping[str, Any]) -> str:
    """The message about a record of the stream that has failed too often."""
    at, number = iso(record["ApproximateCreationDateTime"]), record["SequenceNumber"]
    batch = {
        "streamArn": "stream",
        "shardId": "shard",
        "batchSize": 1,
        "startSequenceNumber": number,
        "endSequenceNumber": number,
        "approximateArrivalOfFirstRecord": at,
        "approximateArrivalOfLastRecord": at,
    }
    return json.dumps({"DDBStreamBatchInfo": batch})
