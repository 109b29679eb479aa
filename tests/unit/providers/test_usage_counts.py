"""Tokens of a batch's records, at most."""

import json
from typing import Any

import pytest

from jobchute.providers.bedrock.invocation_job.usage_counts import usage_in


def lines(*bodies: Any) -> list[bytes]:
    records = ({"recordId": str(number), "modelInput": body} for number, body in enumerate(bodies))
    return [json.dumps(record).encode() for record in records]


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 300},
        {"messages": [], "inferenceConfig": {"maxTokens": 300}},
        {"inputText": "Hi", "textGenerationConfig": {"maxTokenCount": 300}},
        {"prompt": "Hi", "max_gen_len": 300},
        {"prompt": "Hi", "max_tokens_to_sample": 300},
        {"prompt": "Hi", "max_tokens": 100, "num_generations": 3},
    ],
    ids=",".join,
)
def test_what_a_record_allows_is_counted(body: Any) -> None:
    size = len(json.dumps(body, separators=(",", ":")))
    assert usage_in(lines(body, body)) == {"inputTokens": 2 * size, "outputTokens": 600}


def test_a_character_has_as_many_tokens_as_bytes() -> None:
    one, other = ({"prompt": text, "max_tokens": 1} for text in ("a", "\u65e5"))
    more = usage_in(lines(other))["inputTokens"] - usage_in(lines(one))["inputTokens"]
    assert more == 2


def test_empty_lines_are_no_records() -> None:
    assert usage_in([b"", b"\n"]) == {"inputTokens": 0, "outputTokens": 0}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"modelInput": {"inputText": "x"}}', "record 1 sets no limit"),
        (b'{"recordId": "1"}', "record 1 has no modelInput"),
        (b"[]", "record 1 has no modelInput"),
        (b'{"modelInput": {"video": {"s3Location": {"uri": "s3://a"}}, "max_tokens": 1}}', "names an object"),
    ],
)
def test_what_cannot_be_counted_is_told(line: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        usage_in([line])
