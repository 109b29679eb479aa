"""Inputs and outputs of Bedrock batches, in the formats of the provider: shuffled, in several files, with
failures.
"""

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

PROMPT = "Summarize this ticket in one sentence: "


class Made(NamedTuple):
    """input: its lines. outputs: the lines of each output file. failed, missing: the ids of these records."""

    input: list[bytes]
    outputs: list[list[bytes]]
    failed: list[str]
    missing: list[str]

    @property
    def manifest(self) -> bytes:
        total, errors = len(self.input), len(self.failed)
        done = total - len(self.missing)
        counts = {
            "totalRecordCount": total,
            "processedRecordCount": done,
            "successRecordCount": done - errors,
            "errorRecordCount": errors,
            "inputTokenCount": 12 * done,
            "outputTokenCount": 6 * done,
        }
        return json.dumps(counts).encode()


def id_of(number: int) -> str:
    return f"R{number:010d}"


def input_line(record_id: str, padding: int = 0) -> bytes:
    text = PROMPT + record_id + "x" * padding
    given = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}],
    }
    return json.dumps({"recordId": record_id, "modelInput": given}).encode()


def output_of(record_id: str, padding: int = 0) -> dict[str, Any]:
    return {
        "model": "claude-haiku-x",
        "id": f"msg_{record_id}",
        "type": "message",
        "role": "assistant",
        "content": [
            {"type": "text", "text": f"It is about {record_id}, „größer“ than before." + "y" * padding}
        ],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 12, "cache_read_input_tokens": 0, "output_tokens": 6},
    }


def answered(line: bytes, padding: int = 0) -> bytes:
    record = json.loads(line)
    output = output_of(record["recordId"], padding)
    return json.dumps({"modelInput": record["modelInput"], "modelOutput": output} | record).encode()


def refused(line: bytes, code: int = 429, **more: Any) -> bytes:
    error = {"errorCode": code, "errorMessage": "Too many tokens, please wait.", "expired": False, **more}
    return json.dumps({**json.loads(line), "error": error}).encode()


def made(
    count: int, *, failed: int = 0, missing: int = 0, files: int = 1, padding: int = 0, seed: int = 1
) -> Made:
    """A batch of `count` records: `failed` of them failed, and `missing` have no answer."""
    rng = random.Random(seed)
    lines = [input_line(id_of(number), padding) for number in range(count)]
    chosen = rng.sample(range(count), failed + missing)
    bad, absent = set(chosen[:failed]), set(chosen[failed:])
    order = [number for number in range(count) if number not in absent]
    rng.shuffle(order)
    outputs = [list(_output(lines, order[each::files], bad, padding)) for each in range(files)]
    return Made(lines, outputs, [*map(id_of, sorted(bad))], [*map(id_of, sorted(absent))])


def _output(lines: Sequence[bytes], order: Sequence[int], bad: set[int], padding: int) -> Iterator[bytes]:
    for number in order:
        yield refused(lines[number]) if number in bad else answered(lines[number], padding)
