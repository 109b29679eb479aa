"""How many tokens the records of a batch have at most.

No tokenizer makes more tokens of a text than it has bytes, so the bytes of its body, as compact JSON, are
a bound of what the model reads. What it writes is bounded by the record itself, in a member that each provider
of models calls otherwise.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

MAX_OUTPUT = (
    ("max_tokens",),
    ("maxTokens",),
    ("max_completion_tokens",),
    ("max_gen_len",),
    ("max_new_tokens",),
    ("max_tokens_to_sample",),
    ("inferenceConfig", "maxTokens"),
    ("inferenceConfig", "max_new_tokens"),
    ("textGenerationConfig", "maxTokenCount"),
    ("generationConfig", "maxOutputTokens"),
)
"""Where a record says how many tokens the model may write. Source: request bodies in the Bedrock user guide."""
ANSWERS = ("n", "num_generations", "num_return_sequences")
"""How many answers are wanted."""


def usage_in(lines: Iterable[bytes]) -> dict[str, int]:
    """At most, of all records of an input. Raises ValueError for a record that sets no limit."""
    read = written = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        body = _body_of(line, number)
        read += len(json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode())
        written += _max_output(body, number)
    return {"inputTokens": read, "outputTokens": written}


def _body_of(line: bytes, number: int) -> Mapping[str, Any]:
    record = json.loads(line)
    body = record.get("modelInput") if isinstance(record, dict) else None
    if not isinstance(body, dict):
        raise ValueError(f"record {number} has no modelInput")
    if b'"s3Location"' in line or b'"s3Uri"' in line:
        raise ValueError(f"record {number} names an object in S3, whose tokens cannot be counted")
    return body


def _max_output(body: Mapping[str, Any], number: int) -> int:
    found = [value for path in MAX_OUTPUT if isinstance(value := _at(body, path), int)]
    if not found:
        raise ValueError(f"record {number} sets no limit of the tokens that the model may write")
    answers = [value for name in ANSWERS if isinstance(value := body.get(name), int)]
    return max(found) * max(answers, default=1)


def _at(body: Mapping[str, Any], path: tuple[str, ...]) -> object:
    value: Any = body
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
