"""Splitting a file into documents by its bytes alone, so that a broken document does not affect others."""

import re
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice
from typing import NamedTuple

from jobchute.parsing.lines import Line, lines_in
from jobchute.parsing.strict_json import is_whole_object, split_array
from jobchute.parsing.text import (
    MAX_ARRAY_BYTES,
    MAX_DOCUMENT_BYTES,
    MAX_DOCUMENTS,
    MAX_STREAM_BYTES,
    Fault,
    TextPosition,
    document_too_large,
    too_many_documents,
)

_BLANK = b" \t\r\n"
_NON_BLANK = re.compile(rb"[^ \t\r\n]")
# A marker at the beginning of a line ends a document in any context (YAML 1.2.2, 9.1.2, c-forbidden).
# The literal comes first because the engine searches fast for it; the look-behind requires a line start.
_START_MARKER = re.compile(rb"---(?<![^\r\n]---)(?=[ \t\r\n]|\Z)")
_END_MARKER = re.compile(rb"\.\.\.(?<![^\r\n]\.\.\.)(?=[ \t\r\n]|\Z)")
_PREAMBLE = re.compile(rb"(?:(?:[ \t]*+(?:#[^\r\n]*+)?|%[^\r\n]*+)[\r\n])*+")
_LAST_PREAMBLE_LINE = re.compile(rb"[ \t]*+(?:#[^\r\n]*+)?\Z")
_COMMENTS = re.compile(rb"(?:[ \t]*+(?:#[^\r\n]*+)?[\r\n])*+")
_LINE_END = re.compile(rb"\r\n|[\r\n]")


class Piece(NamedTuple):
    """The text of one document, which begins at place, or why it could not be split off.

    line: where the document begins; its text may begin with comment lines.
    """

    text: str
    place: TextPosition
    line: int
    fault: Fault | None = None


def split_json_lines(data: bytes) -> Iterator[Piece]:
    """One document per line; blank lines do not count."""
    if count_lines([data]) > MAX_DOCUMENTS:
        yield _refused(too_many_documents(TextPosition()))
        return
    yield from map(piece_of_line, lines_in([data]))


def count_lines(chunks: Iterable[bytes]) -> int:
    """The number of documents in JSON Lines; MAX_DOCUMENTS + 1 if there are too many."""
    return sum(1 for _ in islice(lines_in(chunks), MAX_DOCUMENTS + 1))


def piece_of_line(line: Line) -> Piece:
    if line.data is None:
        return _refused(document_too_large(line.place))
    return _piece(line.data, 0, len(line.data), line.place)


def split_json(data: bytes) -> Iterator[Piece]:
    """One object, an array of objects, or JSON Lines in a .json file."""
    start = first_non_blank(data, 0) or 0
    if data.startswith(b"[", start):
        yield from _array(data)
    elif is_json_lines(data, start):
        yield from split_json_lines(data)
    else:
        yield _piece(data, start, len(data.rstrip(_BLANK)), TextPosition().after(data[:start].decode(), start))


def _array(data: bytes) -> Iterator[Piece]:
    if len(data) > MAX_ARRAY_BYTES:
        yield _refused(_too_large("a JSON array", MAX_ARRAY_BYTES))
        return
    text = _decoded(data, TextPosition())
    if isinstance(text, Fault):
        yield _refused(text)
        return
    spans = split_array(text, TextPosition())
    if isinstance(spans, Fault):
        yield _refused(spans)
        return
    place, seen = TextPosition(), 0
    for start, end in spans:
        place, seen = place.after(text[seen:start], start - seen), start
        element = text[start:end]
        if len(element.encode()) > MAX_DOCUMENT_BYTES:
            yield _refused(document_too_large(place))
        else:
            yield Piece(element, place, place.line)


def is_json_lines(data: bytes, start: int) -> bool:
    """Whether the object that begins at start ends on its line and another one follows."""
    end = data.find(b"\n", start, start + MAX_DOCUMENT_BYTES)
    following = first_non_blank(data, end) if end >= 0 else None
    if following is None or not data.startswith(b"{", following):
        return False
    return is_whole_object(data[start:end].rstrip(_BLANK).decode(errors="replace"))


def split_yaml(data: bytes) -> Iterator[Piece]:
    """The documents of a stream, each with the comments before it."""
    if len(data) > MAX_STREAM_BYTES:
        yield _refused(_too_large("a YAML stream", MAX_STREAM_BYTES))
        return
    spans = list(islice(_documents(data), MAX_DOCUMENTS + 1))
    if len(spans) > MAX_DOCUMENTS:
        yield _refused(too_many_documents(TextPosition()))
        return
    if spans and _START_MARKER.search(data, spans[-1][1]) is None:
        spans[-1] = spans[-1][0], len(data)  # with the comments after it
    line, seen = 1, 0
    for start, end in spans:
        line, seen = line + _breaks(data, seen, start), start
        first = line + _breaks(data, start, _preamble_end(data, start, end))
        yield _piece(data, start, end, TextPosition(line), first)


def _documents(data: bytes) -> Iterator[tuple[int, int]]:
    """Each from the comments before it, or from its marker, to the next marker.

    As in YAML 1.2, a document needs no `---` after a line of `...`. Comments alone between two markers are
    no document.
    """
    start = 0
    for marker in merge(_START_MARKER.finditer(data), _END_MARKER.finditer(data), key=re.Match.start):
        end = marker.start() if marker.group() == b"---" else _line_end(data, marker.end())
        if _has_content(data, start, marker.start()):
            yield start, end
            start = end
        elif _after_marker(data, start, marker.start()) is not None:
            start = end
    if _has_content(data, start, len(data)):
        yield start, len(data)


def _line_end(data: bytes, start: int) -> int:
    found = _LINE_END.search(data, start)
    return found.end() if found else len(data)


def _has_content(data: bytes, start: int, end: int) -> bool:
    """Whether the text has more than comments, directives and markers."""
    opened = _after_marker(data, start, end)
    at = _preamble_end(data, start, end) if opened is None else _comments_end(data, opened, end)
    return _LAST_PREAMBLE_LINE.match(data, at, end) is None


def _after_marker(data: bytes, start: int, end: int) -> int | None:
    """The end of the next `---`, if only comments come before it."""
    marker = _START_MARKER.match(data, _comments_end(data, start, end), end)
    return None if marker is None else marker.end()


def _comments_end(data: bytes, start: int, end: int) -> int:
    found = _COMMENTS.match(data, start, min(end, start + MAX_DOCUMENT_BYTES))
    return found.end() if found else start


def _preamble_end(data: bytes, start: int, end: int) -> int:
    found = _PREAMBLE.match(data, start, min(end, start + MAX_DOCUMENT_BYTES))
    return found.end() if found else start


def _breaks(data: bytes, start: int, end: int) -> int:
    """Line breaks as YAML counts them: LF, CR and CR LF."""
    return data.count(b"\n", start, end) + data.count(b"\r", start, end) - data.count(b"\r\n", start, end)


def first_non_blank(data: bytes, start: int) -> int | None:
    """The next character that is not white space, within the length of a document."""
    found = _NON_BLANK.search(data, start, start + MAX_DOCUMENT_BYTES)
    return found.start() if found else None


def _piece(data: bytes, start: int, end: int, place: TextPosition, line: int = 0) -> Piece:
    if end - start > MAX_DOCUMENT_BYTES:
        return _refused(document_too_large(place), line)
    text = _decoded(data[start:end], place)
    if isinstance(text, Fault):
        return _refused(text, line)
    return Piece(text, place, line or place.line)


def _decoded(data: bytes, place: TextPosition) -> str | Fault:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        at = place.after(before, len(before))
        what = f"the byte 0x{data[error.start]:02x} is not UTF-8 here; save the file as UTF-8"
        return at.fault("NOT_UTF8", what)


def _refused(fault: Fault, line: int = 0) -> Piece:
    return Piece("", TextPosition(fault.line, fault.column), line or fault.line, fault)


def _too_large(what: str, limit: int) -> Fault:
    rule = f"{what} has at most {limit:,} bytes; use JSON Lines, which may be larger, or several files"
    return TextPosition().fault("FILE_TOO_LARGE", rule)
