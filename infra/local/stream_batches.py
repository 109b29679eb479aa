"""MiniStack's streams with batches that fail in part. Run by MiniStack's own Python, not by ours.

After an answer with batchItemFailures, Lambda delivers a stream again from the first record that failed (Lambda
Developer Guide, "Configuring partial batch response with DynamoDB and Lambda"). MiniStack 1.5.33 goes on behind
the batch, so that record and those behind it are lost.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from ministack.services import dynamodb, lambda_svc  # type: ignore[import-not-found]

poll_streams = lambda_svc._poll_dynamodb_streams
execute_function = lambda_svc._execute_function
reader = threading.local()


def polled() -> Any:
    reader.is_polling = True
    try:
        return poll_streams()
    finally:
        reader.is_polling = False


def executed(function: Any, event: Any) -> Any:
    """As `_execute_function`; a batch of a stream that failed in part is one that failed, read up to there."""
    result = execute_function(function, event)
    if not getattr(reader, "is_polling", False):
        return result
    failed = _failed(result.get("body"))
    if failed and _go_back(function, event["Records"], failed):
        error = {"errorType": "BatchItemFailures", "errorMessage": f"failed from {min(failed)}"}
        return {**result, "error": True, "body": error}
    return result


def _failed(body: Any) -> set[str]:
    """The sequence numbers of the records that failed."""
    answer = json.loads(body) if isinstance(body, str) and body else body
    failures = answer.get("batchItemFailures", []) if isinstance(answer, Mapping) else []
    return {failure["itemIdentifier"] for failure in failures}


def _go_back(function: Any, records: Sequence[Mapping[str, Any]], failed: set[str]) -> bool:
    """Let the next batch begin with the first record that failed. False where no mapping asks for that."""
    stream = records[0]["eventSourceARN"]
    table = stream.split("/")[1]
    name = function["config"]["FunctionName"]
    for _, _, mapping in lambda_svc._iter_all_esms():
        is_of_both = mapping["EventSourceArn"] == stream and mapping["FunctionName"] == name
        if is_of_both and "ReportBatchItemFailures" in mapping.get("FunctionResponseTypes", []):
            with lambda_svc._dynamodb_stream_positions_lock:
                start = dynamodb.stream_start_position(table)
                for place, record in enumerate(dynamodb.stream_live_records(table), start=start):
                    if record["dynamodb"]["SequenceNumber"] in failed:
                        lambda_svc._dynamodb_stream_positions[mapping["UUID"]] = place
                        break
            return True
    return False


lambda_svc._poll_dynamodb_streams = polled
lambda_svc._execute_function = executed
