"""What hostile files and broken notifications are told, word for word.

    python -m tests.unit.parsing.test_reading_messages

writes the file of messages anew. Of syntax errors, which quote the parser, only place and hint are kept.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from jobchute.aws.s3_notifications import MalformedNotification, notifications_in
from jobchute.parsing.documents import read_documents
from tests.unit.aws.test_s3_notifications import event, in_sns, record
from tests.unit.parsing.test_hostile_files import HOSTILE_FILES

MESSAGES = Path(__file__).with_name("reading_messages.txt")
HEADER = "# Made by python -m tests.unit.parsing.test_reading_messages: what each refused file is told.\n"
SHOWN = 5
PARSERS_WORDS = re.compile(r"(this is not (?:JSON|YAML): )[^;(]*")

MALFORMED: list[Any] = [
    {"Records": [record(), record(s3={"object": {"key": "k"}})]},
    {"Records": [record(s3={"object": {"key": "k"}, "bucket": {}})]},
    {"Records": [record(s3=None)]},
    {"Records": [record(s3={"bucket": {"name": "b"}})]},
    {"Records": [record(object={"key": 1})]},
    {"Records": [record(object={"key": "%FF"})]},
    {"Records": [record(eventName=None)]},
    {"Records": [record(eventSource="aws:" + "x" * 50)]},
    {"Records": [record(eventSource=7)]},
    event(detail=[]),
    event(detail={"object": {"key": "k"}}),
    event(detail={"bucket": {"name": "b"}}),
    event(detail={"bucket": {}, "object": {"key": "k"}}),
    event(object={"key": None}),
    event(source="aws." + "x" * 50),
    {"Type": "Notification", "Message": 1},
    {"Type": "Notification", "Message": "hello"},
    in_sns({"api": "braket:CreateJob"}),
    {"Type": "SubscriptionConfirmation", "TopicArn": "arn:aws:sns:x"},
]


def messages() -> str:
    lines = [HEADER]
    for hostile in HOSTILE_FILES:
        lines.append(f"{hostile.what}\n")
        documents = list(read_documents(hostile.data, name=hostile.name))[:SHOWN]
        for problem in [problem for document in documents for problem in document.problems[:SHOWN]]:
            message = PARSERS_WORDS.sub(r"\1…", problem.message)
            lines.append(f"    {problem.path[:200]} {problem.code} {message}\n")
    return "".join([*lines, "\n", *(f"{told(body)}\n" for body in MALFORMED)])


def told(body: object) -> str:
    try:
        notifications_in(body)
    except MalformedNotification as error:
        return str(error)
    raise AssertionError(f"{body} is not malformed")


def test_the_messages_are_those_that_were_read_and_found_good() -> None:
    assert messages() == MESSAGES.read_text(), (
        "if that is meant: python -m tests.unit.parsing.test_reading_messages"
    )


def test_a_refused_file_is_refused_on_its_first_line() -> None:
    for data in (b"", b"\x1f\x8b\x08"):
        assert [document.line for document in read_documents(data, name="f.json")] == [1]


def test_the_first_character_after_white_space_tells_the_syntax() -> None:
    for data, code in (
        (b" \n {'a': 1", "INVALID_JSON"),
        (b"[{'a': 1}]", "INVALID_JSON"),
        (b" a: [", "INVALID_YAML"),
    ):
        (document,) = read_documents(data, name="message")
        assert [problem.code for problem in document.problems] == [code]


if __name__ == "__main__":
    MESSAGES.write_text(messages())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ('{"a": 1, }', "Illegal trailing comma before end of object"),
        ('{"a": [1,\n]}', "Illegal trailing comma before end of array"),
    ],
)
def test_every_python_blames_the_same_place_for_a_comma_too_many(
    monkeypatch: pytest.MonkeyPatch, data: str, words: str
) -> None:
    """Lambda runs a newer Python than the tool may; from 3.13 on the parser blames the comma."""
    (older,) = next(read_documents(data.encode(), name="f.json")).problems

    def newer(*_: object) -> None:
        raise json.JSONDecodeError(words, data, data.rindex(","))

    monkeypatch.setattr(json.JSONDecoder, "raw_decode", newer)
    (problem,) = next(read_documents(data.encode(), name="f.json")).problems
    assert PARSERS_WORDS.sub(r"\1…", problem.message) == PARSERS_WORDS.sub(r"\1…", older.message)
