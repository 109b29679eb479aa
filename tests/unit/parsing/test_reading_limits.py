"""How large a request file and its documents may be."""

import json

from jobchute.parsing.documents import read_documents
from jobchute.parsing.text import MAX_ARRAY_BYTES, MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_DOCUMENTS, MAX_NODES
from tests.unit.parsing.test_reading import codes, read, values


def test_limits_are_inclusive() -> None:
    deep = b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH
    assert codes(read(deep, "a.json")) == codes(read(b"[%s]" % deep, "a.json")) == [[]]
    assert codes(read(deep, "a.yaml")) == [[]]
    wide = json.dumps({"a": [0] * (MAX_NODES - 3)}).encode()
    assert codes(read(wide, "a.json")) == codes(read(wide, "a.yaml")) == [[]]
    assert codes(read(wide.replace(b"[0", b"[0, 0"), "a.yaml")) == [["TOO_MANY_VALUES"]]
    assert codes(read(wide.replace(b"[0", b"[0, 0"), "a.json")) == [["TOO_MANY_VALUES"]]
    large = b'{"a":"%s"}' % (b"x" * (MAX_DOCUMENT_BYTES - 8))
    for name in ("a.json", "a.jsonl", "a.yaml"):
        assert codes(read(large, name)) == [[]]
        assert codes(read(large.replace(b"x", b"xx", 1), name)) == [["DOCUMENT_TOO_LARGE"]]
    assert len(values(b"{}\n" * MAX_DOCUMENTS, "a.jsonl")) == MAX_DOCUMENTS
    assert len(values(b"--- {}\n" * MAX_DOCUMENTS, "a.yaml")) == MAX_DOCUMENTS
    assert len(values(b"[" + b"{}," * (MAX_DOCUMENTS - 1) + b"{}]", "a.json")) == MAX_DOCUMENTS


def test_the_largest_array_is_read_and_one_byte_more_is_not() -> None:
    largest = b'[{"a":1}]'.ljust(MAX_ARRAY_BYTES)
    assert codes(read(largest, "a.json")) == [[]]
    assert codes(read(largest + b" ", "a.json")) == [["FILE_TOO_LARGE"]]


def test_punctuation_in_strings_is_neither_depth_nor_values() -> None:
    text = {"a": "[{" * 3000, "b": ",:" * 3000, "c": '\\"[' * 1000}
    assert values(json.dumps(text), "a.json") == [text]
    assert values(json.dumps(text), "a.yaml") == [text]


def test_an_array_item_may_be_too_large_by_itself() -> None:
    data = b'[{"a":1},{"a":"%s"},\n{}]' % (b"x" * (MAX_DOCUMENT_BYTES - 8))
    assert codes(read(data, "a.json")) == [[], [], []]
    documents = read(data.replace(b"x", b"xx", 1), "a.json")
    assert codes(documents) == [[], ["DOCUMENT_TOO_LARGE"], []]
    assert [document.line for document in documents] == [1, 1, 2]


def test_what_is_too_deep_is_located_behind_other_brackets() -> None:
    (document,) = read_documents(b'{"a":[[],{}],"b[":' + b"[" * 100, name="a.json")
    assert "(line 1, column 82)" in document.problems[0].message
