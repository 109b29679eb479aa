"""The rows of a sweep, read from the ledger."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobchute.cli.results.targets import jobs_at
from jobchute.cli.sweeps.rows import SweepRow, row_of
from jobchute.cli.sweeps.values import differing_values
from jobchute.errors import UnknownJobError
from jobchute.job import Job, State
from jobchute.requests.objective import MAXIMIZE, Objective

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment


def sweep_of(deployment: "Deployment", target: str) -> list[SweepRow]:
    """A row for each job of a file, a document or a label, in the order of the documents.

    Raises UnknownJobError if there is none; a rejection is none.
    """
    jobs = [job for job in jobs_at(deployment, target) if job.state is not State.REJECTED]
    if not jobs:
        raise UnknownJobError(target)
    return rows_of(deployment, jobs, shown=lambda request: request)


def rows_of(
    deployment: "Deployment", jobs: Sequence[Job], *, shown: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> list[SweepRow]:
    """A row for each of the jobs. shown: the part of a request whose values are compared."""
    bodies = deployment.ledger.requests
    requests = bodies.get_many([job.job_id for job in jobs])
    # A request that is gone says nothing about values; its job is shown nevertheless.
    known = [job for job in jobs if job.job_id in requests]
    compared = [(job.api, shown(requests[job.job_id])) for job in known if job.api is not None]
    values = {job.job_id: found for job, found in zip(known, differing_values(compared), strict=True)}
    return [row_of(job, values.get(job.job_id, {})) for job in jobs]


def objective_of(jobs: Sequence[Job]) -> Objective | None:
    """The objective that the first document with one gave."""
    given = next((job.objective for job in jobs if job.objective is not None), None)
    return None if given is None else Objective(given["metric"], given.get("goal", MAXIMIZE))
