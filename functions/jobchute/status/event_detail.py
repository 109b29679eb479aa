"""The detail of an event, cut to the size that EventBridge accepts. Pure.

An entry of PutEvents has at most 256 KB (EventBridge quotas), and so has a message of SNS; the target of a rule
gets the detail with some hundred bytes around it. The status document has everything.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

MAX_DETAIL_BYTES = 240 * 1024
"""This leaves room for the rest of the entry, and for the envelope that a target receives."""
MAX_LISTED = 10
MAX_TEXT = 300

Detail = Mapping[str, Any]


def detail_text(detail: Detail) -> str:
    """The detail as JSON, in ASCII; with `"truncated": true` if it was too large.

    Cut in this order, until it fits: `errors` to the first ten, `history` to the latest ten, then `errors`,
    `labels`, `after`, `waiting`, `awaits`, `changes` and `history` are left out, then every text is cut to
    MAX_TEXT characters.
    """
    text = json.dumps(detail)
    for cut in CUTS:
        if len(text) <= MAX_DETAIL_BYTES:
            return text
        detail = {**cut(detail), "truncated": True}
        text = json.dumps(detail)
    return text


def _first_of(name: str) -> Callable[[Detail], Detail]:
    return lambda detail: {**detail, name: detail[name][:MAX_LISTED]} if name in detail else detail


def _latest_of(name: str) -> Callable[[Detail], Detail]:
    return lambda detail: {**detail, name: detail[name][-MAX_LISTED:]} if name in detail else detail


def _without(left_out: str) -> Callable[[Detail], Detail]:
    return lambda detail: {name: value for name, value in detail.items() if name != left_out}


def _shortened(value: Any) -> Any:
    match value:
        case str():
            return value[:MAX_TEXT]
        case dict():
            return {name: _shortened(inner) for name, inner in value.items()}
        case list():
            return [_shortened(inner) for inner in value]
        case _:
            return value


CUTS = (
    _first_of("errors"),
    _latest_of("history"),
    _without("errors"),
    _without("labels"),
    _without("after"),
    _without("waiting"),
    _without("awaits"),
    _without("changes"),
    _without("history"),
    _shortened,
)
