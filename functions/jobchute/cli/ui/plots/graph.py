"""What a job waits for and what waits for it, as a graph beside a list of rows.

The names and links are rows of HTML, which wrap, can be focused and are read aloud. This is the gutter to their
left: a node for each row, and an edge from each job to the one that waits for it.
"""

import svg
from markupsafe import Markup

from jobchute.cli.facts.relations import Relations
from jobchute.cli.output import counted
from jobchute.cli.ui.plots.drawing import picture

ROW = 48
"""The height of a row of the list, in pixels, as in the style sheet."""
STEP = 22
"""From one column of nodes to the next."""
RADIUS = 6


def graph(relations: Relations) -> Markup:
    """Empty for a job that waits for nothing and for which nothing waits."""
    before, dependents = relations.before, relations.dependents
    if not before and not dependents:
        return Markup("")
    own = len(before)
    edges = [_edge((0, row), (1, own), is_open=each.is_open) for row, each in enumerate(before)]
    edges += [
        _edge((1, own), (2, own + row), is_open=each.is_open) for row, each in enumerate(dependents, start=1)
    ]
    nodes = [_node(0, row, "job") for row in range(own)]
    nodes += [_node(1, own, "own")]
    nodes += [_node(2, own + row, "job") for row in range(1, len(dependents) + 1)]
    return picture(
        "graph",
        title="What the job waits for, and what waits for it",
        description=f"{counted(len(before), 'job')} before it, {counted(len(dependents), 'job')} after it",
        height=ROW * (own + 1 + len(dependents)),
        elements=[*edges, *nodes],
    )


def _at(column: int, row: int) -> tuple[int, float]:
    return RADIUS + 2 + column * STEP, (row + 0.5) * ROW


def _edge(start: tuple[int, int], end: tuple[int, int], *, is_open: bool) -> svg.Element:
    """From right of a node down to above the other: an edge never crosses a node."""
    (x1, y1), (x2, y2) = _at(*start), _at(*end)
    path: list[svg.PathData] = [
        svg.MoveTo(x1, y1),
        svg.HorizontalLineTo(x2 - RADIUS) if start[0] == 0 else svg.VerticalLineTo(y2 - RADIUS),
        svg.QuadraticBezier(*((x2, y1, x2, y1 + RADIUS) if start[0] == 0 else (x1, y2, x1 + RADIUS, y2))),
        svg.LineTo(x2, y2),
    ]
    return svg.Path(d=path, class_=["edge", "open"] if is_open else ["edge"])


def _node(column: int, row: int, kind: str) -> svg.Element:
    x, y = _at(column, row)
    return svg.Circle(cx=x, cy=y, r=RADIUS, class_=["node", kind])
