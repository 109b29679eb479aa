"""Where values are on an axis from 0 to 1: linear, logarithmic, or one place for each text. Pure."""

import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

LOGARITHMIC_FROM = 100
"""An axis of positive numbers is logarithmic if the largest is so many times the smallest."""


MAX_LISTED = 6
"""Texts that the note of an axis lists."""


class Axis(NamedTuple):
    """low, high: the labels of its ends. places: of each value, None where it is missing.

    note: how it is scaled, if not linearly; of texts, which ones there are, in their order.
    """

    name: str
    low: str
    high: str
    places: tuple[float | None, ...]
    note: str = ""


def axis_of(name: str, values: Sequence[Any]) -> Axis | None:
    """values: None for a missing one. Returns None if there is no value."""
    given = [value for value in values if value is not None]
    if not given:
        return None
    numbers = [number_of(value) for value in values]
    if all(number is not None for number, value in zip(numbers, values, strict=True) if value is not None):
        return _of_numbers(name, numbers)
    return _of_texts(name, [None if value is None else text_of(value) for value in values])


def number_of(value: Any) -> float | None:
    """A finite number, also one that is written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def text_of(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.7g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _of_numbers(name: str, numbers: Sequence[float | None]) -> Axis:
    given = [number for number in numbers if number is not None]
    low, high = min(given), max(given)
    is_logarithmic = low > 0 and high / low >= LOGARITHMIC_FROM
    scale = math.log if is_logarithmic else float
    places = tuple(
        None if number is None else _between(scale(number), scale(low), scale(high)) for number in numbers
    )
    return Axis(name, f"{low:.5g}", f"{high:.5g}", places, "logarithmic" if is_logarithmic else "")


def _of_texts(name: str, texts: Sequence[str | None]) -> Axis:
    order = sorted({text for text in texts if text is not None})
    last = max(len(order) - 1, 1)
    places = tuple(
        None if text is None else (order.index(text) / last if len(order) > 1 else 0.5) for text in texts
    )
    return Axis(name, order[0], order[-1], places, _listed(order))


def _listed(order: Sequence[str]) -> str:
    shown = ", ".join(order[:MAX_LISTED])
    return shown if len(order) <= MAX_LISTED else f"{shown} and {len(order) - MAX_LISTED} more"


def _between(value: float, low: float, high: float) -> float:
    return 0.5 if low == high else (value - low) / (high - low)
