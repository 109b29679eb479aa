"""HTML from views. Everything that a template prints is escaped, and invisible characters are shown."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from jobchute.cli.columns import short_id
from jobchute.cli.output import counted, visible
from jobchute.cli.tables import duration
from jobchute.cli.ui.links import Links, Query
from jobchute.cli.ui.site import Page, Site, View
from jobchute.cli.ui.starts import ago_words, start_words
from jobchute.cli.ui.tones import TONES
from jobchute.money.amounts import shown as money

MAX_SHOWN = 200
"""Characters of a long text that are shown at once."""
MAX_NAME = 80
REFRESH_SECONDS = 10


class Reading(NamedTuple):
    """How a page was read: when (epoch seconds), by how many calls of AWS, in how many milliseconds."""

    at: float
    calls: int
    milliseconds: int


class Frame(NamedTuple):
    """What surrounds a view. path: of the page below the token. pages: of the navigation."""

    site: Site
    links: Links
    path: str
    query: Query
    reading: Reading
    pages: Sequence[Page]
    is_export: bool = False


def rendered(view: View, frame: Frame) -> str:
    """The whole page."""
    template = ENVIRONMENT.get_template(view.template)
    return template.render(
        view=view,
        frame=frame,
        links=frame.links,
        refresh_seconds=REFRESH_SECONDS,
        here=frame.links.page(frame.path, frame.query),
        **view.values,
    )


def long_text(text: str) -> Markup:
    """A text of any length on one line: if it is long, its beginning, with the rest behind a disclosure.

    A text that ends with an ellipsis was cut before.
    """
    shown = visible(text).strip()
    if len(shown) <= MAX_SHOWN:
        return escape(shown)
    is_cut = shown.endswith("…")
    start, size = shown[:MAX_SHOWN].rstrip(), f"{'the first' if is_cut else 'all'} {len(shown):,}"
    return Markup(
        '<details class="long"><summary>{}… <span class="dim">{} characters</span></summary><p>{}</p></details>'
    ).format(start, size, shown)


def brief(text: str) -> str:
    """A name in a link or a cell: a disclosure has no place there, so a long one is cut."""
    shown = visible(text).strip()
    return shown if len(shown) <= MAX_NAME else f"{shown[: MAX_NAME - 1]}…"


def lines_of(text: str) -> Markup:
    """A text of several lines, for `<pre>`: line breaks are kept, other invisible characters are shown."""
    return Markup("\n").join(escape(visible(line)) for line in text.splitlines())


def moment(value: str | float | None) -> Markup:
    """A time of the ledger, or epoch seconds, in UTC to the second."""
    if value is None:
        return Markup("")
    at = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, tz=UTC)
    whole = at.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    return Markup('<time datetime="{}Z">{}</time>').format(whole.isoformat(), whole.isoformat(sep=" "))


def _shown(value: Any) -> Any:
    """What Jinja prints of a value: nothing for None, and text with its invisible characters shown."""
    if value is None:
        return ""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("jobchute.cli.ui"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "long": long_text,
        "brief": brief,
        "money": money,
        "counted": counted,
        "lines": lines_of,
        "moment": moment,
        "duration": duration,
        "short_id": short_id,
        "tone": TONES.__getitem__,
        "start": start_words,
        "ago": ago_words,
    }
    return environment


ENVIRONMENT = _environment()
