"""What an envelope is told, word for word.

    python -m tests.unit.requests.test_document_messages

writes the file of messages anew.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from jobchute.requests.document import Submission, parse_document

MESSAGES = Path(__file__).with_name("document_messages.txt")
HEADER = "# Made by python -m tests.unit.requests.test_document_messages: what each refused document is told.\n"

ENVELOPE: dict[str, Any] = {"api": "braket:CreateJob", "request": {}}


def with_each(member: str, *values: Any) -> list[dict[str, Any]]:
    """A document for each value of one member, else valid."""
    return [{**ENVELOPE, member: value} for value in values]


REFUSED: list[Any] = [
    *(None, True, 7, 1.5, "text", [], [{}]),
    {},
    *with_each("api", "braket:CreateJobs", "x", 7, "y" * 99 + "braket:CreateJob"),
    *with_each("request", None, True, 7, 1.5, "text", []),
    *with_each("idempotencyKey", 7, "", "k" * 257, []),
    *with_each("labels", None, ["team"], "x", {f"l{n}": "x" for n in range(21)}),
    *with_each(
        "labels", *({name: "x"} for name in ("", "-a", "a-", "a b", "aws", "AWS-x", "l" * 64, "m" * 65))
    ),
    *with_each("labels", *({"team": text} for text in (7, None, "a\nb", "x" * 257, "ä"))),
    *with_each("labels", {"": 7}, {"l" * 64: 7}),
    *with_each("dryRun", None, 1, "yes", [], {}),
    *with_each("matrix", None, {}, {"a": 1}, {"a": []}, {"a": [1, 1]}, {"a.b": [1]}, {"request.a": [1]}),
    *with_each(
        "matrix", {"a[": [1]}, {"a": [1], "a.b": [2]}, {"a": [1] * 1001}, {c: [1] for c in "0123456789x"}
    ),
    *with_each("matrix", {"a": list(range(50)), "b": list(range(50))}),
    {**ENVELOPE, "matrix": {"a": [1]}, "idempotencyKey": "k" * 246},
    *with_each("priority", None, True, 5.0, "5", -1, 10, []),
    *with_each("after", None, "k", [], {}, [f"k{n}" for n in range(21)], [7], [None], [[]], [""], ["k" * 257]),
    *with_each("after", ["k", "l", "k"], ["k", {"job": "k", "on": "FAILED"}]),
    *with_each("after", [{}], [{"job": 7}], [{"job": ""}], [{"job": "k", "when": "x"}], [{"on": "FAILED"}]),
    *with_each(
        "after", *([{"job": "k", "on": on}] for on in (None, 7, "", [], "FAILD", "ended", ["FAILED", 7]))
    ),
    *with_each("after", [{"job": "k", "on": ["ENDED"] * 7}], [{"job": "k", "on": "REJECTED"}, {"job": []}]),
    *with_each("retryOf", 7, "", "jc-1", "jc-" + "0" * 65, "JC-" + "0" * 64),
    *({**ENVELOPE, key: 1} for key in ("lables", "Api", "idempotency_key", "xyz", "z" * 101)),
    *({"cancel": target} for target in ("", None, 7, ["jc-1"])),
    {"cancel": "jc-1", "api": "braket:CreateJob", "dryRun": True},
    {"cancel": 7, "why": "x"},
    *({"set": target, "priority": 7} for target in ("", None, 7, "k" * 257)),
    {"set": "jc-1"},
    {"set": "jc-1", "priority": 10, "labels": {"n": 1}, "dryRun": True},
    *({key: "nightly"} for key in ("cancle", "Cancel", "canceled", "cancal", "parcel")),
    {"cancle": "nightly", "api": "braket:CreateJob"},
    {"api": "x", "request": 1, "labels": 2, "dryRun": 3, "idempotencyKey": 4, "y": 5},
]
# At the edges of what is refused above.
ACCEPTED = [
    *with_each("idempotencyKey", None, "k", "k" * 256),
    *with_each("labels", {f"l{n}": "x" for n in range(20)}),
    *with_each("labels", *({name: "x"} for name in ("a", "a9", "A.b_c-d", "l" * 63, "law", "9"))),
    *with_each("labels", *({"team": text} for text in ("", "x" * 256, "a b_c.d:e/f=g+h@i-j"))),
    *with_each("dryRun", True, False),
    *with_each("priority", 0, 5, 9),
    *with_each("after", ["k"], ["k" * 256], [f"k{n}" for n in range(20)]),
    *with_each("after", [{"job": "k"}, {"job": "l", "on": ["ENDED"] * 6}]),
    *with_each("retryOf", None, "jc-" + "0f" * 32),
]


def messages() -> str:
    lines = [HEADER]
    for document in REFUSED:
        found = parse_document(document)
        assert isinstance(found, list)
        lines.append(f"{json.dumps(document)[:150]}\n")
        lines += [f"    {problem.path} {problem.code} {problem.message}\n" for problem in found]
    return "".join(lines)


def test_the_messages_are_those_that_were_read_and_found_good() -> None:
    assert messages() == MESSAGES.read_text(), (
        "if that is meant: python -m tests.unit.requests.test_document_messages"
    )


@pytest.mark.parametrize("document", ACCEPTED)
def test_what_is_just_right_is_taken_as_it_is(document: dict[str, Any]) -> None:
    parsed = parse_document(document)
    assert isinstance(parsed, Submission)
    assert parsed.labels == document.get("labels", {})
    assert parsed.dry_run is document.get("dryRun", False)
    assert parsed.priority == document.get("priority", 5)
    assert len(parsed.after) == len(document.get("after", []))
    assert parsed.retry_of == document.get("retryOf")
    assert parsed.idempotency_key == document.get("idempotencyKey")


def test_a_body_with_an_api_beside_it_is_no_bare_one() -> None:
    found = parse_document({"api": "braket:CreateJob"}, path="requests/braket/create-job/x.json")
    assert isinstance(found, list)
    assert [(problem.path, problem.code) for problem in found] == [("request", "MISSING")]


if __name__ == "__main__":
    MESSAGES.write_text(messages())
