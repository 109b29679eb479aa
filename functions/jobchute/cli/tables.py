"""Tables and facts: formatted on a terminal, complete and tab-separated elsewhere."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import chain

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jobchute.cli.columns import Column, widths_of
from jobchute.cli.output import safe
from jobchute.job import Job, State

STYLES = {
    State.QUEUED: "dim",
    State.SUBMITTING: "cyan",
    State.SUBMITTED: "cyan",
    State.RUNNING: "blue",
    State.CANCELLING: "yellow",
    State.SUCCEEDED: "green",
    State.PARTIAL: "yellow",
    State.FAILED: "bold red",
    State.TIMED_OUT: "bold red",
    State.CANCELLED: "magenta",
    State.REJECTED: "bold red",
}
Cell = str | State | None


def lines_of(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int) -> Table:
    """One line per row, for a terminal of this width; columns that do not fit are left out."""
    texts = [[_shown(column, cell) for column, cell in zip(columns, row, strict=True)] for row in rows]
    longest = [max((cell_len(text[index]) for text in texts), default=0) for index in range(len(columns))]
    widths = widths_of(columns, longest, width)
    table = _empty()
    for column, cells in zip(columns, widths, strict=True):
        if cells:
            table.add_column(column.cut(column.name, cells), no_wrap=True, overflow="crop", width=cells)
    for row, shown in zip(rows, texts, strict=True):
        parts = zip(columns, row, shown, widths, strict=True)
        table.add_row(*(_styled(column.cut(text, cells), cell) for column, cell, text, cells in parts if cells))
    return table


def print_lines(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> None:
    """Print a list whose lines are read one by one. A pipe gets each row as soon as there is one."""
    if sys.stdout.isatty():
        console = Console()
        console.print(lines_of(columns, [*rows], console.width))
        return
    _print_tabs([column.name for column in columns], rows)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print rows that are read in full: long cells are wrapped."""
    if not sys.stdout.isatty():
        _print_tabs(columns, rows)
        return
    table = _empty()
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == "STATE")
    for row in rows:
        table.add_row(*(_styled(safe(cell or ""), cell) for cell in row))
    Console().print(table)


def print_facts(facts: Sequence[tuple[str, Cell]]) -> None:
    """Names and values; those without a value are left out. The terminal wraps long lines."""
    given = [(safe(name), value) for name, value in facts if value]
    if not sys.stdout.isatty():
        for name, value in given:
            typer.echo(f"{name}\t{safe(value)}")
        return
    console = Console(highlight=False)
    widest = max((cell_len(name) for name, _ in given), default=0)
    for name, value in given:
        label = Text(name + " " * (widest - cell_len(name) + 2))
        console.print(label + _styled(safe(value), value), soft_wrap=True)


def short_provider_id(job: Job) -> str:
    """The last segment: a name, a UUID, or the provider's short id."""
    return (job.provider_id or "").rsplit("/", 1)[-1]


def elapsed(job: Job, now: datetime | None = None) -> str:
    """From the job's acceptance to its end, or until now."""
    end = datetime.fromisoformat(job.updated_at) if job.state.is_final else now or datetime.now(tz=UTC)
    return duration((end - datetime.fromisoformat(job.created_at)).total_seconds())


def age(job: Job, now: datetime | None = None) -> str:
    """Since the job's acceptance, or its rejection."""
    since = datetime.fromisoformat(job.created_at)
    return duration(((now or datetime.now(tz=UTC)) - since).total_seconds())


def duration(seconds: float) -> str:
    """The two largest units."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (rest, "s"))
    shown = [f"{value}{unit}" for value, unit in parts if value][:2]
    return " ".join(shown) or "0s"


def _empty() -> Table:
    return Table(box=None, pad_edge=False, header_style="bold")


def _shown(column: Column, cell: Cell) -> str:
    return column.shorten(safe(cell or ""))


def _styled(text: str, cell: Cell) -> Text:
    return Text(text, style=STYLES[cell]) if isinstance(cell, State) else Text(text)


def _print_tabs(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    for row in chain([columns], rows):
        typer.echo("\t".join(safe(cell or "") for cell in row))
