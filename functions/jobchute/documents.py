"""The documents of a file or message, read from a place on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from jobchute.objects import Objects, OpenedObject
from jobchute.requests.reading import (
    Position,
    RawDocument,
    count_documents,
    count_json_lines,
    is_to_stream,
    read_documents,
    read_json_lines,
)


class Documents(Protocol):
    """etag: tells the bytes from others under one name. path: what a bare body's API is told by."""

    @property
    def etag(self) -> str: ...

    @property
    def path(self) -> str: ...

    def read(self, at: Position) -> Iterator[RawDocument]:
        """Those from a place on. Raises ObjectGoneError."""

    def count(self, is_over: Callable[[], bool]) -> int | None:
        """How many there are, or one more than a file may hold; None where the time is over before.

        Raises ObjectGoneError.
        """


@dataclass(frozen=True, slots=True)
class BytesOfMessage:
    """A message has no name and no path: its first character tells its syntax."""

    data: bytes
    etag: str = ""
    path: str = ""

    def read(self, at: Position) -> Iterator[RawDocument]:
        return read_documents(self.data, name="message", start=at.index)

    def count(self, is_over: Callable[[], bool]) -> int:  # noqa: ARG002 - all of it is here
        return count_documents(self.data, name="message")


@dataclass(frozen=True, slots=True)
class WholeFile:
    """A small file, or one that is refused for its beginning."""

    opened: OpenedObject

    @property
    def etag(self) -> str:
        return self.opened.etag

    @property
    def path(self) -> str:
        return self.opened.created.key

    def read(self, at: Position) -> Iterator[RawDocument]:
        return read_documents(self.opened.head, name=self.path, start=at.index)

    def count(self, is_over: Callable[[], bool]) -> int:  # noqa: ARG002 - all of it is here
        return count_documents(self.opened.head, name=self.path)


@dataclass(frozen=True, slots=True)
class JsonLines:
    """A file that is never held as a whole."""

    objects: Objects
    opened: OpenedObject

    @property
    def etag(self) -> str:
        return self.opened.etag

    @property
    def path(self) -> str:
        return self.opened.created.key

    def read(self, at: Position) -> Iterator[RawDocument]:
        return read_json_lines(self.objects.chunks(self.opened, at.offset), at)

    def count(self, is_over: Callable[[], bool]) -> int | None:
        try:
            return count_json_lines(_in_time(self.objects.stream(self.opened), is_over))
        except _TimeIsOverError:
            return None


class _TimeIsOverError(Exception):
    """Raised between two chunks."""


def _in_time(chunks: Iterator[bytes], is_over: Callable[[], bool]) -> Iterator[bytes]:
    for number, chunk in enumerate(chunks):
        if number and is_over():
            raise _TimeIsOverError
        yield chunk


def documents_of(objects: Objects, opened: OpenedObject) -> Documents:
    if is_to_stream(opened.head, opened.created.key):
        return JsonLines(objects, opened)
    return WholeFile(opened)
