"""What has to hold for any bytes whatever, for hypothesis and for the coverage-guided fuzz target."""

import json
import re
from itertools import islice

import yaml

from jobchute.aws.s3_notifications import MalformedNotification, ObjectCreated, notifications_in
from jobchute.parsing.documents import JsonValue, RawDocument, position_of, read_documents
from jobchute.parsing.text import FORBIDDEN

NAMES = ("f.json", "f.jsonl", "f.yaml", "message")
_CODE = re.compile(r"[A-Z][A-Z0-9_]+")
_END_LINE = re.compile(r"(?<![^\r\n])(\.\.\.(?:[ \t][^\r\n]*)?(?:\r\n|[\r\n]))(?!---|\.\.\.)")
_PLACE = re.compile(r"\(line [1-9][0-9]*, column [1-9][0-9]*\)\Z")


def check_reading(data: bytes, name: str) -> list[RawDocument]:
    """Reads data and asserts all that can be said of the outcome without knowing what is in data."""
    documents = list(islice(read_documents(data, name=name), 100))
    assert [document.index for document in documents] == list(range(len(documents)))
    assert documents
    lines = data.count(b"\n") + data.count(b"\r") + 1
    for document in documents:
        assert 1 <= document.line <= lines
        if document.problems:
            assert document.value is None
            check_problems(data, name, document)
        else:
            check_value(document.value)
    if len(documents) < 100 and not any(document.problems for document in documents):
        check_agreement(data, name, [document.value for document in documents])
    return documents


def check_problems(data: bytes, name: str, document: RawDocument) -> None:
    for problem in document.problems[:3]:
        assert _CODE.fullmatch(problem.code)
        assert _PLACE.search(problem.message)
        assert not FORBIDDEN.search(problem.path + problem.message)
        place = position_of(data, name=name, index=document.index, path=problem.path)
        assert place is not None
        assert min(place) >= 1


def check_value(value: JsonValue) -> None:
    assert isinstance(value, dict)
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    assert not FORBIDDEN.search(text)
    assert json.loads(text.encode()) == value
    try:
        found = notifications_in(value)
    except MalformedNotification:
        return
    assert found is None or all(isinstance(created, ObjectCreated) for created in found)


def check_agreement(data: bytes, name: str, values: list[JsonValue]) -> None:
    """What was accepted is what other readers make of it."""
    text = data.decode("utf-8-sig")
    if text.lstrip(" \t\r\n").startswith(("{", "[")) and name != "f.yaml":
        assert _same(json_values(text), values)
    elif name not in ("f.json", "f.jsonl"):
        assert _same(yaml_values(text), values)


def json_values(text: str) -> list[JsonValue]:
    try:
        value = json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.split("\n") if line.strip(" \t\r")]
    return value if isinstance(value, list) else [value]


def yaml_values(text: str) -> list[JsonValue]:
    """By PyYAML, which wants the `---` that YAML 1.2 lets one leave out after a line of `...`."""
    marked = _END_LINE.sub(r"\1---\n", f"---\n{text}")
    return [loaded for loaded in yaml.load_all(marked, yaml.CSafeLoader) if loaded is not None]


def _same(some: object, others: object) -> bool:
    """Whether they are equal to the last type: to Python, True equals 1, and 1 equals 1.0."""
    return repr(some) == repr(others)
