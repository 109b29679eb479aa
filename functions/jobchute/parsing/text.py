"""Shared by all parsers of request files: limits, allowed characters, positions and faults."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from jobchute.problems import Problem

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"
Trail: TypeAlias = list[str | int]

MAX_FILE_BYTES = 64 * 1024 * 1024
"""The largest file. Only JSON Lines, which are held line by line, may be as large."""
MAX_STREAM_BYTES = 1024 * 1024
MAX_ARRAY_BYTES = 512 * 1024
"""The largest YAML stream and JSON array: they are scanned as a whole before the first document."""
MAX_DOCUMENT_BYTES = 262_144
"""The largest document: it has to fit in one ledger item."""
MAX_DOCUMENTS = 10_000
MAX_DEPTH = 64
MAX_NODES = 5_000
"""The most keys and values in one document, objects and lists included."""
MAX_FAULTS = 50
"""The most faults reported for one document."""
MAX_NUMBER_LENGTH = 64

_INT64 = range(-(2**63), 2**63)
_SHOWN_KEY_LENGTH = 128

# SQS takes #x9 | #xA | #xD | #x20-#xD7FF | #xE000-#xFFFD | #x10000-#x10FFFF (SendMessage, MessageBody).
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


_BOOLEANS_MEANT = {
    **dict.fromkeys(("true", "yes", "y", "on"), "true"),
    **dict.fromkeys(("false", "no", "n", "off"), "false"),
}


def boolean_meant(value: object) -> str | None:
    """`true` or `false` for a text that means one: `yes`, `Off`, `"true"`."""
    return _BOOLEANS_MEANT.get(value.lower()) if isinstance(value, str) else None


class Fault(NamedTuple):
    """A problem and its place in the file: line and column, both 1-based, the column in characters."""

    path: str
    code: str
    message: str
    line: int = 1
    column: int = 1

    def as_problem(self) -> Problem:
        return Problem(self.path, self.code, f"{self.message} (line {self.line}, column {self.column})")


class TextPosition(NamedTuple):
    """Where in the file a piece of text begins, both 1-based."""

    line: int = 1
    column: int = 1

    def after(self, text: str, offset: int) -> "TextPosition":
        """The place of text[offset], where text begins at this place."""
        breaks = text.count("\n", 0, offset)
        if not breaks:
            return TextPosition(self.line, self.column + offset)
        return TextPosition(self.line + breaks, offset - text.rfind("\n", 0, offset))

    def fault(self, code: str, message: str, path: str = "") -> Fault:
        return Fault(path, code, message, self.line, self.column)


class ParsedDocument(NamedTuple):
    """The outcome for one document: its value, which is meaningless if there are faults."""

    value: JsonValue
    faults: tuple[Fault, ...] = ()


def path_of(trail: Sequence[str | int]) -> str:
    """The keys and list positions from the root as a problem path, safe to print and to store."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{_shown(part)}" for part in trail)
    return "".join(parts).removeprefix(".")


def _shown(key: str) -> str:
    cut = key if len(key) <= _SHOWN_KEY_LENGTH else f"{key[:_SHOWN_KEY_LENGTH]}…"
    return FORBIDDEN.sub(lambda found: f"\\u{ord(found.group()):04x}", cut)


def character_fault(text: str) -> tuple[str, str, int] | None:
    """Code, message and offset of the first character in text that SQS or others refuse."""
    found = FORBIDDEN.search(text)
    if found is None:
        return None
    point = ord(found.group())
    if point == 0:
        return "NUL_CHARACTER", "remove the NUL character (U+0000)", found.start()
    if 0xD800 <= point <= 0xDFFF:
        what = f"U+{point:04X} is half of a surrogate pair; write both halves or the character itself"
        return "LONE_SURROGATE", what, found.start()
    what = f"remove U+{point:04X}: no control character but tab, line feed and carriage return can be sent"
    return "CONTROL_CHARACTER", what, found.start()


def number_fault(token: str) -> tuple[str, str] | None:
    """Code and message for a JSON number that could not be sent as written."""
    if len(token) > MAX_NUMBER_LENGTH:
        return "NUMBER_TOO_LARGE", f"a number has at most {MAX_NUMBER_LENGTH} characters"
    if token.lstrip("+-").isdigit():
        if int(token) in _INT64:
            return None
        return "NUMBER_TOO_LARGE", "the integer does not fit in 64 bits; put quotes around it if it is a string"
    number = float(token)
    if not math.isfinite(number):
        return "NOT_A_FINITE_NUMBER", "only finite numbers can be sent"
    if number == 0 and re.search("[1-9]", re.split("[eE]", token)[0]):
        return "NUMBER_TOO_SMALL", "the number is so small that it would be sent as 0"
    return None


def not_an_object(value: JsonValue, place: TextPosition) -> Fault:
    kinds = {list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    kind = kinds.get(type(value), "a number")
    return place.fault(
        "NOT_AN_OBJECT", f"a request document must be an object with `api` and `request`, not {kind}"
    )


def too_many_documents(place: TextPosition) -> Fault:
    most = f"a file may contain at most {MAX_DOCUMENTS:,} documents"
    what = f"{most}; none of this one was read: split it into several files"
    return place.fault("TOO_MANY_DOCUMENTS", what)


def document_too_large(place: TextPosition) -> Fault:
    return place.fault("DOCUMENT_TOO_LARGE", f"a document has at most {MAX_DOCUMENT_BYTES:,} bytes")
