"""The rows of a sweep as a table, as CSV and as JSON."""

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import typer

from jobchute.cli.columns import ID, STATE, Column, short_id
from jobchute.cli.output import counted, print_json
from jobchute.cli.sweeps.rows import SweepRow, metrics_in, names_in
from jobchute.cli.sweeps.values import short_names
from jobchute.cli.tables import Cell, duration, print_lines
from jobchute.job import State
from jobchute.requests.objective import Objective

COLUMNS = ("jobId", "name", "state", "cause", "seconds", "billableSeconds", "estimate", "bound")
"""Of CSV, before the values and the metrics. Amounts are in US dollars."""
WHOLE = 10
"""Significant digits of a number in the table; CSV and JSON have all of them."""


def print_as_json(rows: Sequence[SweepRow]) -> None:
    for row in rows:
        print_json(row.as_json())


def print_as_csv(rows: Sequence[SweepRow], objective: Objective | None) -> None:
    """A line for each job, after one with the names: of columns, of the values' paths, of metrics."""
    values, metrics = names_in(row.values for row in rows), metrics_in(rows, objective)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *values, *metrics])
    for row in rows:
        facts = row.as_json() | {name: row.cost.get(name) for name in ("estimate", "bound")}
        cells = [facts[name] for name in COLUMNS]
        cells += [_text(row.values[name]) if name in row.values else None for name in values]
        writer.writerow([*cells, *(row.metrics.get(name) for name in metrics)])
    typer.echo(text.getvalue(), nl=False)


def print_table(rows: Sequence[SweepRow], objective: Objective | None) -> None:
    """Columns that do not fit a terminal are left out: all metrics but the first, then costs, then values."""
    values, metrics = names_in(row.values for row in rows), metrics_in(rows, objective)
    names = short_names(values)
    columns = [
        ID,
        STATE,
        *(Column(metric, 8, rank=3 if number == 0 else 9) for number, metric in enumerate(metrics)),
        *(Column(names[path], 6, rank=4) for path in values),
        Column("CAUSE", len("INTERRUPTED"), rank=5),
        Column("TIME", len("23h 59m"), rank=6),
        Column("COST", 8, rank=7),
    ]
    print_lines(columns, [_cells(row, values, metrics) for row in rows])


def summary(rows: Sequence[SweepRow], objective: Objective | None) -> str:
    """How many jobs there are in which states, and which one is the best."""
    counts = Counter(row.job.state for row in rows)
    states = ", ".join(f"{counts[state]} {state}" for state in State if counts[state])
    text = f"{counted(len(rows), 'job')}: {states}"
    if objective is None or not rows[0].competes(objective):
        return text
    best = rows[0]
    value = f"{objective.metric}={_number(best.metrics[objective.metric])}"
    names = short_names([*best.values])
    chosen = ", ".join(f"{names[path]}={_text(each)}" for path, each in best.values.items())
    return f"{text}; best: {short_id(best.job.job_id)} {value}{f' with {chosen}' if chosen else ''}"


def _cells(row: SweepRow, values: Sequence[str], metrics: Sequence[str]) -> list[Cell]:
    return [
        row.job.job_id,
        row.job.state,
        *(_number(row.metrics[name]) if name in row.metrics else None for name in metrics),
        *(_text(row.values[path]) if path in row.values else None for path in values),
        row.job.cause,
        None if row.seconds is None else duration(row.seconds),
        _cost(row),
    ]


def _cost(row: SweepRow) -> str | None:
    """The estimate, or the most that the job may cost."""
    if "estimate" in row.cost:
        return f"${row.cost['estimate']:,.4g}"
    return f"≤ ${row.cost['bound']:,.4g}" if "bound" in row.cost else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    return f"{value:.{WHOLE}g}"
