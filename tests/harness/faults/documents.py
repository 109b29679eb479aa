"""Request documents that the harness sends: small valid bodies, told apart by a number."""

import json
from collections.abc import Mapping
from typing import Any

from jobchute.job import Api, iso
from tests.apis import VALUES


def document_of(api: Api, number: int, **envelope: Any) -> dict[str, Any]:
    return {"api": str(api), "request": VALUES[api].body_of(number), **envelope}


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
