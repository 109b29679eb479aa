"""A row for each job of a sweep: its values, how it ended, what it took and reached. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from jobchute.cli.sweeps.values import Values
from jobchute.job import Job
from jobchute.requests.objective import Objective, reached
from jobchute.status.documents import status_of


class SweepRow(NamedTuple):
    """seconds: from start to end by the provider, None if it does not say. cost: as in status documents."""

    job: Job
    values: Values
    seconds: float | None
    billable_seconds: int | None
    cost: Mapping[str, Any]
    metrics: Mapping[str, float]

    def competes(self, objective: Objective) -> bool:
        return reached(self.job, objective.metric) is not None

    def as_json(self) -> dict[str, Any]:
        job = self.job
        return {
            "jobId": job.job_id,
            "name": job.name,
            "state": job.state,
            "cause": job.cause,
            "values": dict(self.values),
            "seconds": self.seconds,
            "billableSeconds": self.billable_seconds,
            "cost": dict(self.cost) or None,
            "metrics": dict(self.metrics),
        }


def row_of(job: Job, values: Values) -> SweepRow:
    result = job.result or {}
    return SweepRow(
        job=job,
        values=values,
        seconds=_seconds(result),
        billable_seconds=result.get("billableSeconds"),
        cost=status_of(job).get("cost", {}),
        metrics=result.get("metrics", {}),
    )


def best_first(rows: Iterable[SweepRow], objective: Objective) -> list[SweepRow]:
    """Jobs that FAILED come after all others with the metric. Jobs without it come last, in their order."""
    rows = list(rows)
    with_metric = [row for row in rows if objective.metric in row.metrics]
    ranked = sorted(
        with_metric,
        key=lambda row: (not row.competes(objective), objective.rank(row.metrics[objective.metric])),
    )
    return ranked + [row for row in rows if objective.metric not in row.metrics]


def names_in(parts: Iterable[Mapping[str, Any]]) -> list[str]:
    """The keys of all parts, in the order in which they first appear."""
    return [*dict.fromkeys(name for part in parts for name in part)]


def metrics_in(rows: Sequence[SweepRow], objective: Objective | None) -> list[str]:
    """The metric that ranks the jobs comes first."""
    first = [] if objective is None else [objective.metric]
    return [*dict.fromkeys([*first, *names_in(row.metrics for row in rows)])]


def _seconds(result: Mapping[str, Any]) -> float | None:
    if "startedAt" not in result or "endedAt" not in result:
        return None
    started, ended = (datetime.fromisoformat(result[name]) for name in ("startedAt", "endedAt"))
    return (ended - started).total_seconds()
