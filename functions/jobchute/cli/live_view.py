"""The live view of open jobs."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from jobchute.cli.columns import API, ELAPSED, STATE, Column, cut, cut_middle
from jobchute.cli.following import Row
from jobchute.cli.output import safe, visible
from jobchute.cli.tables import Cell, elapsed, lines_of, short_provider_id
from jobchute.job import State

COLUMNS = (
    Column("JOB", 14, rank=1, cut=cut_middle),
    API,
    STATE,
    Column("PROVIDER ID", 14, rank=7, cut=cut_middle),
    ELAPSED._replace(rank=3),
    Column("REASON", 20, rank=4),
)
MAX_ROWS = 40
BESIDE_ROWS = 5
"""Lines of the terminal beside the rows: the header, up to three of the summary, and the cursor's."""
MAX_REASON = 70
MAX_PROVIDER_ID = 20
"""In characters, if each change is a line of text."""

Show = Callable[[Sequence[Row]], None]


@contextmanager
def board(console: Console) -> Iterator[Show]:
    """A function that shows rows: in a table that is redrawn on a terminal, elsewhere as a line per change."""
    if not console.is_terminal:
        yield ChangesOnly(console)
        return
    with Live(console=console, auto_refresh=False) as live:
        drawn = partial(_drawn, console)
        yield lambda rows: live.update(drawn(rows), refresh=True)


class ChangesOnly:
    """Prints a line whenever the state of a job has changed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, State] = {}

    def __call__(self, rows: Sequence[Row]) -> None:
        for row in rows:
            key = row.awaited.job_id or row.awaited.title
            if row.job is not None and self._shown.get(key) is not row.job.state:
                self._shown[key] = row.job.state
                self._print(row)

    def _print(self, row: Row) -> None:
        name, api, state, provider_id, age, reason = cells(row)
        reason = cut(reason or "", MAX_REASON)
        provider_id = cut(provider_id or "", MAX_PROVIDER_ID)
        line = f"{age or '':>7}  {state or '-':<10}  {name}  {api}  {provider_id}  {reason}"
        self._console.print(Text(visible(line.rstrip())), soft_wrap=True)


def cells(row: Row) -> tuple[Cell, ...]:
    job, api = row.job, row.awaited.api
    if job is None:
        return (row.awaited.title, api or "", None, "", "", "not accepted yet")
    name = job.name or row.awaited.title
    return (name, api or "", job.state, short_provider_id(job), elapsed(job), safe(job.reason or ""))


def _drawn(console: Console, rows: Sequence[Row]) -> Group | Table:
    # If not all fit, only open jobs are shown.
    room = max(1, min(MAX_ROWS, console.height - BESIDE_ROWS))
    shown = rows if len(rows) <= room else [row for row in rows if row.is_open][:room]
    table = lines_of(COLUMNS, [cells(row) for row in shown], console.width)
    if len(shown) == len(rows):
        return table
    counts = Counter(str(row.job.state) if row.job else "not accepted yet" for row in rows)
    summary = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    total = Text(f"{len(rows)} in total: {summary}", style="dim")
    return Group(table, total) if shown else Group(total)
