"""JSON Lines as a stream: wherever it is cut, and wherever reading begins again, it says the same."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobchute.parsing.documents import (
    Position,
    count_json_lines,
    head_bytes,
    is_to_stream,
    read_documents,
    read_json_lines,
    too_many,
)
from jobchute.parsing.lines import lines_in
from jobchute.parsing.text import MAX_DOCUMENT_BYTES, MAX_DOCUMENTS, MAX_STREAM_BYTES

MARK = b"\xef\xbb\xbf"
LINES = st.lists(
    st.sampled_from(
        [b'{"a": 1}', b"  {}", b"", b" \t", b"\r", b"{", b'{"\xc3\xa4": "\xff"}', b"[1]", b'{"a": 2}\r']
    ),
    max_size=8,
).map(b"\n".join)


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """The data in chunks of these sizes, then as the rest."""
    position = 0
    for size in sizes:
        if position < len(data):
            yield data[position : position + size]
            position += size
    if position < len(data):
        yield data[position:]


@given(LINES, st.lists(st.integers(1, 9), max_size=20), st.booleans())
def test_it_reads_as_the_whole_does_however_it_is_cut(data: bytes, sizes: list[int], has_mark: bool) -> None:
    data = MARK + data if has_mark else data
    first = max(sizes[0], 3) if sizes else 3  # a head is longer than a byte order mark
    streamed = list(read_json_lines(cut(data, [first, *sizes[1:]]), Position()))
    whole = list(read_documents(data, name="a.jsonl"))
    if streamed:
        assert [replace(each, following=Position()) for each in streamed] == [
            replace(each, following=Position()) for each in whole
        ]
    else:
        assert [problem.code for document in whole for problem in document.problems] == ["EMPTY_FILE"]
    assert count_json_lines(cut(data, [first, *sizes[1:]])) == len(streamed)


@given(LINES, st.lists(st.integers(1, 9), max_size=20), st.booleans())
def test_reading_goes_on_behind_any_document(data: bytes, sizes: list[int], has_mark: bool) -> None:
    data = MARK + data if has_mark else data
    whole = list(read_json_lines([data], Position()))
    for number, document in enumerate(whole):
        at = document.following
        assert list(read_json_lines(cut(data[at.offset :], sizes), at)) == whole[number + 1 :]


@pytest.mark.parametrize("size", [1, 1000, 4096, 10**7])
def test_a_line_that_is_too_long_is_passed_and_the_next_is_read(size: int) -> None:
    long = b'{"a": "%s"}' % (b"x" * (3 * MAX_DOCUMENT_BYTES)) if size > 1 else b"x" * (MAX_DOCUMENT_BYTES + 1)
    data = b"{}\n" + long + b"\n {}"
    chunks = [data[at : at + size] for at in range(0, len(data), size)] if size > 1 else [data]
    first, second, third = read_json_lines(chunks, Position())
    assert [problem.code for problem in second.problems] == ["DOCUMENT_TOO_LARGE"]
    assert (first.value, third.value, third.line) == ({}, {}, 3)
    assert third.following.offset == len(data)


def test_no_more_is_held_than_a_chunk_and_the_longest_document() -> None:
    asked = 0

    def endless() -> Iterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield b"x" * 1000

    lines = lines_in(itertools.chain([b"{}\n"], itertools.islice(endless(), 2000), [b"\n{}"]))
    next(lines)
    assert asked == 0
    assert next(lines).data is None
    assert asked == 2000
    assert next(lines).data == b"{}"


def test_blanks_of_any_length_are_no_document_and_no_end() -> None:
    data = b"{}\n" + b" \n" * MAX_DOCUMENT_BYTES + b"{}"
    assert len(list(read_json_lines([data], Position()))) == 2
    assert len(list(read_documents(data, name="a.jsonl"))) == 2


@pytest.mark.parametrize(
    ("data", "name", "is_lines"),
    [
        (b'{"a": 1}', "a.jsonl", True),
        (MARK + b'{"a": 1}', "a.ndjson", True),
        (b'{"a": 1}\n{"b": 2}', "a.json", True),
        (b'{"a": 1}\n{"b": 2}', "a", True),
        (b'{"a": 1}', "a.json", False),
        (b'[{"a": 1}]\n', "a.json", False),
        (b"a: 1\n---\nb: 2", "a", False),
        (b'{"a": 1}\n{"b": 2}', "a.yaml", False),
        (b"", "a.jsonl", False),
        (b"\x1f\x8b", "a.jsonl", False),
    ],
)
def test_what_is_streamed_is_told_by_the_name_and_the_head(data: bytes, name: str, is_lines: bool) -> None:
    assert is_to_stream(data, name) is is_lines


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a"])
@pytest.mark.parametrize("text", [b"{", b"[{}]" + b" " * 7, b"a: 1\n---\n"])
def test_a_head_is_refused_as_its_whole_file_is(name: str, text: bytes) -> None:
    data = text * (2 * MAX_STREAM_BYTES // len(text))
    head = data[: head_bytes(name)]
    assert not is_to_stream(head, name)
    (whole,) = read_documents(data, name=name)
    (refused,) = read_documents(head, name=name)
    assert refused == whole
    assert refused.problems


def test_a_file_of_too_many_documents_is_known_before_reading() -> None:
    assert too_many(MAX_DOCUMENTS) is None
    count = count_json_lines([b"{}\n" * (MAX_DOCUMENTS + 500)])
    problem = too_many(count)
    assert problem is not None
    assert problem.code == "TOO_MANY_DOCUMENTS"
