"""What Bedrock's kinds of job have in common: how they are stopped and listed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import ServiceError
from ..jobs import Job
from ..listing import InvalidPageToken, page
from ..store import Jobs

DEFAULT_PAGE = 100


def stop(jobs: Jobs, job: Job) -> Mapping[str, Any]:
    """The answer to a stop. Stopping a job twice changes nothing."""
    if job.is_final:
        raise ServiceError("ConflictException", f"The job cannot be stopped: it is in status {job.status}.")
    if job.status != "Stopping":
        jobs.stop(job)
    return {}


def listed(jobs: Iterable[Job], request: Mapping[str, Any], *, time: str) -> tuple[Sequence[Job], str | None]:
    """A page of the jobs that a request asks for, and the token of the next one.

    time: how the request's limits of the creation time begin, `submitTime` or `creationTime`.
    """
    found = sorted(
        (job for job in jobs if _is_wanted(job, request, time)),
        key=lambda job: job.created,
        reverse=request.get("sortOrder") != "Ascending",
    )
    try:
        return page(found, size=request.get("maxResults", DEFAULT_PAGE), token=request.get("nextToken"))
    except InvalidPageToken as problem:
        raise ServiceError("ValidationException", "Invalid nextToken") from problem


def _is_wanted(job: Job, request: Mapping[str, Any], time: str) -> bool:
    return (
        request.get("nameContains", "") in job.name
        and request.get("statusEquals", job.status) == job.status
        and request.get(f"{time}After", 0.0) <= job.created
        and job.created <= request.get(f"{time}Before", float("inf"))
    )
