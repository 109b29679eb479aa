"""The lines of JSON Lines, from a stream of bytes. It holds at most a chunk and the longest document."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jobchute.parsing.text import MAX_DOCUMENT_BYTES, TextPosition

_NON_BLANK = re.compile(rb"[^ \t\r\n]")


class Line(NamedTuple):
    """A line that is not blank.

    data: from its first non-blank character to its end; None if that is longer than a document may be.
    place: of that character. start, end: the same in bytes from the beginning of the file.
    """

    data: bytes | None
    place: TextPosition
    start: int
    end: int


def lines_in(chunks: Iterable[bytes], *, offset: int = 0, number: int = 1) -> Iterator[Line]:
    """offset: where in the file the chunks begin. number: of the line in which that is."""
    return iter(_Lines(chunks, offset, number))


class _Lines:
    """held: the bytes from `offset` on that are not consumed yet."""

    def __init__(self, chunks: Iterable[bytes], offset: int, number: int) -> None:
        self._chunks = iter(chunks)
        self._held = b""
        self._offset = self._line_start = offset
        self._number = number

    def __iter__(self) -> Iterator[Line]:
        at = 0
        while True:
            found = _NON_BLANK.search(self._held, at)
            start = found.start() if found else len(self._held)
            self._count(at, start)
            if found is None:
                if not self._drop(start):
                    return
                at = 0
            else:
                line, at = self._line(start)
                yield line

    def _count(self, start: int, end: int) -> None:
        """Consume the line ends from start to end."""
        breaks = self._held.count(b"\n", start, end)
        if breaks:
            self._number += breaks
            self._line_start = self._offset + self._held.rfind(b"\n", start, end) + 1

    def _line(self, start: int) -> tuple[Line, int]:
        """The line that begins at start, and its end in the held bytes."""
        end = self._held.find(b"\n", start)
        while end < 0 and len(self._held) - start <= MAX_DOCUMENT_BYTES:
            searched = len(self._held) - start
            if not self._drop(start):
                start, end = 0, len(self._held)
                break
            start, end = 0, self._held.find(b"\n", searched)
        first = self._offset + start
        place = TextPosition(self._number, first - self._line_start + 1)
        if 0 <= end <= start + MAX_DOCUMENT_BYTES:
            return Line(self._held[start:end], place, first, self._offset + end), end
        while end < 0:
            if not self._drop(len(self._held)):
                end = 0
                break
            end = self._held.find(b"\n")
        return Line(None, place, first, self._offset + end), end

    def _drop(self, passed: int) -> bool:
        """Drop the consumed bytes and read more. Returns whether there was more."""
        self._offset += passed
        chunk = next(self._chunks, b"")
        self._held = self._held[passed:] + chunk
        return bool(chunk)
