"""The columns that a list of jobs can have."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from jobchute.cli.columns import API, ELAPSED, ID, STATE, Column, cut_middle
from jobchute.cli.job_sources import api_of, document_of
from jobchute.cli.tables import Cell, age, elapsed, print_lines, short_provider_id
from jobchute.job import Job
from jobchute.outcomes import Cause

TIME = len("2026-11-27T10:00:00.000Z")


class JobColumn(NamedTuple):
    """cell: what a job has in the column."""

    column: Column
    cell: Callable[[Job], Cell]


def _name(job: Job) -> str:
    """A rejection has no name; its document is shown instead."""
    return job.name or document_of(job).rpartition("/")[2]


def _labels(job: Job) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(job.labels.items()))


def _cost(job: Job) -> str | None:
    """The estimate, or the most that the job may cost."""
    from jobchute.status.documents import cost_told

    told = cost_told(job) or {}
    if "estimate" in told:
        return f"${told['estimate']:,.4g}"
    return f"≤ ${told['bound']:,.4g}" if "bound" in told else None


COLUMNS = {
    "id": JobColumn(ID, lambda job: job.job_id),
    "state": JobColumn(STATE, lambda job: job.state),
    "age": JobColumn(Column("AGE", len("23h 59m"), rank=3), age),
    "api": JobColumn(API, api_of),
    "name": JobColumn(Column("NAME", 14, rank=2, cut=cut_middle), _name),
    "elapsed": JobColumn(ELAPSED, elapsed),
    "source": JobColumn(Column("SOURCE", 20, rank=7, cut=cut_middle), document_of),
    "cause": JobColumn(Column("CAUSE", max(map(len, Cause)), rank=4), lambda job: job.cause),
    "reason": JobColumn(Column("REASON", 20, rank=4), lambda job: job.reason),
    "pool": JobColumn(Column("POOL", 18, cut=cut_middle), lambda job: job.pool),
    "provider-id": JobColumn(Column("PROVIDER ID", 14, cut=cut_middle), short_provider_id),
    "labels": JobColumn(Column("LABELS", 14), _labels),
    "cost": JobColumn(Column("COST", 8), _cost),
    "key": JobColumn(Column("KEY", 14, cut=cut_middle), lambda job: job.idempotency_key),
    "owner": JobColumn(Column("OWNER", 8), lambda job: job.owner),
    "created": JobColumn(Column("CREATED", TIME), lambda job: job.created_at),
    "updated": JobColumn(Column("UPDATED", TIME), lambda job: job.updated_at),
}
"""By the name that --columns takes."""
DEFAULT = ("id", "state", "age", "api", "name", "elapsed", "source", "cause", "reason")


def chosen(names: Sequence[str]) -> list[JobColumn]:
    """These columns. If they do not fit the terminal, the last ones are left out first; the first one and the
    state are never left out.
    """
    found = (COLUMNS[name] for name in names)
    return [each._replace(column=_ranked(each.column, number)) for number, each in enumerate(found)]


def print_jobs(jobs: Iterable[Job], columns: Sequence[JobColumn]) -> None:
    """One line for each job."""
    rows = ([each.cell(job) for each in columns] for job in jobs)
    print_lines([each.column for each in columns], rows)


def _ranked(column: Column, rank: int) -> Column:
    return column if column is STATE else column._replace(rank=rank)
