"""The fenced code blocks of the documentation, and what stands in single backticks there.

The line before a block may mark it as a part of something: `<!-- fragment: WHAT -->`. The test of its language
knows how to complete each WHAT that there is.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.paths import DOCS, ROOT

PAGES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
ALL_PAGES = (
    *PAGES,
    *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "events/README.md")),
)
FENCE = re.compile(r"^( *)```(.*)$")
FRAGMENT = re.compile(r"^ *<!-- fragment: (.+) -->$")
INLINE = re.compile(r"`([^`]+)`")


class Block(NamedTuple):
    """page: its file's name. line: of the opening fence, from 1. fragment: what it is a part of, else empty."""

    page: str
    line: int
    language: str
    text: str
    fragment: str = ""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: str, text: str) -> Iterator[Block]:
    """Raises ValueError for a fence without an end."""
    lines = iter(enumerate(text.splitlines(), 1))
    before = ""
    for number, line in lines:
        opening = FENCE.match(line)
        if opening is not None:
            indent, language = opening.groups()
            marker = FRAGMENT.match(before)
            body = _body(lines, f"{page}:{number}", indent)
            yield Block(page, number, language.strip(), body, marker.group(1) if marker else "")
        before = line


def _body(lines: Iterator[tuple[int, str]], place: str, indent: str) -> str:
    body: list[str] = []
    for _, line in lines:
        if line.strip() == "```":
            return "\n".join(body) + "\n"
        body.append(line.removeprefix(indent))
    raise ValueError(f"{place}: the block has no end")


def all_blocks() -> list[Block]:
    return [block for page in ALL_PAGES for block in blocks_of(page.name, page.read_text())]


def inline_code() -> list[tuple[str, str]]:
    """Page and text of everything in single backticks outside of the blocks, a line break read as a space."""
    return [(page.name, code) for page in ALL_PAGES for code in _inline_code(page.read_text())]


def _inline_code(text: str) -> Iterator[str]:
    outside = re.sub(r"^ *```.*?^ *```$", "\n", text, flags=re.DOTALL | re.MULTILINE)
    for paragraph in re.split(r"\n\s*\n|\n(?=\|)", outside):
        yield from INLINE.findall(re.sub(r"\s*\n\s*", " ", paragraph))
