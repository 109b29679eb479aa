"""Tables of jobs: with colours on a terminal, tab-separated elsewhere."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

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
# Job ids are copied out of tables; the terminal may break the line, but not the id.
WHOLE = frozenset({"JOB ID"})
# What a narrow terminal must not cut: the answer, and how long it took.
LEAST_WIDTHS = {"STATE": max(map(len, State)), "ELAPSED": 7}


def _text(cell: Cell) -> Text:
    return Text(cell, style=STYLES[cell]) if isinstance(cell, State) else Text(safe(cell or ""))


def table_of(
    columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, overflow: Literal["fold", "ellipsis"] = "fold"
) -> Table:
    """overflow: whether what is too long goes on in the next line, or is cut."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        is_whole = overflow == "ellipsis" or column in WHOLE
        table.add_column(column, no_wrap=is_whole, overflow=overflow, min_width=LEAST_WIDTHS.get(column))
    for row in rows:
        table.add_row(*map(_text, row))
    return table


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    if sys.stdout.isatty():
        Console().print(table_of(columns, rows))
        return
    for row in (columns, *rows):
        typer.echo("\t".join(safe(cell or "") for cell in row))


def print_facts(facts: Sequence[tuple[str, Cell]]) -> None:
    """Names and values, the ones without a value left out."""
    given = [(name, value) for name, value in facts if value]
    if not sys.stdout.isatty():
        for name, value in given:
            typer.echo(f"{safe(name)}\t{safe(value)}")
        return
    table = table_of(("", ""), given)
    table.show_header = False
    Console().print(table)


def short_provider_id(job: Job) -> str:
    """The last segment: a name, a UUID, or the provider's short id; not longer than 20 characters."""
    return cut((job.provider_id or "").rsplit("/", 1)[-1], 20)


def cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def elapsed(job: Job, now: datetime | None = None) -> str:
    """From the job's acceptance to its end, or until now."""
    end = datetime.fromisoformat(job.updated_at) if job.state.is_final else now or datetime.now(tz=UTC)
    seconds = max(0, int((end - datetime.fromisoformat(job.created_at)).total_seconds()))
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (rest, "s"))
    shown = [f"{value}{unit}" for value, unit in parts if value][:2]
    return " ".join(shown) or "0s"
