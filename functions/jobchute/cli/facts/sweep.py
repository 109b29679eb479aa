"""The jobs of a file or a label side by side, as a page shows them: ranked by a metric, in a chosen order."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.cli.results.targets import jobs_at
from jobchute.cli.sweeps.reading import objective_of, rows_of
from jobchute.cli.sweeps.rows import SweepRow, best_first, metrics_in, names_in
from jobchute.cli.sweeps.values import short_names
from jobchute.errors import UnknownJobError
from jobchute.job import Job, State
from jobchute.masking import is_secret
from jobchute.requests.objective import GOALS, MAXIMIZE, Objective

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment

MAX_JOBS = 500
"""Jobs of one page: five reads of rows and five of requests."""
HYPERPARAMETERS = "hyperparameters"
VALUE, METRIC = "value:", "metric:"
"""Before the path of a value, and before the name of a metric, where a view names a column to sort by."""


class SweepView(NamedTuple):
    """What a reader chose. metric, goal: None for the objective of the document. sort: a column, None for the
    order by the metric; descending: whether its largest value comes first.
    """

    metric: str | None = None
    goal: str | None = None
    sort: str | None = None
    descending: bool = False


class SweepFacts(NamedTuple):
    """rows: in the chosen order. values: the paths that differ, with their short names. metrics: the one that
    ranks the jobs comes first. best: None without a metric by which jobs compete.

    has_more: whether the target has more than MAX_JOBS jobs. has_hidden: whether secret members were left out.
    """

    target: str
    rows: Sequence[SweepRow]
    values: Mapping[str, str]
    metrics: Sequence[str]
    objective: Objective | None
    best: SweepRow | None
    counts: Mapping[State, int]
    has_more: bool
    has_hidden: bool


def sweep_facts(deployment: "Deployment", target: str, view: SweepView) -> SweepFacts:
    """Raises UnknownJobError for a target without jobs. At most 16 calls."""
    found = jobs_at(deployment, target, most=MAX_JOBS + 1)
    jobs = [job for job in found[:MAX_JOBS] if job.state is not State.REJECTED]
    if not jobs:
        raise UnknownJobError(target)
    is_matrix = is_one_matrix(jobs)
    rows = rows_of(deployment, jobs, shown=_unchanged if is_matrix else without_secrets)
    objective = _objective(rows, view)
    ranked = list(rows) if objective is None else best_first(rows, objective)
    is_ranked = objective is not None and ranked[0].competes(objective)
    counts = Counter(job.state for job in jobs)
    return SweepFacts(
        target=target,
        rows=_sorted(ranked, view),
        values=short_names(names_in(row.values for row in rows)),
        metrics=metrics_in(rows, objective),
        objective=objective,
        best=ranked[0] if is_ranked else None,
        counts={state: counts[state] for state in State if counts[state]},
        has_more=len(found) > MAX_JOBS,
        has_hidden=not is_matrix,
    )


def is_one_matrix(jobs: Sequence[Job]) -> bool:
    """Whether all jobs come from the matrix of one document.

    Their values differ where the matrix says so, and status documents repeat a matrix's values.
    """
    documents = {(job.source.uri, job.source.version, job.source.index) for job in jobs}
    return len(documents) == 1 and all(job.source.combination is not None for job in jobs)


def without_secrets(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request without its secret members, except for hyperparameters that are numbers: they are compared."""
    return {
        name: _numbers_in(value) if name.lower() == HYPERPARAMETERS else _without_secrets(value)
        for name, value in request.items()
        if name.lower() == HYPERPARAMETERS or not is_secret(name)
    }


def _without_secrets(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_secrets(inner) for name, inner in value.items() if not is_secret(name)}
        case list():
            return [_without_secrets(inner) for inner in value]
        case _:
            return value


def _numbers_in(value: Any) -> dict[str, Any]:
    return {name: each for name, each in value.items() if _is_number(each)} if isinstance(value, dict) else {}


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _unchanged(request: Mapping[str, Any]) -> Mapping[str, Any]:
    return request


def _objective(rows: Sequence[SweepRow], view: SweepView) -> Objective | None:
    """What the reader chose if jobs have that metric, otherwise what the document says."""
    given = objective_of([row.job for row in rows])
    known = names_in(row.metrics for row in rows)
    if view.metric not in known:
        return given
    assert view.metric is not None
    own = given.goal if given is not None and given.metric == view.metric else MAXIMIZE
    return Objective(view.metric, view.goal if view.goal in GOALS else own)


def _sorted(rows: Sequence[SweepRow], view: SweepView) -> list[SweepRow]:
    """Rows without a value in the column come last, in either direction."""
    if view.sort is None:
        return list(rows)
    keyed = [(_key(row, view.sort), row) for row in rows]
    with_key = [(key, row) for key, row in keyed if key is not None]
    ordered = sorted(with_key, key=lambda each: each[0], reverse=view.descending)
    return [row for _, row in ordered] + [row for key, row in keyed if key is None]


def _key(row: SweepRow, column: str) -> tuple[int, float, str] | None:
    """Numbers sort by size, and before texts."""
    value = _cell(row, column)
    if value is None:
        return None
    return (0, float(value), "") if _is_number(value) else (1, 0.0, str(value))


def _cell(row: SweepRow, column: str) -> Any:
    if column.startswith(VALUE):
        return row.values.get(column.removeprefix(VALUE))
    if column.startswith(METRIC):
        return row.metrics.get(column.removeprefix(METRIC))
    cells = {
        "name": row.job.name,
        "state": str(row.job.state),
        "cause": row.job.cause,
        "time": row.seconds,
        "cost": row.cost.get("estimate", row.cost.get("bound")),
    }
    return cells.get(column)
