"""What all plots are made of. Text is escaped where a plot is drawn (jobchute.cli.ui.drawing)."""

from collections.abc import Sequence

import svg
from markupsafe import Markup

from jobchute.cli.ui.drawing import drawn

MAX_TITLE = 200
"""Characters of a title or description of a mark."""


def picture(
    name: str,
    *,
    title: str,
    description: str,
    height: int,
    elements: Sequence[svg.Element],
    view_box: svg.ViewBoxSpec | None = None,
) -> Markup:
    """A whole plot. name: the beginning of the ids of its title and description, one per page.

    height: in pixels; the width is that of its container. view_box: of a plot that is stretched to it.
    """
    ids = f"{name}-title", f"{name}-description"
    plot = svg.SVG(
        class_=["chart"],
        width=svg.Length(100, "%"),
        height=height,
        viewBox=view_box,
        preserveAspectRatio=None if view_box is None else svg.PreserveAspectRatio("none"),
        elements=[
            svg.Title(id=ids[0], text=shortened(title)),
            svg.Desc(id=ids[1], text=description),
            *elements,
        ],
        extra={"role": "img", "aria-labelledby": " ".join(ids)},
    )
    return drawn(plot)


def percent(part: float) -> svg.Length:
    """Of the width. part: 0 to 1."""
    return svg.Length(round(100 * part, 2), "%")


def titled(text: str) -> list[svg.Element]:
    """What a pointer that rests on a mark shows."""
    return [svg.Title(text=shortened(text))]


def shortened(text: str) -> str:
    return text if len(text) <= MAX_TITLE else f"{text[:MAX_TITLE]}…"
