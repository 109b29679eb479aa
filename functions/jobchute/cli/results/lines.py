"""Lines of JSON from streams of bytes. At most one line and one chunk are held in memory."""

import json
from collections.abc import Iterable, Iterator
from typing import Any


def lines_in(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines that are not blank, without their line ends."""
    held: list[bytes] = []
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        held.append(first)
        for following in others:
            yield from _line(held)
            held = [following]
    yield from _line(held)


def _line(parts: list[bytes]) -> Iterator[bytes]:
    line = b"".join(parts).strip()
    if line:
        yield line


def object_of(line: bytes) -> dict[str, Any] | None:
    """The JSON object of a line; None if it is none."""
    try:
        value = json.loads(line)
    except ValueError:  # UnicodeDecodeError is one
        return None
    return value if isinstance(value, dict) else None


def json_of(value: object) -> str:
    """JSON on one line, without spaces. Half a surrogate pair, which UTF-8 cannot hold, stays escaped."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text
