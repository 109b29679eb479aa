"""Walking through the tokens of syntactically valid JSON: what is wrong in it, and where."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from jobchute.parsing.text import MAX_FAULTS, Fault, TextPosition, Trail, character_fault, number_fault, path_of

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[][{},:]|[^][{},:"\s]++', re.DOTALL)


class _Token(NamedTuple):
    trail: Trail  # of the key or value; changes when the walk goes on
    text: str  # of a container, its opening bracket
    offset: int
    is_key: bool


def faults_in(text: str, place: TextPosition) -> tuple[Fault, ...]:
    """The first MAX_FAULTS keys, strings and numbers that could not be sent as written."""
    return tuple(islice(_faults(text, place), MAX_FAULTS))


def places_in(text: str, place: TextPosition) -> Iterator[tuple[str, TextPosition]]:
    """Every path in text with the place of its key, or of the item in a list."""
    for token in _walk(text):
        if token.is_key or not token.trail or isinstance(token.trail[-1], int):
            yield path_of(token.trail), place.after(text, token.offset)


def _faults(text: str, place: TextPosition) -> Iterator[Fault]:
    keys: dict[int, set[str]] = {}  # of the open object at each depth
    for token in _walk(text):
        depth = len(token.trail)
        found = _token_fault(token.text)
        if token.text == "{":
            keys[depth + 1] = set()
        elif token.is_key:
            key = str(token.trail[-1])
            if key in keys[depth]:
                found = "DUPLICATE_KEY", "the object has this key twice; remove one"
            keys[depth].add(key)
        if found is not None:
            yield place.after(text, token.offset).fault(*found, path_of(token.trail))


def _token_fault(token: str) -> tuple[str, str] | None:
    match token[0]:
        case '"':
            found = character_fault(json.loads(token, strict=False))
            return found and found[:2]
        case "{" | "[" | "t" | "f" | "n":
            return None
        case _ if token in ("NaN", "Infinity", "-Infinity"):
            return "NOT_A_FINITE_NUMBER", f"{token} is not JSON and cannot be sent"
        case _:
            return number_fault(token)


def _walk(text: str) -> Iterator[_Token]:
    trail: Trail = []
    in_object: list[bool] = []
    key_comes = False
    for found in _TOKEN.finditer(text):
        token = found.group()
        match token:
            case ":":
                key_comes = False
            case ",":
                key_comes = in_object[-1]
            case "]" | "}":
                trail.pop()
                in_object.pop()
            case _:
                if key_comes:
                    trail[-1] = json.loads(token, strict=False)
                elif in_object and not in_object[-1]:
                    trail[-1] = int(trail[-1]) + 1
                yield _Token(trail, token, found.start(), key_comes)
                key_comes = token == "{"
                if token in ("{", "["):
                    in_object.append(key_comes)
                    trail.append("" if key_comes else -1)
