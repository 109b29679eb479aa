"""The jobs whose results a user asks for: by id or name, by file, or by label."""

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.job_lookup import all_jobs_from, can_be_a_key, jobs_called, own_jobs, the_one
from jobchute.cli.local_requests import jobs_of_local_file
from jobchute.errors import UnknownJobError
from jobchute.job import Job, State

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment


def jobs_of(deployment: "Deployment", targets: Iterable[str]) -> list[Job]:
    """The jobs of all targets, each once, in the order of the targets and, within a file, of its documents.

    Raises UnknownJobError for a target without jobs, and AnswerIsNoError for one that was rejected.
    """
    found: dict[str, Job] = {}
    for target in targets:
        jobs = jobs_at(deployment, target)
        accepted = [job for job in jobs if job.state is not State.REJECTED]
        if jobs and not accepted:
            raise AnswerIsNoError(f"{target!r} was rejected and never became a job, so it has no results")
        found |= {job.job_id: job for job in accepted}
    return list(found.values())


def jobs_at(deployment: "Deployment", target: str, *, most: int | None = None) -> list[Job]:
    """The jobs and rejections of one target: `jc-…`, a name or a key, a file here or in S3, or `LABEL=VALUE`.

    most: how many of them are read, the latest first; None for all. Raises UnknownJobError.
    """
    called = jobs_called(deployment, target)
    if called:
        return [the_one(called, target)]
    found = [*islice(all_jobs_from(deployment, target), most)] or _labelled(deployment, target, most)
    if found:
        return sorted(found, key=_in_file)
    found = jobs_of_local_file(deployment, target)
    if not found:
        raise UnknownJobError(target)
    return found


def _labelled(deployment: "Deployment", target: str, most: int | None) -> list[Job]:
    name, separator, value = target.partition("=")
    if not name or not separator or not can_be_a_key(target):
        return []
    queries = deployment.ledger.queries
    return [*islice(own_jobs(deployment, queries.by_label(name, value)), most)]


def _in_file(job: Job) -> tuple[str, str, int, int]:
    source = job.source
    return source.uri, source.version, source.index, source.combination or 0
