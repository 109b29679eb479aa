"""The jobs of a sweep: as lines across all values, and each value against the metric."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import svg
from markupsafe import Markup

from jobchute.cli.output import counted
from jobchute.cli.ui.plots.axes import Axis
from jobchute.cli.ui.plots.drawing import percent, picture, shortened, titled

ROW = 64
"""From one axis to the next, in pixels, as in the style sheet."""
MARGIN = 0.02
"""Of the width, at both ends of an axis."""
SCATTER_HEIGHT = 150
RADIUS, BEST_RADIUS = 4, 7
MAX_TITLED = 100
"""Of more jobs, marks have no titles: the table below has the figures."""


class Line(NamedTuple):
    """A job. title: its name and figures. kind: a class, `best` for the best job."""

    title: str
    kind: str = ""


def parallel(axes: Sequence[Axis], lines: Sequence[Line]) -> Markup:
    """One horizontal axis below the other, and a line for each job from the first to the last.

    The best job is drawn last, above the others. A job without a value on an axis has a gap there.
    """
    order = sorted(range(len(lines)), key=lambda number: lines[number].kind == "best")
    rules = [
        svg.Line(x1=100 * MARGIN, x2=100 * (1 - MARGIN), y1=_y(row), y2=_y(row), class_=["axis"])
        for row in range(len(axes))
    ]
    return picture(
        "parallel",
        title=f"{counted(len(lines), 'job')} across {', '.join(shortened(axis.name) for axis in axes)}",
        description="Each job is a line from its place on the first axis to its place on the last one. "
        "The table below has the same figures.",
        height=ROW * len(axes),
        view_box=svg.ViewBoxSpec(0, 0, 100, ROW * len(axes)),
        elements=[*rules, *(part for number in order for part in _parts(axes, lines[number], number))],
    )


def scatter(number: int, value: Axis, metric: Axis, lines: Sequence[Line]) -> Markup:
    """One value against the metric. number: of the plot on its page."""
    pairs = zip(value.places, metric.places, lines, strict=True)
    marks = [(x, y, line) for x, y, line in pairs if x is not None and y is not None]
    marks.sort(key=lambda mark: mark[2].kind == "best")
    is_titled = len(marks) <= MAX_TITLED
    return picture(
        f"scatter-{number}",
        title=f"{metric.name} by {value.name}",
        description=f"{counted(len(marks), 'job')}: {_range(value)}, {_range(metric)}",
        height=SCATTER_HEIGHT,
        elements=[_mark(x, y, line, is_titled=is_titled) for x, y, line in marks],
    )


def _parts(axes: Sequence[Axis], line: Line, number: int) -> Iterator[svg.Element]:
    """The pieces of a line between gaps."""
    rows = [(row, axis.places[number]) for row, axis in enumerate(axes)]
    for is_there, piece in groupby(rows, key=lambda each: each[1] is not None):
        places = [(place, row) for row, place in piece if place is not None]
        if is_there and len(places) > 1:
            points = [svg.Point(round(100 * _x(place), 2), _y(row)) for place, row in places]
            yield svg.Polyline(points=points, class_=["line", *line.kind.split()], elements=titled(line.title))


def _mark(x: float, y: float, line: Line, *, is_titled: bool) -> svg.Element:
    radius = BEST_RADIUS if line.kind == "best" else RADIUS
    room = SCATTER_HEIGHT - 4 * RADIUS
    return svg.Circle(
        cx=percent(_x(x, margin=2 * MARGIN)),
        cy=round(2 * RADIUS + (1 - y) * room, 1),
        r=radius,
        class_=["mark", *line.kind.split()],
        elements=titled(line.title) if is_titled else None,
    )


def _range(axis: Axis) -> str:
    return f"{shortened(axis.name)} from {shortened(axis.low)} to {shortened(axis.high)}"


def _x(place: float, *, margin: float = MARGIN) -> float:
    return margin + place * (1 - 2 * margin)


def _y(row: int) -> float:
    """An axis is at the lower end of its row, below its labels."""
    return (row + 1) * ROW - 10
