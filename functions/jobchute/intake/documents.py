"""The documents of a file or message, read from a place on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from jobchute.aws.objects import Objects, OpenedObject
from jobchute.intake.invocation import Invocation
from jobchute.parsing.documents import (
    Position,
    RawDocument,
    count_documents,
    count_json_lines,
    is_to_stream,
    read_documents,
    read_json_lines,
)


class Documents(Protocol):
    """etag: differs for other bytes under the same name. path: says which API a bare body is for."""

    @property
    def etag(self) -> str: ...

    @property
    def path(self) -> str: ...

    def read(self, at: Position, call: Invocation) -> Iterator[RawDocument]:
        """Those from a place on. Raises ObjectGoneError, TimeIsOverError."""

    def count(self, call: Invocation) -> int:
        """How many there are, or one more than a file may hold. Raises ObjectGoneError, TimeIsOverError."""


@dataclass(frozen=True, slots=True)
class BytesOfMessage:
    """A message has no name and no path: its syntax follows from its first character."""

    data: bytes
    etag: str = ""
    path: str = ""

    def read(self, at: Position, call: Invocation) -> Iterator[RawDocument]:  # noqa: ARG002 - all of it is here
        return read_documents(self.data, name="message", start=at.index)

    def count(self, call: Invocation) -> int:  # noqa: ARG002 - all of it is here
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

    def read(self, at: Position, call: Invocation) -> Iterator[RawDocument]:  # noqa: ARG002 - all of it is here
        return read_documents(self.opened.head, name=self.path, start=at.index)

    def count(self, call: Invocation) -> int:  # noqa: ARG002 - all of it is here
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

    def read(self, at: Position, call: Invocation) -> Iterator[RawDocument]:
        return read_json_lines(call.in_time(self.objects.chunks(self.opened, at.offset)), at)

    def count(self, call: Invocation) -> int:
        return count_json_lines(call.in_time(self.objects.stream(self.opened)))


def documents_of(objects: Objects, opened: OpenedObject) -> Documents:
    if is_to_stream(opened.head, opened.created.key):
        return JsonLines(objects, opened)
    return WholeFile(opened)
