"""python -m tests.harness.queue_simulation: exits 1 if a lease, the order, a place, the throughput or too many
expected starts are wrong.
"""

import logging
import os
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from tests.harness.queue_simulation.figures import BREAKS, Figures, figures_of, is_good
from tests.harness.queue_simulation.plan import POOLS, plan_of
from tests.harness.queue_simulation.questions import Asking
from tests.harness.queue_simulation.start_table import print_starts
from tests.harness.queue_simulation.starts import start_figures
from tests.harness.queue_simulation.world import BEGIN, FAILING, QueueWorld

MAX_SHOWN = 20
COMPARED = 5_000
console = Console(width=None if os.isatty(1) else 170)


def main(
    *,
    jobs: Annotated[int, typer.Option(min=100, help="jobs in all pools")] = 100_000,
    pools: Annotated[int, typer.Option(min=1, max=len(POOLS), help="the first so many")] = len(POOLS),
    seed: Annotated[int, typer.Option(help="of the jobs, and of all chance")] = 0,
    minutes: Annotated[int, typer.Option(min=1, help="between two forecasts of starts")] = 120,
    failing: Annotated[
        float, typer.Option(min=0, max=0.5, help="the share of calls that meet a fault")
    ] = FAILING,
) -> None:
    """Very many jobs in many pools, in simulated time and with faults.

    Places are compared at each admission, of more than 5,000 jobs at every so many.
    """
    logging.disable(logging.CRITICAL)
    begin = time.monotonic()
    with Progress(console=console) as progress:
        bar = progress.add_task("jobs ended", total=jobs)
        world = QueueWorld(
            plan_of(jobs, POOLS[:pools], seed),
            seed=seed,
            failing=failing,
            asking=Asking(admissions=1 + jobs // COMPARED, minutes=minutes),
            tell=lambda ended: _tell(progress, bar, ended),
        )
        is_over = world.run()
    found = list(figures_of(world, BEGIN))
    _print(found)
    print_starts(world.questions.starts, console)
    _sum_up(world, jobs, time.monotonic() - begin)
    for broken in world.watch.findings.broken[:MAX_SHOWN]:
        console.print(f"[red]{broken.kind}[/red] {broken.pool}: {broken.what}")
    if not is_over:
        console.print("[red]it did not come to rest[/red]")
    is_told_well = start_figures(world.questions.starts.all()).is_good
    raise typer.Exit(not (is_over and is_told_well and is_good(found, world.watch)))


def _tell(progress: Progress, bar: TaskID, ended: int) -> None:
    """Every tenth of the way too, where no bar can be drawn."""
    total, before = int(progress.tasks[bar].total or 1), int(progress.tasks[bar].completed)
    progress.update(bar, completed=ended)
    if not console.is_terminal and ended * 10 // total > before * 10 // total:
        console.print(f"{ended:,} of {total:,} jobs ended")


def _print(found: list[Figures]) -> None:
    table = Table(title="Pools: makespan and ideal in simulated hours")
    table.add_column("pool")
    for name in (
        *("jobs", "limit", "rate", "most", "makespan", "ideal", "ratio", "no caps", "refused", "overtaken"),
        *BREAKS,
    ):
        table.add_column(name, justify="right")
    for each in found:
        table.add_row(
            each.pool,
            f"{each.jobs:,}",
            str(each.limit),
            f"{each.rate:g}",
            str(each.most_in_flight),
            f"{each.makespan / 3600:.2f}",
            f"{each.ideal / 3600:.2f}",
            f"{each.ratio:.3f}",
            f"{each.makespan / each.plain:.3f}",
            str(each.refused),
            str(each.overtaken),
            *(str(each.broken[kind]) for kind in BREAKS),
            style=None if each.is_good else "red",
        )
    console.print(table)


def _sum_up(world: QueueWorld, jobs: int, seconds: float) -> None:
    calls = world.calls
    reads = sum(calls[name] for name in ("query", "get_item", "batch_get_item"))
    writes = sum(calls[name] for name in ("update_item", "put_item", "delete_item"))
    console.print(
        f"{world.watch.steps:,} steps checked, {world.faults.count:,} faults, {world.sweeps:,} sweeps "
        f"({calls['sweeps that died']} died), {calls['redriven']} dead letters sent again, "
        f"longest repair {world.watch.repairs.longest:.0f} s, "
        f"{world.questions.places.compared:,} places compared"
    )
    console.print(
        f"calls a job: {reads / jobs:.1f} reads ({calls['query'] / jobs:.1f} queries, which read "
        f"{world.places_read / jobs:.1f} items), {writes / jobs:.1f} writes; {seconds:.0f} s"
    )


if __name__ == "__main__":
    typer.run(main)
