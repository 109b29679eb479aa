"""python -m tests.harness.faults: exits 1 if anything was lost, doubled, orphaned, stuck or wrong.

With --journal, what has been run with this code is not run again but added to the figures: a long run goes on
where it was interrupted, and can be made in parts and ranges of seeds.
"""

import gc
import multiprocessing
import os
import time
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Annotated

import rich.progress
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.harness.faults.journal import Journal, digest_of_code
from tests.harness.faults.parts import PARTS, SEEDS_AT_ONCE, Task, replay, tally
from tests.harness.faults.result import Tally

KINDS = ("lost", "double", "orphaned", "stuck", "wrong")
MAX_SHOWN = 5
console = Console(width=None if os.isatty(1) else 140)


def main(
    *,
    seeds: Annotated[int, typer.Option(help="worlds of chance, fifty requests each")] = 10_000,
    first_seed: Annotated[int, typer.Option(help="the first of them")] = 0,
    only: Annotated[list[str] | None, typer.Option(help=f"parts: {', '.join(PARTS)}")] = None,
    workers: Annotated[int, typer.Option(help="processes")] = os.cpu_count() or 1,
    journal: Annotated[
        Path | None, typer.Option(help="keep what was run here, and do not run it again")
    ] = None,
    again: Annotated[str | None, typer.Option("--replay", help="one run by its name")] = None,
) -> None:
    """The deterministic fault harness: every part, or those asked for."""
    if again is not None:
        raise typer.Exit(_replay(again))
    if unknown := {*(only or ())} - PARTS.keys():
        raise typer.BadParameter(f"no such part: {', '.join(sorted(unknown))}")
    if journal is not None and (first_seed % SEEDS_AT_ONCE or seeds % SEEDS_AT_ONCE):
        raise typer.BadParameter(f"with --journal, seeds are run by {SEEDS_AT_ONCE}")
    begin = time.monotonic()
    tasks = [task for name in only or PARTS for task in PARTS[name].tasks(first_seed, seeds)]
    kept = None if journal is None else Journal(journal, digest_of_code())
    done = {} if kept is None else kept.done()
    tallies = _run([task for task in tasks if task not in done], workers, kept)
    for task, tally_of_task in done.items():
        tallies[task.part].join(tally_of_task)
    _print(tallies, time.monotonic() - begin)
    raise typer.Exit(any(each.kinds for each in tallies.values()))


def _run(tasks: list[Task], workers: int, journal: Journal | None) -> dict[str, Tally]:
    tallies: dict[str, Tally] = defaultdict(Tally)
    # A worker that is forked shares what its parent has imported.
    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
    with pool, Progress(console=console) as progress:
        bars = {
            name: progress.add_task(PARTS[name].title, total=sum(task.part == name for task in tasks))
            for name in dict.fromkeys(task.part for task in tasks)
        }
        for future in as_completed([pool.submit(tally, task) for task in tasks]):
            task, done = future.result()
            part = task.part
            tallies[part].join(done)
            if journal is not None:
                journal.add(task, done)
            progress.advance(bars[part])
            if not console.is_terminal:
                _say(part, tallies[part], progress.tasks[bars[part]])
            for failure in done.failures[:MAX_SHOWN]:
                progress.console.print(f"[red]{failure.name}[/red]", failure.violations[:MAX_SHOWN])
    return tallies


def _begin() -> None:
    """A world makes hundreds of thousands of objects: Python looks through them for garbage less often."""
    gc.freeze()
    gc.set_threshold(50_000)


def _say(part: str, done: Tally, bar: rich.progress.Task) -> None:
    """Every tenth of the way, where no bar can be drawn."""
    total = int(bar.total or 1)
    if int(bar.completed) * 10 // total > (int(bar.completed) - 1) * 10 // total:
        violations = done.kinds.total()
        console.print(f"{part}: {bar.percentage:.0f} %, {done.runs:,} runs, {violations} violations")


def _print(tallies: Mapping[str, Tally], seconds: float) -> None:
    table = Table(title=f"Faults in process, {seconds:.0f} s")
    table.add_column("part")
    for name in ("runs", "jobs", "calls", "faults", "boundaries", *KINDS):
        table.add_column(name, justify="right")
    whole = Tally()
    for part, done in tallies.items():
        whole.join(done)
        table.add_row(PARTS[part].title, *_figures(done))
    table.add_section()
    table.add_row("all", *_figures(whole))
    console.print(table)
    for failure in whole.failures:
        console.print(f"[red]python -m tests.harness.faults --replay '{failure.name}'[/red]")


def _figures(done: Tally) -> list[str]:
    figures = (done.runs, done.jobs, done.calls, done.faults, len(done.boundaries))
    return [f"{figure:,}" for figure in (*figures, *(done.kinds[kind] for kind in KINDS))]


def _replay(name: str) -> bool:
    result = replay(name)
    if len(result.calls) < 1000:
        for place, call in enumerate(result.calls):
            console.print(f"{place:4} {call}")
    console.print("faults:", result.hit)
    for violation in result.violations:
        console.print(f"[red]{violation.kind}[/red] {violation.about}: {violation.what}")
    console.print(f"{len(result.violations)} violations")
    return bool(result.violations)


if __name__ == "__main__":
    typer.run(main)
