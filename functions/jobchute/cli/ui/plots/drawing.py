"""What all plots are made of. svg.py escapes nothing, so all text goes through the functions here."""

from collections.abc import Sequence
from html import escape

import svg
from markupsafe import Markup

from jobchute.cli.output import visible

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
    """A whole plot. name: its class, and the beginning of the ids of its title and description: one per page.

    height: in pixels; the width is that of its container. view_box: of a plot that is stretched to it.
    """
    ids = f"{name}-title", f"{name}-description"
    drawn = svg.SVG(
        class_=f"plot {name}",
        width=svg.Length(100, "%"),
        height=height,
        viewBox=view_box,
        preserveAspectRatio=None if view_box is None else svg.PreserveAspectRatio("none"),
        elements=[
            svg.Title(id=ids[0], text=escaped(title)),
            svg.Desc(id=ids[1], text=escaped(description)),
            *elements,
        ],
        extra={"role": "img", "aria-labelledby": " ".join(ids)},
    )
    return Markup(drawn.as_str())


def percent(part: float) -> svg.Length:
    """Of the width. part: 0 to 1."""
    return svg.Length(round(100 * part, 2), "%")


def titled(text: str) -> list[svg.Element]:
    """What a pointer that rests on a mark shows."""
    return [svg.Title(text=escaped(text))]


def escaped(text: str) -> str:
    """Text of any origin as the content of an element or a quoted attribute."""
    shown = visible(text)
    return escape(shown if len(shown) <= MAX_TITLE else f"{shown[:MAX_TITLE]}…")
