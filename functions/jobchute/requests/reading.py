"""From the bytes of a request file, or of a message, to its documents. Nothing that the bytes hold raises.

The file's name tells its syntax: .json, .jsonl or .ndjson, .yaml or .yml; under any other name the first
character does. A byte order mark of UTF-8 is skipped. Every refusal has a stable code and its line and column.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from jobchute.requests import json_tokens, strict_yaml
from jobchute.requests.file_kinds import foreign_kind_fault
from jobchute.requests.problems import Problem
from jobchute.requests.split import Piece, first_non_blank, split_json, split_json_lines, split_yaml
from jobchute.requests.strict_json import read_json
from jobchute.requests.text import (
    MAX_DOCUMENT_BYTES,
    MAX_FILE_BYTES,
    Fault,
    JsonValue,
    Place,
    Reading,
    not_an_object,
)

__all__ = ["MAX_FILE_BYTES", "JsonValue", "RawDocument", "position_of", "read_documents"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class _Syntax:
    split: Callable[[bytes], Iterator[Piece]]
    read: Callable[[str, Place], Reading]
    places: Callable[[str, Place], Iterator[tuple[str, Place]]]


_JSON = _Syntax(split_json, read_json, json_tokens.places_in)
_JSON_LINES = _Syntax(split_json_lines, read_json, json_tokens.places_in)
_YAML = _Syntax(split_yaml, strict_yaml.read_yaml, strict_yaml.places_in)
_EXTENSIONS = {"json": _JSON, "jsonl": _JSON_LINES, "ndjson": _JSON_LINES, "yaml": _YAML, "yml": _YAML}


@dataclass(frozen=True, slots=True)
class RawDocument:
    """One document of a file, as it was written.

    index: its position in the file, from 0. line: where it begins, from 1.
    value: what it says, an object; None where there are problems.
    """

    index: int
    value: JsonValue
    problems: tuple[Problem, ...]
    line: int


def read_documents(data: bytes, *, name: str) -> Iterator[RawDocument]:
    """The documents of a file in order, read one at a time; a file refused as a whole is one document.

    data: the file. name: its name or key. A document that is refused does not stop the ones after it.
    """
    syntax, pieces = _opened(data, name)
    for index, piece in enumerate(pieces):
        reading = _read(piece, syntax)
        problems = tuple(fault.as_problem() for fault in reading.faults)
        yield RawDocument(index, None if problems else reading.value, problems, piece.line)


def position_of(data: bytes, *, name: str, index: int, path: str) -> tuple[int, int] | None:
    """Line and column, from 1, of a problem's path in document number index: of the key, or the item of a list.

    For what is not there (a missing field), of the nearest thing around it. None: there is no such document.
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
    syntax = _EXTENSIONS.get(name.rpartition(".")[2].lower())
    if syntax is None:
        syntax = _JSON if data[start : (start or 0) + 1] in (b"{", b"[") else _YAML
    fault = _file_fault(data, start)
    if fault is not None:
        return syntax, iter([Piece("", Place(), 1, fault)])
    return syntax, _never_empty(syntax.split(data))


def _file_fault(data: bytes, start: int | None) -> Fault | None:
    if len(data) > MAX_FILE_BYTES:
        return Place().fault("FILE_TOO_LARGE", f"a request file has at most {MAX_FILE_BYTES:,} bytes")
    if start is None:
        return _empty_file()
    return foreign_kind_fault(data)


def _never_empty(pieces: Iterator[Piece]) -> Iterator[Piece]:
    is_empty = True
    for piece in pieces:
        is_empty = False
        yield piece
    if is_empty:
        yield Piece("", Place(), 1, _empty_file())


def _empty_file() -> Fault:
    return Place().fault("EMPTY_FILE", f"the file holds no document in its first {MAX_DOCUMENT_BYTES:,} bytes")


def _read(piece: Piece, syntax: _Syntax) -> Reading:
    if piece.fault is not None:
        return Reading(None, (piece.fault,))
    reading = syntax.read(piece.text, piece.place)
    if reading.faults or isinstance(reading.value, dict):
        return reading
    return Reading(None, (not_an_object(reading.value, Place(piece.line, piece.place.column)),))
