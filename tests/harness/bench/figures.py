"""One figure of the report."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """beside: what it is a ratio to; empty for a count. aim: what it should be at most, or at least."""

    name: str
    value: float
    beside: str
    aim: float
    is_least: bool = False

    @property
    def holds(self) -> bool:
        return self.value >= self.aim if self.is_least else self.value <= self.aim

    def line(self) -> str:
        sign = "≥" if self.is_least else "≤"
        beside = f" × {self.beside}" if self.beside else ""
        verdict = "holds" if self.holds else "MISSED"
        return f"{self.name}: {self.value:.2f}{beside} ({sign} {self.aim:g}: {verdict})"


def plain(value: Any) -> Any:
    """A measurement as JSON can have it. `dataclasses.asdict` makes counters of pairs out of counters."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value
