"""YAML 1.2 as plain data: every value is what a person reads in the document.

Values are built here from the parser's events, so that nothing is expanded, constructed or guessed: no anchors,
aliases, tags, merge keys and directives.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import yaml

from jobchute.parsing.text import (
    MAX_DEPTH,
    MAX_FAULTS,
    MAX_NODES,
    Fault,
    JsonValue,
    ParsedDocument,
    TextPosition,
    Trail,
    character_fault,
    path_of,
)
from jobchute.parsing.yaml_scalars import scalar_fault, scalar_value

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML without libyaml (no wheel lacks it): the same result, about ten times slower
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

_DIRECTIVE = re.compile(r"(?:[ \t]*+(?:#[^\r\n]*+)?[\r\n]++)*+%")
# Line breaks of YAML 1.1 only, and characters that YAML requires to be escaped.
_UNREADABLE = re.compile("[\x7f-\x9f\u2028\u2029]")


class _Enough(Exception):  # noqa: N818 - a signal that never leaves this module
    """The last fault makes the rest of the document unreadable, or not worth reading."""


@dataclass(slots=True)
class _Node:
    """A node of the walk. trail: of the key or value, until the walk continues."""

    trail: Trail
    event: yaml.NodeEvent
    is_key: bool


@dataclass(slots=True)
class _Draft:
    """A document that is being built. containers: the open ones, outermost first."""

    first_line: int
    root: JsonValue = None
    containers: list[dict[str, JsonValue] | list[JsonValue]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    nodes: int = 0

    def add(self, node: _Node) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self._stop(node, "TOO_MANY_VALUES", f"a document has at most {MAX_NODES:,} keys and values")
        self._check_node(node)
        if node.is_key:
            self._check_key(node)
        else:
            self._attach(self._value_of(node), node)

    def _attach(self, value: JsonValue, node: _Node) -> None:
        depth = len(node.trail)
        del self.containers[depth:]
        if not depth:
            self.root = value
        elif isinstance(parent := self.containers[-1], list):
            parent.append(value)
        else:
            parent[str(node.trail[-1])] = value
        if isinstance(value, dict | list):
            if depth == MAX_DEPTH:
                self._stop(node, "TOO_DEEP", f"objects and lists may be nested at most {MAX_DEPTH} deep")
            self.containers.append(value)

    def _value_of(self, node: _Node) -> JsonValue:
        match node.event:
            case yaml.MappingStartEvent():
                return {}
            case yaml.SequenceStartEvent():
                return []
            case yaml.ScalarEvent() as scalar if not _is_plain(scalar):
                self._refuse_text(node, character_fault(scalar.value))
                return scalar.value
            case yaml.ScalarEvent() as scalar:
                fault = scalar_fault(scalar.value)
                self._refuse_text(node, fault)
                return None if fault else scalar_value(scalar.value)
            case _:
                return None

    def _check_key(self, node: _Node) -> None:
        if not isinstance(node.event, yaml.ScalarEvent):
            if not isinstance(node.event, yaml.AliasEvent):
                self._refuse(node, "YAML_COMPLEX_KEY", "a key must be a string, not an object or a list")
            raise _Enough
        key = node.event.value
        fault = scalar_fault(key) if _is_plain(node.event) else character_fault(key)
        if fault is None and _is_plain(node.event) and not isinstance(scalar_value(key), str):
            fault = "KEY_NOT_A_STRING", "put quotes around the key: it is a number, a boolean or null"
        parent = self.containers[len(node.trail) - 1]
        if fault is None and isinstance(parent, dict) and key in parent:
            fault = "DUPLICATE_KEY", "the object has this key twice; remove one"
        self._refuse_text(node, fault)

    def _check_node(self, node: _Node) -> None:
        if isinstance(node.event, yaml.AliasEvent):
            self._refuse(node, "YAML_ALIAS", "aliases are not supported; write the value out")
        elif node.event.anchor is not None:
            self._refuse(node, "YAML_ANCHOR", "remove the anchor: anchors and aliases are not supported")
        if getattr(node.event, "tag", None) is not None:
            self._refuse(node, "YAML_TAG", "remove the tag; put quotes around a string")

    def _refuse_text(self, node: _Node, fault: tuple[str, str] | tuple[str, str, int] | None) -> None:
        if fault is not None:
            self._refuse(node, fault[0], fault[1])

    def _stop(self, node: _Node, code: str, message: str) -> NoReturn:
        self.faults.append(_place_of(node, self.first_line).fault(code, message))
        raise _Enough

    def _refuse(self, node: _Node, code: str, message: str) -> None:
        self.faults.append(_place_of(node, self.first_line).fault(code, message, path_of(node.trail)))
        if len(self.faults) == MAX_FAULTS:
            raise _Enough


def read_yaml(text: str, place: TextPosition) -> ParsedDocument:
    """The one document in text, which begins at the first column of place's line."""
    fault = _text_fault(text, place)
    if fault is not None:
        return ParsedDocument(None, (fault,))
    draft = _Draft(place.line)
    try:
        for count, node in enumerate(_walk(text)):
            if count == 0 and _is_nothing(node.event):
                return ParsedDocument(None, (place.fault("EMPTY_DOCUMENT", "the document is empty"),))
            draft.add(node)
    except _Enough:
        pass
    except yaml.YAMLError as error:
        draft.faults.append(_syntax_fault(text, error, place))
    return ParsedDocument(draft.root, tuple(draft.faults))


def places_in(text: str, place: TextPosition) -> Iterator[tuple[str, TextPosition]]:
    """Every path in text, whose syntax is right, with the place of its key, or of the item in a list."""
    for node in _walk(text):
        if node.is_key or not node.trail or isinstance(node.trail[-1], int):
            yield path_of(node.trail), _place_of(node, place.line)


def _walk(text: str) -> Iterator[_Node]:
    trail: Trail = []
    key_comes: list[bool | None] = []  # of each open container, None for a list
    documents = 0
    for event in yaml.parse(text, Loader=Loader):
        match event:
            case yaml.NodeEvent():
                is_key = bool(key_comes and key_comes[-1])
                if is_key:
                    trail[-1] = event.value if isinstance(event, yaml.ScalarEvent) else "?"
                elif key_comes and key_comes[-1] is None:
                    trail[-1] = int(trail[-1]) + 1
                yield _Node(trail, event, is_key)
                if key_comes and key_comes[-1] is not None:
                    key_comes[-1] = not is_key
                if isinstance(event, yaml.CollectionStartEvent):
                    is_mapping = isinstance(event, yaml.MappingStartEvent)
                    key_comes.append(True if is_mapping else None)
                    trail.append("" if is_mapping else -1)
            case yaml.CollectionEndEvent():
                key_comes.pop()
                trail.pop()
            case yaml.DocumentStartEvent():
                documents += 1
                if documents == 2:
                    raise yaml.YAMLError("more text follows the document")


def _is_plain(scalar: yaml.ScalarEvent) -> bool:
    return not scalar.style


def _is_nothing(event: yaml.NodeEvent) -> bool:
    return isinstance(event, yaml.ScalarEvent) and _is_plain(event) and not event.value and event.tag is None


def _place_of(node: _Node, first_line: int) -> TextPosition:
    mark = node.event.start_mark
    assert mark is not None  # the parsers mark every event
    return TextPosition(first_line + mark.line, mark.column + 1)


def _text_fault(text: str, place: TextPosition) -> Fault | None:
    character = character_fault(text)
    unreadable = _UNREADABLE.search(text)
    if character is None and unreadable is not None:
        escape = f"\\u{ord(unreadable.group()):04x}"
        what = (
            f"write {escape} between double quotes: some parsers refuse the character, or break the line there"
        )
        character = "CONTROL_CHARACTER", what, unreadable.start()
    directive = _DIRECTIVE.match(text)
    if character is None and directive is not None:
        what = "remove the line that begins with %: directives are not supported"
        character = "YAML_DIRECTIVE", what, directive.end() - 1
    if character is None:
        return None
    code, what, offset = character
    return place.after(text, offset).fault(code, what)


def _syntax_fault(text: str, error: yaml.YAMLError, place: TextPosition) -> Fault:
    mark = getattr(error, "problem_mark", None)
    if not isinstance(error, yaml.MarkedYAMLError) or mark is None:
        return place.fault("INVALID_YAML", f"this is not one YAML document: {error}")
    what = f"this is not YAML: {error.problem}"
    lines = text.split("\n", mark.line + 1)
    if mark.line < len(lines) and lines[mark.line].startswith("\t", mark.column):
        what += "; indent with spaces, not with tabs"
    return TextPosition(place.line + mark.line, mark.column + 1).fault("INVALID_YAML", what)
