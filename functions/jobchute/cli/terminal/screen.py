"""The overview drawn within the width and the height of a terminal, and as text for a pipe."""

from collections.abc import Iterator, Sequence

import typer
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from jobchute.cli.facts.overview import Tile
from jobchute.cli.output import safe, visible
from jobchute.cli.tables import STYLES, lines_of
from jobchute.cli.terminal.reading import Overview
from jobchute.cli.terminal.sections import sections_of
from jobchute.job import FINAL_STATES, iso

GAP = "   "
LABEL = 10
"""Width of the words before the counts."""
BESIDE_ROWS = 2
"""Lines of a section beside its rows: one that is empty, and its title."""


def drawn(overview: Overview, *, width: int, height: int, stack: str | None = None, foot: str = "") -> Group:
    """Each entry is one line. If the height is not enough, the longest lists are cut first.

    foot: the last line; empty for none.
    """
    head = [*_head(overview, width)]
    foot_lines = [Text(""), Text(foot, style="dim", no_wrap=True, overflow="ellipsis")] if foot else []
    sections = sections_of(overview, width=width, stack=stack)
    room = height - len(head) - len(foot_lines)
    sizes = shares(room, [len(section.rows) + BESIDE_ROWS for section in sections])
    parts: list[RenderableType] = [*head]
    for section, lines in zip(sections, sizes, strict=True):
        if lines > BESIDE_ROWS:
            rows = section.rows[: lines - BESIDE_ROWS]
            parts += [Text(""), lines_of(section.titled, rows, width)]
    return Group(*parts, *foot_lines)


def shares(room: int, wanted: Sequence[int]) -> list[int]:
    """How many lines each section gets: the same number for all that want more. The first ones get what is
    left over, and a section whose share has no room for a row gets none.
    """
    given = [0] * len(wanted)
    for index in range(len(wanted)):
        if room > BESIDE_ROWS:
            given[index] = BESIDE_ROWS + 1
            room -= given[index]
    while room > 0 and (hungry := [index for index, lines in enumerate(given) if 0 < lines < wanted[index]]):
        smallest = min(hungry, key=lambda index: given[index])
        given[smallest] += 1
        room -= 1
    return given


def print_as_text(overview: Overview, stack: str | None) -> None:
    """Complete, with columns that are separated by tabs."""
    typer.echo(f"at\t{iso(overview.now)}")
    for tile in overview.counts.tiles:
        typer.echo(f"{tile.label}\t{tile.figure.text}")
    typer.echo(f"dead letters\t{overview.letters.text}")
    for note in overview.notes:
        typer.echo(f"note\t{visible(note)}")
    for section in sections_of(overview, width=0, stack=stack):
        typer.echo()
        for row in ([column.name for column in section.columns], *section.rows):
            typer.echo("\t".join(safe(cell or "") for cell in row))


def _head(overview: Overview, width: int) -> Iterator[Text]:
    place = " · ".join(filter(None, (overview.name, overview.region, iso(overview.now)[:19].replace("T", " "))))
    yield Text(safe(f"{place} UTC"), style="bold", no_wrap=True, overflow="ellipsis")
    open_tiles = [tile for tile in overview.counts.tiles if tile.states[0] not in FINAL_STATES]
    ended = [tile for tile in overview.counts.tiles if tile.states[0] in FINAL_STATES]
    yield from _packed("now", [*map(_tile, open_tiles)], width)
    yield from _packed(overview.span_words, [*map(_tile, ended)], width)
    if overview.letters.shown:
        dead = Text(f"{overview.letters.text} dead letters: jobchute dlq list", style="bold red")
        yield from _packed("", [dead], width)
    for note in overview.notes:
        yield Text(visible(note), style="red", no_wrap=True, overflow="ellipsis")


def _tile(tile: Tile) -> Text:
    style = STYLES[tile.states[0]] if tile.figure.number else "dim"
    return Text(f"{tile.figure.text} {tile.label}", style=style)


def _packed(label: str, parts: Sequence[Text], width: int) -> Iterator[Text]:
    """The parts behind a label, on as many lines as they need; each part is whole."""
    line = Text(f"{label:<{LABEL - 1}} ", no_wrap=True, overflow="ellipsis")
    start = line.cell_len
    for part in parts:
        if line.cell_len > start and line.cell_len + len(GAP) + cell_len(part.plain) > width:
            yield line
            line = Text(" " * start, no_wrap=True, overflow="ellipsis")
        line.append(GAP if line.cell_len > start else "")
        line.append_text(part)
    yield line
