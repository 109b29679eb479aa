"""SVG for a page. Colours come from the style sheet by classes, so light and dark mode both apply.

svg.py writes texts and attributes as they are, so names of users and providers are escaped here, in one place.
"""

from typing import Any

import svg
from markupsafe import Markup, escape

from jobchute.cli.output import visible

UNSCANNED = frozenset({"elements", "element_name"})


def drawn(element: svg.Element) -> Markup:
    """The element and all below it, with every text and attribute escaped. An element is drawn once."""
    _escape(element)
    return Markup(element.as_str())


def _escape(element: svg.Element) -> None:
    for name, value in vars(element).items():
        if name not in UNSCANNED:
            setattr(element, name, _escaped(value))
    for below in element.elements or ():
        _escape(below)


def _escaped(value: Any) -> Any:
    match value:
        case str():
            return str(escape(visible(value)))
        case list():
            return [_escaped(each) for each in value]
        case dict():
            return {str(escape(name)): _escaped(each) for name, each in value.items()}
        case _:
            return value
