"""Strict JSON: accepted text means the same to every JSON parser (RFC 8259, RFC 7493).

The C scanner of the standard library parses the text. Only if one of its hooks finds something suspicious are
the tokens walked in Python, to say what it is and where.
"""

import json
import re
from array import array
from itertools import accumulate

from jobchute.parsing.json_tokens import faults_in
from jobchute.parsing.text import (
    MAX_DEPTH,
    MAX_DOCUMENTS,
    MAX_NODES,
    Fault,
    JsonValue,
    ParsedDocument,
    TextPosition,
    character_fault,
    not_an_object,
    number_fault,
    too_many_documents,
)

_NON_WHITE = re.compile(r"[^ \t\n\r]")
# The closing quote is optional, so that text with many unclosed quotes takes linear time.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_STRING_OR_BRACKET = re.compile(rf"{_STRING.pattern}|[][{{}}]", re.DOTALL)
_SUSPICIOUS_ESCAPE = re.compile(r"\\(?:u(?:00[01]|[dD][89a-fA-F]|[fF]{3})|[bf])")
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))
_HINTS = {
    "": "the text ends too early",
    "'": "put strings and keys in double quotes",
    "/": "JSON has no comments",
    "#": "JSON has no comments; a file with comments can be YAML, under a name that ends in .yaml",
    "}": "a value is missing, or there is an extra comma",
    "]": "a value is missing, or there is an extra comma",
    "\n": "a string must end on the line where it begins; write \\n for a line break in it",
    "\t": "write \\t for a tab in a string",
    "+": "a number has no plus sign",
    "N": "write null for no value",
    "T": "write true for yes",
    "F": "write false for no",
}


class _Suspicious(Exception):  # noqa: N818 - a signal that never leaves this module
    """A hook found something that JSON parsers read differently."""


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Suspicious
    return members


def _integer(token: str) -> int:
    if len(token) > 18 and number_fault(token):
        raise _Suspicious
    return int(token)


def _float(token: str) -> float:
    if number_fault(token):
        raise _Suspicious
    return float(token)


def _constant(_: str) -> None:
    raise _Suspicious


_STRICT = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
# Checks the syntax alone: builds no objects and converts no numbers.
_SYNTAX = json.JSONDecoder(object_pairs_hook=len, parse_int=len, parse_float=len, parse_constant=len)


def read_json(text: str, place: TextPosition) -> ParsedDocument:
    """The one object in text, which begins at place, without white space before it."""
    fault = _depth_fault(text, place, MAX_DEPTH) or _nodes_fault(text, place)
    if fault is not None:
        return ParsedDocument(None, (fault,))
    try:
        value, end = _STRICT.raw_decode(text)
    except json.JSONDecodeError as error:
        return ParsedDocument(None, (_syntax_fault(text, error, place),))
    except _Suspicious:
        return ParsedDocument(None, _explained(text, place))
    rest = skip_white(text, end)
    if rest != len(text):
        return ParsedDocument(None, (_trailing(text, rest, place),))
    if _SUSPICIOUS_ESCAPE.search(text) or "\ufffe" in text or "\uffff" in text:
        return ParsedDocument(value, faults_in(text, place))
    return ParsedDocument(value)


def _explained(text: str, place: TextPosition) -> tuple[Fault, ...]:
    """The faults in text that a hook found suspicious, unless its syntax is broken further on."""
    try:
        _, end = _SYNTAX.raw_decode(text)
    except json.JSONDecodeError as error:
        return (_syntax_fault(text, error, place),)
    rest = skip_white(text, end)
    return faults_in(text, place) if rest == len(text) else (_trailing(text, rest, place),)


def is_whole_object(text: str) -> bool:
    """Whether text is syntactically one JSON object and nothing else."""
    if not text.startswith("{") or _depth_fault(text, TextPosition(), MAX_DEPTH):
        return False
    try:
        return _SYNTAX.raw_decode(text)[1] == len(text)
    except json.JSONDecodeError:
        return False


def split_array(text: str, place: TextPosition) -> list[tuple[int, int]] | Fault:
    """Where each object of a top-level array begins and ends; white space may come before the array.

    An array is one JSON text: with a syntax error, the whole file is refused.
    """
    fault = _depth_fault(text, place, MAX_DEPTH + 1)
    if fault is not None:
        return fault
    try:
        return _elements(text, place)
    except json.JSONDecodeError as error:
        return _syntax_fault(text, error, place)


def _elements(text: str, place: TextPosition) -> list[tuple[int, int]] | Fault:
    found: list[tuple[int, int]] = []
    position = skip_white(text, text.index("[") + 1)
    if text.startswith("]", position):
        return place.fault("EMPTY_FILE", "the array contains no document")
    while True:
        value, end = _SYNTAX.raw_decode(text, position)
        if not text.startswith("{", position):
            return not_an_object(value, place.after(text, position))
        if len(found) == MAX_DOCUMENTS:
            return too_many_documents(place.after(text, position))
        found.append((position, end))
        position = skip_white(text, end)
        if not text.startswith(",", position):
            break
        position = skip_white(text, position + 1)
    if not text.startswith("]", position):
        raise json.JSONDecodeError("Expecting ',' delimiter", text, position)
    rest = skip_white(text, position + 1)
    return found if rest == len(text) else _trailing(text, rest, place)


def skip_white(text: str, start: int) -> int:
    """The index of the first character from start on that is not JSON white space, or the end of text."""
    found = _NON_WHITE.search(text, start)
    return found.start() if found else len(text)


def _depth_fault(text: str, place: TextPosition, limit: int) -> Fault | None:
    if text.count("[") + text.count("{") <= limit:
        return None
    brackets = _STRING.sub("", text).encode().translate(None, _NOT_BRACKETS)
    steps = array("b", brackets.translate(_STEPS))
    if max(accumulate(steps), default=0) <= limit:
        return None
    at = place.after(text, _offset_of_depth(text, limit + 1))
    return at.fault("TOO_DEEP", f"objects and lists may be nested at most {limit} deep")


def _offset_of_depth(text: str, wanted: int) -> int:
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        bracket = found.group()
        depth += (bracket in ("[", "{")) - (bracket in ("]", "}"))
        if depth == wanted:
            return found.start()
    return 0


def _nodes_fault(text: str, place: TextPosition) -> Fault | None:
    if _count_of_nodes(text) < MAX_NODES or _count_of_nodes(_STRING.sub("", text)) < MAX_NODES:
        return None
    return place.fault("TOO_MANY_VALUES", f"a document has at most {MAX_NODES:,} keys and values")


def _count_of_nodes(text: str) -> int:
    """An upper bound of the keys and values in text without strings: each has a mark before it."""
    return text.count(",") + text.count(":") + text.count("[") + text.count("{")


def _syntax_fault(text: str, error: json.JSONDecodeError, place: TextPosition) -> Fault:
    character = character_fault(text)
    if character is not None:
        code, what, offset = character
        return place.after(text, offset).fault(code, what)
    offset = _offset_of(error)
    hint = _HINTS.get(text[offset : offset + 1])
    what = f"this is not JSON: {error.msg}" + (f"; {hint}" if hint else "")
    return place.after(text, offset).fault("INVALID_JSON", what)


def _offset_of(error: json.JSONDecodeError) -> int:
    """The same place on every Python: 3.13 and later report the comma before a bracket, others the bracket."""
    is_comma = error.msg.startswith("Illegal trailing comma")
    return skip_white(error.doc, error.pos + 1) if is_comma else error.pos


def _trailing(text: str, offset: int, place: TextPosition) -> Fault:
    what = "more text follows the document; write several documents one per line, or as one array"
    return place.after(text, offset).fault("TRAILING_DATA", what)
