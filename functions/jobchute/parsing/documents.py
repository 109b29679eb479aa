"""From the bytes of a request file, or of a message, to its documents. No content raises an exception.

The suffix of the file's name gives its syntax: .json, .jsonl or .ndjson, .yaml or .yml. With another name, the
first character does. A byte order mark of UTF-8 is skipped. Every problem has a stable code and its place.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from jobchute.parsing import json_tokens
from jobchute.parsing.file_kinds import foreign_kind_fault
from jobchute.parsing.lines import lines_in
from jobchute.parsing.split import (
    Piece,
    count_lines,
    first_non_blank,
    is_json_lines,
    piece_of_line,
    split_json,
    split_json_lines,
    split_yaml,
)
from jobchute.parsing.strict_json import read_json
from jobchute.parsing.text import (
    MAX_DOCUMENT_BYTES,
    MAX_DOCUMENTS,
    MAX_FILE_BYTES,
    MAX_STREAM_BYTES,
    Fault,
    JsonValue,
    ParsedDocument,
    TextPosition,
    not_an_object,
    too_many_documents,
)
from jobchute.problems import Problem

__all__ = [
    "MAX_FILE_BYTES",
    "JsonValue",
    "Position",
    "RawDocument",
    "count_documents",
    "count_json_lines",
    "head_bytes",
    "is_to_stream",
    "position_of",
    "read_documents",
    "read_json_lines",
    "too_many",
]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _Syntax(NamedTuple):
    split: Callable[[bytes], Iterator[Piece]]
    read: Callable[[str, TextPosition], ParsedDocument]
    places: Callable[[str, TextPosition], Iterator[tuple[str, TextPosition]]]


def _read_yaml(text: str, place: TextPosition) -> ParsedDocument:
    from jobchute.parsing import strict_yaml  # here, and below: most files are JSON, a cold start needs no YAML

    return strict_yaml.read_yaml(text, place)


def _places_in_yaml(text: str, place: TextPosition) -> Iterator[tuple[str, TextPosition]]:
    from jobchute.parsing import strict_yaml

    return strict_yaml.places_in(text, place)


_JSON = _Syntax(split_json, read_json, json_tokens.places_in)
_JSON_LINES = _Syntax(split_json_lines, read_json, json_tokens.places_in)
_YAML = _Syntax(split_yaml, _read_yaml, _places_in_yaml)
_EXTENSIONS = {"json": _JSON, "jsonl": _JSON_LINES, "ndjson": _JSON_LINES, "yaml": _YAML, "yml": _YAML}


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading continues. index: of the next document. offset, line: of its first byte in JSON Lines."""

    index: int = 0
    offset: int = 0
    line: int = 1


@dataclass(frozen=True, slots=True)
class RawDocument:
    """One document of a file, as it was written.

    index: its position in the file, from 0. line: where it begins, from 1.
    value: the parsed object; None if there are problems. following: the position of the next document.
    """

    index: int
    value: JsonValue
    problems: tuple[Problem, ...]
    line: int
    following: Position


def read_documents(data: bytes, *, name: str, start: int = 0) -> Iterator[RawDocument]:
    """The documents of a file in order, read one at a time; a file that is refused as a whole is one document.

    data: the file. name: its name or key. start: the index of the first document. A document with problems does
    not stop those after it.
    """
    syntax, pieces = _opened(data, name)
    for index, piece in islice(enumerate(pieces), start, None):
        yield _document(piece, syntax, Position(index + 1))


def count_documents(data: bytes, *, name: str) -> int:
    """The number of documents that read_documents finds."""
    return sum(1 for _ in _opened(data, name)[1])


def head_bytes(name: str) -> int:
    """How much of a file's beginning is needed to know whether it is whole, JSON Lines, or refused."""
    is_json_lines_by_name = _EXTENSIONS.get(name.rpartition(".")[2].lower()) is _JSON_LINES
    return MAX_DOCUMENT_BYTES if is_json_lines_by_name else MAX_STREAM_BYTES + 1


def is_to_stream(head: bytes, name: str) -> bool:
    """Whether a file that begins so holds JSON Lines, to be read with read_json_lines.

    Otherwise read_documents finds all documents in the first head_bytes, or says why there are none.
    """
    data = head.removeprefix(_BYTE_ORDER_MARK)
    start = first_non_blank(data, 0)
    if start is None or _file_fault(data, start) is not None:
        return False
    syntax = _syntax_of(data, name, start)
    return syntax is _JSON_LINES or (syntax is _JSON and is_json_lines(data, start))


def read_json_lines(chunks: Iterable[bytes], at: Position) -> Iterator[RawDocument]:
    """The documents of JSON Lines from a place on. chunks: the file's bytes from at.offset."""
    chunks, offset = _unmarked(chunks, at)
    for index, line in enumerate(lines_in(chunks, offset=offset, number=at.line), at.index):
        yield _document(piece_of_line(line), _JSON_LINES, Position(index + 1, line.end, line.place.line))


def count_json_lines(chunks: Iterable[bytes]) -> int:
    """The number of documents; one more than a file may hold if there are too many."""
    return count_lines(_unmarked(chunks, Position())[0])


def too_many(count: int) -> Problem | None:
    """What is wrong with a JSON Lines file with this number of documents."""
    return too_many_documents(TextPosition()).as_problem() if count > MAX_DOCUMENTS else None


def _unmarked(chunks: Iterable[bytes], at: Position) -> tuple[Iterator[bytes], int]:
    """The chunks without a byte order mark before the first document, and their offset."""
    rest = iter(chunks)
    first = next(rest, b"")
    text = first if at.offset else first.removeprefix(_BYTE_ORDER_MARK)
    return filter(None, chain([text], rest)), at.offset + len(first) - len(text)


def _document(piece: Piece, syntax: _Syntax, following: Position) -> RawDocument:
    reading = _read(piece, syntax)
    problems = tuple(fault.as_problem() for fault in reading.faults)
    value = None if problems else reading.value
    return RawDocument(following.index - 1, value, problems, piece.line, following)


def position_of(data: bytes, *, name: str, index: int, path: str) -> tuple[int, int] | None:
    """Line and column, from 1, of a problem's path in document number index: of the key, or the item of a list.

    For a missing field, the place of its nearest parent. None: there is no such document.
    """
    syntax, pieces = _opened(data, name)
    piece = next(islice(pieces, index, None), None)
    if piece is None:
        return None
    faults = _read(piece, syntax).faults
    if faults:
        return next(((fault.line, fault.column) for fault in faults if fault.path == path), None)
    best, found = "", None
    for at, place in syntax.places(piece.text, piece.place):
        if at == path:
            return place.line, place.column
        if not at or (path.startswith((f"{at}.", f"{at}[")) and len(at) > len(best)):
            best, found = at, (place.line, place.column)
    return found


def _opened(data: bytes, name: str) -> tuple[_Syntax, Iterator[Piece]]:
    data = data.removeprefix(_BYTE_ORDER_MARK)
    start = first_non_blank(data, 0)
    syntax = _syntax_of(data, name, start)
    fault = _file_fault(data, start)
    if fault is not None:
        return syntax, iter([Piece("", TextPosition(), 1, fault)])
    return syntax, _never_empty(syntax.split(data))


def _syntax_of(data: bytes, name: str, start: int | None) -> _Syntax:
    known = _EXTENSIONS.get(name.rpartition(".")[2].lower())
    return known or (_JSON if data[start : (start or 0) + 1] in (b"{", b"[") else _YAML)


def _file_fault(data: bytes, start: int | None) -> Fault | None:
    if len(data) > MAX_FILE_BYTES:
        return TextPosition().fault("FILE_TOO_LARGE", f"a request file has at most {MAX_FILE_BYTES:,} bytes")
    if not data:
        return TextPosition().fault("EMPTY_FILE", "the file is empty: write a request document into it")
    if start is None and len(data) < MAX_DOCUMENT_BYTES:
        return TextPosition().fault("EMPTY_FILE", "the file contains only white space")
    if start is None:
        return _empty_file()
    return foreign_kind_fault(data)


def _never_empty(pieces: Iterator[Piece]) -> Iterator[Piece]:
    is_empty = True
    for piece in pieces:
        is_empty = False
        yield piece
    if is_empty:
        rule = "the file contains no document, only white space and comments"
        yield Piece("", TextPosition(), 1, TextPosition().fault("EMPTY_FILE", rule))


def _empty_file() -> Fault:
    return TextPosition().fault(
        "EMPTY_FILE", f"the file contains no document in its first {MAX_DOCUMENT_BYTES:,} bytes"
    )


def _read(piece: Piece, syntax: _Syntax) -> ParsedDocument:
    if piece.fault is not None:
        return ParsedDocument(None, (piece.fault,))
    reading = syntax.read(piece.text, piece.place)
    if reading.faults or isinstance(reading.value, dict):
        return reading
    return ParsedDocument(None, (not_an_object(reading.value, TextPosition(piece.line, piece.place.column)),))
