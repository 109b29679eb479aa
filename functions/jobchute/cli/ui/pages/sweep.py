"""The jobs of a file or a label side by side, or the files that may be compared."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from jobchute.cli.facts.recent_sweeps import recent_sweeps
from jobchute.cli.facts.sweep import METRIC, VALUE, SweepFacts, SweepView, sweep_facts
from jobchute.cli.sweeps.rows import SweepRow
from jobchute.cli.tables import duration
from jobchute.cli.ui.links import Query
from jobchute.cli.ui.plots.axes import Axis, axis_of, number_of, text_of
from jobchute.cli.ui.plots.sweep import Line, parallel, scatter
from jobchute.cli.ui.site import View, Visit
from jobchute.requests.objective import GOALS

KEPT_SECONDS = 20
"""For the list of recent files, which takes some 30 calls."""
MAX_AXES = 9
"""Values on the plot across all values, and small plots: those of the first paths that differ."""
MAX_METRICS = 6
"""Metrics in the table; the first one ranks the jobs."""


class Column(NamedTuple):
    """A column of the table. key: by which it sorts. order: `ascending`, `descending` or empty.

    address: the query of the page that is sorted by it, the other way round if it is already.
    """

    name: str
    key: str
    is_number: bool
    order: str
    query: Query


class Cell(NamedTuple):
    """column: the name, for a row that is shown as a card."""

    column: str
    text: str
    is_number: bool


def sweeps(visit: Visit) -> View:
    """With `target`, the comparison of its jobs; else a form and the recent files of several jobs."""
    target = visit.first("target")
    if target is None:
        read = partial(recent_sweeps, visit.deployment.ledger)
        found = visit.site.kept(("sweeps",), read, seconds=KEPT_SECONDS)
        return View("sweeps.html", "Sweeps", {"sweeps": found})
    view = SweepView(
        metric=visit.first("by"),
        goal=visit.first("goal"),
        sort=visit.first("sort"),
        descending=visit.first("order") == "descending",
    )
    facts = visit.site.kept(("sweep", target, view), partial(sweep_facts, visit.deployment, target, view))
    return _view(visit, facts)


def _view(visit: Visit, facts: SweepFacts) -> View:
    metric = facts.metrics[0] if facts.metrics else None
    axes = [*_axes(facts)]
    lines = [Line(_title(row, facts), "best" if row is facts.best else "") for row in facts.rows]
    last = None if metric is None else axis_of(metric, [row.metrics.get(metric) for row in facts.rows])
    columns = _columns(visit.query, facts)
    states = ", ".join(f"{number} {state}" for state, number in facts.counts.items())
    values: dict[str, Any] = {
        "facts": facts,
        "metric": metric,
        "goals": GOALS,
        "states": states,
        "axes": [*axes, *([] if last is None else [last])],
        "parallel": _parallel(axes, last, lines),
        "scatters": [] if last is None else _scatters(axes, last, lines),
        "columns": columns,
        "rows": [(row, _cells(row, columns)) for row in facts.rows],
        "best": None if facts.best is None else _title(facts.best, facts),
    }
    return View("sweep.html", facts.target, values, news=f"{len(facts.rows)} jobs: {states}")


def _axes(facts: SweepFacts) -> list[Axis]:
    """The values that jobs have different ones of, then time and cost, each if a job has one."""
    paths = [path for path in facts.values if _is_varied(facts.rows, path)][: MAX_AXES - 2]
    found = [axis_of(facts.values[path], [row.values.get(path) for row in facts.rows]) for path in paths]
    found.append(axis_of("seconds", [row.seconds for row in facts.rows]))
    found.append(axis_of("cost in $", [row.cost.get("estimate") for row in facts.rows]))
    return [axis for axis in found if axis is not None]


def _is_varied(rows: Sequence[SweepRow], path: str) -> bool:
    return len({text_of(row.values[path]) for row in rows if path in row.values}) > 1


def _parallel(axes: Sequence[Axis], metric: Axis | None, lines: Sequence[Line]) -> str | None:
    shown = [*axes, *([] if metric is None else [metric])]
    return parallel(shown, lines) if len(shown) > 1 else None


def _scatters(axes: Sequence[Axis], metric: Axis, lines: Sequence[Line]) -> list[tuple[Axis, str]]:
    return [(axis, scatter(number, axis, metric, lines)) for number, axis in enumerate(axes)]


def _title(row: SweepRow, facts: SweepFacts) -> str:
    """A job with its figures."""
    figures = [f"{facts.values[path]}={text_of(value)}" for path, value in row.values.items()]
    figures += [f"{name}={text_of(row.metrics[name])}" for name in facts.metrics[:1] if name in row.metrics]
    return f"{row.job.name}: {', '.join(figures)}" if figures else row.job.name


def _columns(query: Query, facts: SweepFacts) -> list[Column]:
    named = [
        ("state", "state", False),
        *((name, f"{VALUE}{path}", _is_numeric(facts.rows, path)) for path, name in facts.values.items()),
        *((name, f"{METRIC}{name}", True) for name in facts.metrics[:MAX_METRICS]),
        ("cause", "cause", False),
        ("time", "time", True),
        ("cost", "cost", True),
    ]
    return [_column(query, "job", "name", is_number=False)] + [
        _column(query, name, key, is_number=is_number) for name, key, is_number in named
    ]


def _is_numeric(rows: Sequence[SweepRow], path: str) -> bool:
    return all(number_of(row.values[path]) is not None for row in rows if path in row.values)


def _column(query: Query, name: str, key: str, *, is_number: bool) -> Column:
    is_chosen = [*query.get("sort", ())] == [key]
    is_descending = is_chosen and [*query.get("order", ())] == ["descending"]
    order = ("descending" if is_descending else "ascending") if is_chosen else ""
    following = "descending" if order == "ascending" else "ascending"
    return Column(name, key, is_number, order, {**query, "sort": [key], "order": [following]})


def _cells(row: SweepRow, columns: Sequence[Column]) -> list[Cell]:
    """All but the first, which is the job."""
    return [Cell(column.name, _text(row, column.key), column.is_number) for column in columns[1:]]


def _text(row: SweepRow, key: str) -> str:
    parts: Mapping[str, Mapping[str, Any]] = {VALUE: row.values, METRIC: row.metrics}
    for prefix, values in parts.items():
        if key.startswith(prefix):
            name = key.removeprefix(prefix)
            return text_of(values[name]) if name in values else ""
    if key == "cost":
        return _cost(row.cost)
    fixed = {
        "state": str(row.job.state),
        "cause": row.job.cause or "",
        "time": "" if row.seconds is None else duration(row.seconds),
    }
    return fixed[key]


def _cost(cost: Mapping[str, Any]) -> str:
    if "estimate" in cost:
        return f"${cost['estimate']:,.4g}"
    return f"at most ${cost['bound']:,.4g}" if "bound" in cost else ""
