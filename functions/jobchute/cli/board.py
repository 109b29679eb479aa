"""The live view of jobs that are on their way."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from jobchute.cli.following import Row
from jobchute.cli.output import safe, visible
from jobchute.cli.tables import Cell, cut, elapsed, short_provider_id, table_of
from jobchute.job import State

COLUMNS = ("JOB", "API", "STATE", "PROVIDER ID", "ELAPSED", "REASON")
MOST_ROWS = 40
LONGEST_REASON = 70

Show = Callable[[Sequence[Row]], None]


@contextmanager
def board(console: Console) -> Iterator[Show]:
    """What shows rows: a table that is drawn anew on a terminal, elsewhere a line for each change."""
    if not console.is_terminal:
        yield ChangesOnly(console)
        return
    with Live(console=console, auto_refresh=False) as live:
        yield lambda rows: live.update(_drawn(rows), refresh=True)


class ChangesOnly:
    """Prints a line when a job's state is not the one shown last."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, State] = {}

    def __call__(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if row.job is not None and self._shown.get(row.awaited.title) is not row.job.state:
                self._shown[row.awaited.title] = row.job.state
                self._print(row)

    def _print(self, row: Row) -> None:
        name, api, state, provider_id, age, reason = cells(row)
        line = f"{age or '':>7}  {state or '-':<10}  {name}  {api}  {provider_id}  {reason}"
        self._console.print(Text(visible(line.rstrip())), soft_wrap=True)


def cells(row: Row) -> tuple[Cell, ...]:
    job, api = row.job, row.awaited.api
    if job is None:
        return (row.awaited.title, api or "", None, "", "", "not taken up yet")
    name = job.name or row.awaited.title
    reason = cut(safe(job.reason or ""), LONGEST_REASON)
    return (name, api or "", job.state, short_provider_id(job), elapsed(job), reason)


def _drawn(rows: Sequence[Row]) -> Group | Table:
    # Where there are more than fit, the ones that still move are of interest.
    shown = rows if len(rows) <= MOST_ROWS else [row for row in rows if row.is_open][:MOST_ROWS]
    table = table_of(COLUMNS, map(cells, shown), overflow="ellipsis")
    if len(shown) == len(rows):
        return table
    counts = Counter(str(row.job.state) if row.job else "not taken up yet" for row in rows)
    summary = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    return Group(table, Text(f"{len(rows)} in all: {summary}", style="dim"))
