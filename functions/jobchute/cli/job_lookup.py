"""The job that a user means, found by keys alone: one read for a whole id, at most four for anything else."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.job_sources import document_of
from jobchute.cli.output import counted, safe
from jobchute.errors import UnknownJobError
from jobchute.intake.cancel import file_target
from jobchute.job import Job, ids_named
from jobchute.ledger.items import BEGINNING_LENGTH, word_of_name
from jobchute.ledger.lookups import LookupRows
from jobchute.runtime import client
from jobchute.status.sources import MESSAGE

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment

MAX_LISTED = 12
MAX_TARGET_BYTES = 2048 - len(word_of_name(""))
"""The limit of a partition key (DynamoDB Developer Guide, "Quotas"); a target is one, also as a name."""
WHOLE_ID = re.compile(r"(jc|rj)-[0-9a-f]{64}")
BEGINNING = re.compile(rf"(jc|rj)-[0-9a-f]{{{BEGINNING_LENGTH - 3},63}}")
DOCUMENT = re.compile(r"#\d+(/\d+)?$")
"""After a file: which of its documents, as tables show it."""
SOURCE_WIDTH = 39
"""Width of the source in a line, which keeps the line within 80."""


def jobs_called(deployment: "Deployment", target: str) -> list[Job]:
    """The jobs with this id, beginning of an id, name, idempotency key or provider id, the latest first.

    A whole id is one job of any owner: raises UnknownJobError if there is none. If the deployment has an owner,
    everything else means that owner's jobs.
    """
    if WHOLE_ID.fullmatch(target):
        return [deployment.ledger.get(target)]
    if not can_be_a_key(target):
        return []
    ids = dict.fromkeys([*ids_named(target, deployment.owner), *_looked_up(deployment, target)])
    jobs = {job.job_id: job for job in deployment.ledger.get_many(ids)}
    if target in jobs:
        return [jobs[target]]
    return sorted(own_jobs(deployment, jobs.values()), key=lambda job: job.created_at, reverse=True)


def jobs_from(deployment: "Deployment", target: str) -> list[Job]:
    """The jobs of a file, of one of its versions or documents, or of a message, the latest first.

    At most MAX_LISTED + 1 of them.
    """
    return list(islice(all_jobs_from(deployment, target), MAX_LISTED + 1))


def all_jobs_from(deployment: "Deployment", target: str) -> Iterator[Job]:
    """All jobs of a file, of one of its versions or documents, or of a message, the latest first."""
    if not can_be_a_key(target):
        return iter(())
    return own_jobs(deployment, _from_source(deployment, target))


def the_one(jobs: Sequence[Job], target: str, *, is_file: bool = False) -> Job:
    """is_file: whether the target means a file, not a job.

    Raises UnknownJobError for no job, and AnswerIsNoError, which lists them, for several.
    """
    if not jobs:
        raise UnknownJobError(target)
    if len(jobs) > 1:
        raise AnswerIsNoError("\n".join(_lines(jobs, target, is_file)))
    return jobs[0]


def names_a_document(target: str) -> bool:
    """Whether the target is one document of a file, not the file."""
    return DOCUMENT.search(target) is not None


def _looked_up(deployment: "Deployment", target: str) -> Iterator[str]:
    rows = LookupRows(client("dynamodb"), deployment.table)
    limit = MAX_LISTED + 1
    if BEGINNING.fullmatch(target):
        yield from rows.beginning_with(target, limit=limit)
    yield from rows.named(target, limit=limit)
    if not _is_source(deployment, target):
        handle = deployment.ledger.queries.handle(_provider_id(target))
        yield from [] if handle is None else [handle.job_id]


def _is_source(deployment: "Deployment", target: str) -> bool:
    """Whether the target looks like a file or a message, as no provider id does."""
    return target.startswith(MESSAGE) or file_target(target, deployment.bucket) is not None


def _provider_id(target: str) -> str:
    """Fireworks' names are `accounts/ACCOUNT/batchJobs/ID`; the ledger has the ID alone."""
    return target.rpartition("/")[2] or target if target.startswith("accounts/") else target


def _from_source(deployment: "Deployment", target: str) -> Iterator[Job]:
    text, part = target, ""
    if found := DOCUMENT.search(target):
        text, part = target[: found.start()], found.group()
    file = file_target(text, deployment.bucket)
    if file is None and not text.startswith(MESSAGE):
        return
    uri, version = (text, None) if file is None else file
    for job in deployment.ledger.queries.by_source(uri):
        is_version = version in (None, job.source.version)
        if is_version and (not part or _part_of(job) == part):
            yield job


def _part_of(job: Job) -> str:
    """`#0` also names the only document of a file, although tables leave it out."""
    part = document_of(job).removeprefix(job.source.uri)
    return part or "#0"


def own_jobs(deployment: "Deployment", jobs: Iterable[Job]) -> Iterator[Job]:
    """The jobs of the deployment's owner; all jobs if it has none."""
    return (job for job in jobs if deployment.owner in (None, job.owner))


def can_be_a_key(target: str) -> bool:
    """False for a target that is too long for DynamoDB, or that is not UTF-8 text."""
    try:
        return len(target.encode()) <= MAX_TARGET_BYTES
    except UnicodeEncodeError:
        return False


def _lines(jobs: Sequence[Job], target: str, is_file: bool) -> Iterator[str]:
    from jobchute.cli.columns import cut_middle
    from jobchute.cli.tables import age

    listed = jobs[:MAX_LISTED]
    more = len(jobs) > MAX_LISTED
    number = f"more than {MAX_LISTED} jobs" if more else counted(len(jobs), "job")
    yield f"{target!r} matches {number}; nothing was done. Give the id of one:"
    for job_id, job in zip(shown_ids(listed), listed, strict=True):
        source = cut_middle(safe(document_of(job)), SOURCE_WIDTH)
        yield f"  {job_id}  {job.state:<10}  {age(job):>8}  {source}"
    if more:
        yield "  and more; see: jobchute jobs list"
    files = {job.source.uri for job in jobs} if is_file else set()
    if len(files) == 1 and (uri := safe(*files)).startswith("s3://"):
        yield "All are of one file. To cancel it with all of its jobs, or to choose among them:"
        yield f"  jobchute cancel {uri}"
        yield f"  jobchute cancel --source {uri}, with other options; the same for retry"


def shown_ids(jobs: Sequence[Job]) -> list[str]:
    """As tables show them; whole if two of them look the same."""
    from jobchute.cli.columns import short_id

    shown = [short_id(job.job_id) for job in jobs]
    return shown if len({*shown}) == len(jobs) else [job.job_id for job in jobs]
