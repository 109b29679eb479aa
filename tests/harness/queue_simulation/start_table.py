"""The table of expected starts."""

from rich.console import Console
from rich.table import Table

from tests.harness.queue_simulation.starts import StartFigures, Starts, start_figures


def print_starts(starts: Starts, console: Console) -> None:
    table = Table(title="Expected starts: widths and waits are medians in simulated minutes")
    table.add_column("pool")
    for name in ("asked", "known", "inside", "before", "after", "width", "wait"):
        table.add_column(name, justify="right")
    for pool, found in starts.found.items():
        table.add_row(pool, *_cells(start_figures(found)))
    every = start_figures(starts.all())
    table.add_row("all", *_cells(every), style=None if every.is_good else "red")
    console.print(table)


def _cells(figures: StartFigures) -> tuple[str, ...]:
    shares = (figures.known, figures.inside, figures.early, figures.late)
    minutes = (figures.width / 60, figures.wait / 60)
    return f"{figures.asked:,}", *(f"{each:.1%}" for each in shares), *(f"{each:.1f}" for each in minutes)
