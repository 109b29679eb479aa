"""Which columns of a table fit a terminal, and how wide they are. Pure.

A row is one line at any width. If not all columns fit, empty ones are left out first. Then columns shrink to
their least width, and those that still do not fit are left out, in a fixed order: the lowest `rank` last. A
column of rank 0 is never left out.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from jobchute.job import State

GAP = 2
"""Spaces between two columns."""
SHOWN_DIGITS = 12
ELLIPSIS = "…"


def cut(text: str, longest: int) -> str:
    """The beginning of a text. longest: in terminal cells; a wide character takes two."""
    return text if cell_len(text) <= longest else _beginning(text, longest - 1) + ELLIPSIS


def cut_middle(text: str, longest: int) -> str:
    """The beginning and the end of a text: related names often differ in their last characters."""
    if cell_len(text) <= longest:
        return text
    kept = longest - 1
    ending = _beginning(text[::-1], kept // 2)[::-1]
    return _beginning(text, kept - kept // 2) + ELLIPSIS + ending


def cut_list(text: str, longest: int) -> str:
    """As many parts of a comma-separated list as fit, each whole, so that it can be copied."""
    if cell_len(text) <= longest:
        return text
    parts = text.split(", ")
    beginnings = (", ".join(parts[:number]) for number in range(len(parts) - 1, 0, -1))
    candidates = (each + ending for each in beginnings for ending in (f" {ELLIPSIS}", ""))
    return next((each for each in candidates if cell_len(each) <= longest), cut(text, longest))


def cut_time(text: str, longest: int) -> str:
    """A time of the ledger without milliseconds."""
    return text if len(text) <= longest else cut(re.sub(r"\.\d+Z$", "Z", text), longest)


def short_ids(job_ids: str) -> str:
    """The short ids of a list that is separated by commas or spaces."""
    return ", ".join(map(short_id, job_ids.replace(",", " ").split()))


def short_id(job_id: str) -> str:
    """`jc-` and the first digits, without an ellipsis, so that it can be copied."""
    return job_id[: len("jc-") + SHOWN_DIGITS]


class Column(NamedTuple):
    """least: the width below which it is left out. shorten: applied on a terminal of any width."""

    name: str
    least: int
    rank: int = 0
    cut: Callable[[str, int], str] = cut
    shorten: Callable[[str], str] = str


ID = Column("JOB ID", len("jc-") + SHOWN_DIGITS, rank=1, shorten=short_id)
STATE = Column("STATE", max(map(len, State)))
ELAPSED = Column("ELAPSED", len("23h 59m"), rank=5)
API = Column("API", 18, rank=6, cut=cut_middle)
TIME = Column("AT", len("2026-11-27T10:00:00Z"), cut=cut_time)
ATTEMPT = Column("ATTEMPT", len("ATTEMPT"), rank=1)
REASON = Column("REASON", 14, rank=2)


def widths_of(columns: Sequence[Column], longest: Sequence[int], width: int) -> list[int]:
    """The width of each column, 0 if it is left out. longest: the width of its longest text, 0 without text."""
    wanted = [max(cell_len(column.name), cells) for column, cells in zip(columns, longest, strict=True)]
    if _total(wanted) <= width:
        return wanted
    least = [min(column.least, want) for column, want in zip(columns, wanted, strict=True)]
    filled = [
        index for index, cells in enumerate(longest) if cells or not columns[index].rank or not any(longest)
    ]
    kept = sorted(filled, key=lambda index: columns[index].rank)
    while _total([least[index] for index in kept]) > width and columns[kept[-1]].rank > 0:
        kept.pop()
    widths = [wanted[index] if index in kept else 0 for index in range(len(columns))]
    for index in reversed(kept):
        excess = _total([widths[each] for each in kept]) - width
        widths[index] -= max(0, min(excess, widths[index] - least[index]))
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _beginning(text: str, longest: int) -> str:
    """The characters that fit."""
    taken = 0
    for index, character in enumerate(text):
        taken += cell_len(character)
        if taken > longest:
            return text[:index]
    return text
