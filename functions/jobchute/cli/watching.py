"""Jobs that are there already, followed until all have ended.

Nothing is kept between two looks but the jobs themselves, so the same command takes up again where an earlier
one was stopped.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.following import Awaited, Clock, Row
from jobchute.cli.job_filters import Wanted, all_found
from jobchute.cli.job_lookup import own_jobs
from jobchute.cli.job_sources import api_of, document_of
from jobchute.cli.results.targets import jobs_at
from jobchute.errors import UnknownJobError
from jobchute.intake.cancel import file_target
from jobchute.job import Job
from jobchute.ledger.files import FileRows
from jobchute.ledger.job_rows import MAX_BATCH
from jobchute.ledger.jobs import Ledger
from jobchute.runtime import client

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment

GRACE = 30.0
"""Seconds: the intake takes a request from its queue and validates it within a few."""
LOOKS_BETWEEN = 30
"""Looks at the open jobs alone, before their files and labels are read again for new jobs."""


class NoJobMatchesError(AnswerIsNoError):
    """No job has the label or the source. There may be one in a moment."""


class Gathered(NamedTuple):
    """is_growing: whether a file is still being read, so that more jobs will come."""

    jobs: list[Job]
    is_growing: bool = False


def gathered(deployment: "Deployment", targets: Sequence[str], wanted: Wanted | None) -> Gathered:
    """The jobs of all targets, and those that match the conditions, each once.

    Raises UnknownJobError for a target without jobs, NoJobMatchesError for conditions without, AnswerIsNoError
    for an ambiguous target.
    """
    found = [job for target in targets for job in jobs_at(deployment, target)]
    files = [*targets]
    if wanted is not None:
        found += _matching(deployment, wanted)
        files += [] if wanted.source is None else [wanted.source]
    jobs = {job.job_id: job for job in found}
    return Gathered([*jobs.values()], any(_is_being_read(deployment, file) for file in files))


def watched(
    gather: Callable[[], Gathered], ledger: Ledger, clock: Clock, *, note: Callable[[str], None]
) -> Iterator[list[Row]]:
    """Look at the jobs until all have ended, or until the timeout.

    One read for 100 open jobs a look, and at most one such read in each interval. note: told that a target has
    no jobs yet. Raises UnknownJobError for one that has none within GRACE seconds.
    """
    start, looks = clock.now(), 0
    found = _patiently(gather, clock, note)
    jobs = {job.job_id: job for job in found.jobs}
    while True:
        yield [*map(_row, jobs.values())]
        still_open = [job.job_id for job in jobs.values() if not job.state.is_final]
        is_complete = looks == 0 and not found.is_growing and not still_open
        if is_complete or (clock.timeout is not None and clock.now() - start >= clock.timeout):
            return
        if still_open or looks == 0:
            clock.pause(clock.interval * max(1, -(-len(still_open) // MAX_BATCH)))
        looks = looks + 1 if still_open and looks < LOOKS_BETWEEN else 0
        found = Gathered([*ledger.get_many(still_open)], found.is_growing) if looks else gather()
        jobs |= {job.job_id: job for job in found.jobs}


def _matching(deployment: "Deployment", wanted: Wanted) -> list[Job]:
    jobs = [*own_jobs(deployment, all_found(deployment.ledger, wanted))]
    if not jobs:
        label = None if wanted.label is None else f"the label {'='.join(wanted.label)}"
        source = None if wanted.source is None else f"the source {wanted.source}"
        what = " and ".join(filter(None, (label, source)))
        raise NoJobMatchesError(f"no job with {what} was found; see: jobchute jobs list")
    return jobs


def _patiently(gather: Callable[[], Gathered], clock: Clock, note: Callable[[str], None]) -> Gathered:
    """Jobs that were sent a moment ago are not in the ledger yet."""
    grace = GRACE if clock.timeout is None else min(GRACE, clock.timeout)
    end, is_noted = clock.now() + grace, False
    while True:
        try:
            return gather()
        except (UnknownJobError, NoJobMatchesError):
            if clock.now() >= end:
                raise
            if not is_noted:
                note(f"these jobs are not in the ledger yet; looking again for {grace:g} seconds")
            is_noted = True
            clock.pause(clock.interval)


def _row(job: Job) -> Row:
    awaited = Awaited(
        title=document_of(job), api=api_of(job), source=job.source, job_id=job.job_id, digest=job.digest
    )
    return Row(awaited, job)


def _is_being_read(deployment: "Deployment", target: str) -> bool:
    """Whether a version of a file of several documents is still being read. One query for a file."""
    file = file_target(target.partition("#")[0], deployment.bucket)
    if file is None:
        return False
    rows = FileRows(client("dynamodb"), deployment.table).versions(file.uri)
    named = (row for row in rows if file.version in (None, row.source.version))
    return any(not row.reading.finished and row.cancelled_at is None for row in named)
