"""The jobs that together answer one input: those that were given it, and the retries of its failed records.

An input that was split has a job for each part (jobchute.cli.results.splitting). The parts have a label in
common, and each of them stands for all: the retry of their failed records is one job, which names the first
part. Joined without the other parts, a record would look as if it still had to be sent.

A retry names the job that it retries and has that one's key with a number (jobchute.cli.retry_documents), so
the retries of a job are found by keys alone. A retry may itself have been retried.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.job_lookup import own_jobs
from jobchute.cli.retry_documents import retry_key
from jobchute.job import Api, Document, Job, State, job_id_for_key
from jobchute.providers.members import values_at
from jobchute.providers.records import Format, format_of, records_of
from jobchute.providers.spec import Records

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment

SPLIT_LABEL = "jobchute-split"
"""The label of the parts of one input. Its value ends with a slash and the number of parts."""

Find = Callable[[str], Job | None]
"""The job with an id; None if the ledger has none."""


class Batch(NamedTuple):
    """The jobs of one input.

    jobs: in the order of the input's parts; there is one, unless the input was split. inputs: the S3 URI of
    each.
    retries: in the order in which they were made.
    """

    api: Api
    records: Records
    format: Format
    jobs: list[Job]
    inputs: list[str]
    retries: list[Job]

    @property
    def first(self) -> Job:
        """The job that a retry names."""
        return self.jobs[0]

    @property
    def all_jobs(self) -> list[Job]:
        return [*self.jobs, *self.retries]


def batches_of(deployment: "Deployment", jobs: Sequence[Job]) -> list[Batch]:
    """The batches that these jobs make up. A retry of another of the jobs is no batch of its own.

    Raises AnswerIsNoError for a job that has no records or that has not ended, and if a part is missing.
    """
    from jobchute.ledger.named_jobs import job_or_none

    ledger = deployment.ledger

    def find(job_id: str) -> Job | None:
        return job_or_none(ledger, job_id)

    found = {job.job_id: job for job in [*jobs, *_other_parts(deployment, jobs)]}
    groups: dict[tuple[Api | None, str], list[Job]] = {}
    for job in found.values():
        if job.retry_of not in found:
            groups.setdefault((job.api, job.labels.get(SPLIT_LABEL, job.job_id)), []).append(job)
    return [_batch(group, find, ledger.requests.get) for group in groups.values()]


def retries_of(job: Job, find: Find) -> Iterator[Job]:
    """All retries of a job and of its retries, in the order in which they were made."""
    ids = (job_id_for_key(retry_key(job, number), job.owner) for number in itertools.count(1))
    for retry in itertools.takewhile(lambda found: found is not None, map(find, ids)):
        if retry is not None:
            yield retry
            yield from retries_of(retry, find)


def _other_parts(deployment: "Deployment", jobs: Iterable[Job]) -> Iterator[Job]:
    """The jobs of the same split inputs. A rejection is none."""
    queries = deployment.ledger.queries
    for value in {job.labels[SPLIT_LABEL] for job in jobs if SPLIT_LABEL in job.labels}:
        parts = own_jobs(deployment, queries.by_label(SPLIT_LABEL, value))
        yield from (job for job in parts if job.state is not State.REJECTED)


def _check_parts(jobs: list[Job]) -> None:
    value = jobs[0].labels.get(SPLIT_LABEL, "")
    number = value.rpartition("/")[2]
    if number.isdecimal() and len(jobs) != int(number):
        raise AnswerIsNoError(
            f"{len(jobs)} of {number} parts of a split input are jobs ({SPLIT_LABEL}={value}); "
            "submit the others first"
        )


def _batch(jobs: list[Job], find: Find, request_of: Callable[[str], Document]) -> Batch:
    api, records = _api_with_records(jobs[0])
    _check_parts(jobs)
    inputs = {job.job_id: _input_of(request_of(job.job_id), records) for job in jobs}
    ordered = sorted(jobs, key=lambda job: inputs[job.job_id])
    retries = [retry for job in ordered for retry in retries_of(job, find)]
    for job in [*ordered, *retries]:
        if not job.state.is_final:
            what = f", a retry of {job.retry_of}," if job.retry_of else ""
            raise AnswerIsNoError(f"{job.job_id}{what} is {job.state}; wait until it has ended")
    return Batch(
        api=api,
        records=records,
        format=format_of(api),
        jobs=ordered,
        inputs=[inputs[job.job_id] for job in ordered],
        retries=sorted(retries, key=lambda job: job.created_at),
    )


def _api_with_records(job: Job) -> tuple[Api, Records]:
    records = records_of(job.api)
    if job.api is None or records is None:
        raise AnswerIsNoError(f"{job.job_id} is a job of {job.api}, which has no records to join")
    return job.api, records


def _input_of(request: Document, records: Records) -> str:
    (_, uri), *_ = values_at(request, records.input)
    return str(uri)
