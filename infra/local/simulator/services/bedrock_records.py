"""The records of a batch inference job: its input is validated and answered as the models do, in S3.

The outputs are one NAME.jsonl.out for each input file, in another order than the input, and manifest.json.out.
What a record's id holds chooses how the record fares:

| in the id       | the record |
|---|---|
| `sim-fail`      | is refused for what it says (400) |
| `sim-throttle`  | fails for want of capacity (429) and may be sent again |
| `sim-flaky`     | fails (500) unless the name of the input file contains `retry` |
| `sim-lost`      | has no answer unless the name of the input file contains `retry` |
| `sim-missing`   | has no answer |
"""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..jobs import Job, Step
from ..storage import Storage

MIN_RECORDS = 100
SUFFIX = ".jsonl"
ENDS = frozenset({"Completed", "PartiallyCompleted", "Stopped", "Expired"})
INVALID = "The input file is not valid JSON Lines (simulated)"
TOO_FEW = "Batch job {} contains less records ({}) than the required minimum of: {}"
NO_COUNTS = dict.fromkeys(
    ("totalRecordCount", "processedRecordCount", "successRecordCount", "errorRecordCount"), 0
)


def work(job: Job, step: Step, storage: Storage) -> Step:
    """Validate the input before the job is scheduled, and write the outputs before it ends.

    Returns the step to enter: with an invalid input the job fails. A job whose input is not there goes on.
    """
    if step.status == "Scheduled":
        try:
            total = sum(len(lines) for lines in _input_of(job, storage).values())
        except ValueError:
            return replace(step, status="Failed", reason=INVALID)
        if 0 < total < MIN_RECORDS:
            return replace(step, status="Failed", reason=TOO_FEW.format(job.arn, total, MIN_RECORDS))
        job.counts = NO_COUNTS | {"totalRecordCount": total} if total else {}
    elif step.status in ENDS and job.started is not None and job.counts:
        _write_outputs(job, step, storage)
    return step


def _write_outputs(job: Job, step: Step, storage: Storage) -> None:
    folder = f"{job.request['outputDataConfig']['s3OutputDataConfig']['s3Uri'].rstrip('/')}/{job.key}"
    answered = failed = 0
    for key, lines in _input_of(job, storage).items():
        done = lines if step.status == "Completed" else lines[: len(lines) - max(1, len(lines) // 10)]
        answers = [answer for line in done if (answer := _answer(job, key, line)) is not None]
        random.Random(job.key).shuffle(answers)
        body = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in answers)
        storage.write(f"{folder}/{key.rpartition('/')[2]}.out", body.encode())
        answered += len(answers)
        failed += sum("error" in each for each in answers)
    job.counts = {
        "totalRecordCount": job.counts["totalRecordCount"],
        "processedRecordCount": answered,
        "successRecordCount": answered - failed,
        "errorRecordCount": failed,
    }
    tokens = {"inputTokenCount": 12 * (answered - failed), "outputTokenCount": 6 * (answered - failed)}
    storage.write(f"{folder}/manifest.json.out", json.dumps({**job.counts, **tokens}).encode())


def _answer(job: Job, key: str, line: Mapping[str, Any]) -> dict[str, Any] | None:
    record_id = str(line["recordId"])
    if "sim-missing" in record_id or ("sim-lost" in record_id and "retry" not in key):
        return None
    if (error := _error_of(record_id, key)) is not None:
        return {**line, "error": error}
    return {**line, "modelOutput": output_of(job.request, line["modelInput"])}


def _error_of(record_id: str, key: str) -> dict[str, Any] | None:
    if "sim-fail" in record_id:
        return _error(400, "max_tokens: Field required", retryable=False)
    if "sim-throttle" in record_id:
        return _error(429, "Too many tokens, please wait before trying again.", retryable=True)
    if "sim-flaky" in record_id and "retry" not in key:
        return _error(500, "The system encountered an unexpected error during processing.", retryable=True)
    return None


def output_of(request: Mapping[str, Any], given: Any) -> dict[str, Any]:
    """What the model says: in Converse's shape, or in the model's own."""
    model = request["modelId"].rpartition("/")[2]
    text = f"An answer to {len(json.dumps(given))} characters."
    if request.get("modelInvocationType") == "Converse":
        return {**_conversed(text), "metrics": {"latencyMs": 431}}
    if "anthropic." in model:
        usage = {"input_tokens": 12, "cache_read_input_tokens": 0, "output_tokens": 6}
        said = {"content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": None}
        return {
            "model": model,
            "id": "msg_bdrk_01",
            "type": "message",
            "role": "assistant",
            **said,
            "usage": usage,
        }
    if "titan-embed" in model:
        return {"embedding": [0.012, -0.034], "inputTextTokenCount": 12}
    if "openai." in model:
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 12, "completion_tokens": 6, "total_tokens": 18}
        return {"id": "chatcmpl-1", "object": "chat.completion", "choices": [choice], "usage": usage}
    return _conversed(text)


def _conversed(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": [{"text": text}]}
    usage = {"inputTokens": 12, "outputTokens": 6, "totalTokens": 18}
    return {"output": {"message": message}, "stopReason": "end_turn", "usage": usage}


def _error(code: int, message: str, *, retryable: bool) -> dict[str, Any]:
    return {"errorCode": code, "errorMessage": message, "expired": False, "retryable": retryable}


def _input_of(job: Job, storage: Storage) -> dict[str, list[dict[str, Any]]]:
    """The records of each file. The provider makes up the ids that are missing."""
    uri = job.request["inputDataConfig"]["s3InputDataConfig"]["s3Uri"]
    return {key: list(_records(body)) for key, body in storage.read(uri, SUFFIX).items()}


def _records(body: bytes) -> Iterator[dict[str, Any]]:
    """Raises ValueError for a line that is no JSON object."""
    for number, line in enumerate(filter(None, body.split(b"\n"))):
        value = json.loads(line)
        if not isinstance(value, dict):
            raise ValueError(f"line {number + 1} is no object")
        yield {"recordId": f"{number:011d}", "modelInput": {}} | value
