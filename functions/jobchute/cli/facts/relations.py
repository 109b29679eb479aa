"""How a job is related to others: what it waits for, what waits for it, retries and repeated documents."""

from collections.abc import Mapping
from typing import NamedTuple

from jobchute.cli.retry_documents import retry_key
from jobchute.job import Job, Source, State, job_id_for_key
from jobchute.ledger.duplicates import not_applied_in
from jobchute.ledger.jobs import Ledger

MAX_DEPENDENTS = 20
"""Jobs that wait for this one whose rows are read."""
MAX_RETRIES = 10


class Relative(NamedTuple):
    """Another job, or a name that no job has yet. state: None if its row is gone or there is none yet.

    ends: the states in which it lets the other job start. is_open: whether that is still waited for.
    """

    name: str
    job_id: str | None = None
    state: State | None = None
    ends: tuple[str, ...] = ()
    is_open: bool = False


class Repeated(NamedTuple):
    """Another document that asked for the same job. not_applied: keys whose values differ from the job's."""

    uri: str
    not_applied: tuple[str, ...]


class Relations(NamedTuple):
    """before: what the job waits for or waited for. dependents: jobs that wait for it; more_dependents: the
    number of those that were not read. retries: jobs that run this one again.
    """

    before: tuple[Relative, ...] = ()
    dependents: tuple[Relative, ...] = ()
    more_dependents: int = 0
    retry_of: Relative | None = None
    retries: tuple[Relative, ...] = ()
    repeated: tuple[Repeated, ...] = ()


def relations_of(ledger: Ledger, job: Job) -> Relations:
    """One read of at most 51 rows."""
    awaited = [str(entry["job"]) for entry in job.after]
    dependents = sorted(job.dependents)[:MAX_DEPENDENTS]
    retries = [] if job.state is State.REJECTED else _retry_ids(job)
    origin = [] if job.retry_of is None else [job.retry_of]
    wanted = [*awaited, *dependents, *retries, *origin]
    rows = {each.job_id: each for each in ledger.get_many(wanted)} if wanted else {}
    return Relations(
        before=tuple(_before(job, rows)),
        dependents=tuple(_waiting(each, job, rows) for each in dependents),
        more_dependents=len(job.dependents) - len(dependents),
        retry_of=None if job.retry_of is None else _relative(job.retry_of, rows),
        retries=tuple(_relative(each, rows) for each in retries if each in rows),
        repeated=tuple(map(_repeated, sorted(job.duplicates))),
    )


def retries_of(ledger: Ledger, job: Job) -> list[Job]:
    """The first MAX_RETRIES jobs by which `jobchute retry` ran an ended job again, in their order. One read."""
    if not job.state.is_final or job.state is State.REJECTED:
        return []
    return [*ledger.get_many(_retry_ids(job))]


def _retry_ids(job: Job) -> list[str]:
    """A retry's id follows from its number (jobchute.cli.retry_documents)."""
    return [job_id_for_key(retry_key(job, number), job.owner) for number in range(1, MAX_RETRIES + 1)]


def _before(job: Job, rows: Mapping[str, Job]) -> list[Relative]:
    known = [
        _relative(str(entry["job"]), rows)._replace(
            ends=tuple(entry["on"]), is_open=entry["job"] in job.waits_for
        )
        for entry in job.after
    ]
    names = [
        Relative(name=str(entry["name"]), ends=tuple(entry["on"]), is_open=not job.state.is_final)
        for entry in job.awaits
    ]
    return [*known, *names]


def _waiting(job_id: str, job: Job, rows: Mapping[str, Job]) -> Relative:
    found = rows.get(job_id)
    relative = _relative(job_id, rows)
    return relative if found is None else relative._replace(is_open=job.job_id in found.waits_for)


def _relative(job_id: str, rows: Mapping[str, Job]) -> Relative:
    found = rows.get(job_id)
    if found is None:
        return Relative(name=job_id, job_id=job_id)
    return Relative(name=found.name or job_id, job_id=job_id, state=found.state)


def _repeated(entry: str) -> Repeated:
    return Repeated(Source.of_entry(entry).uri, not_applied_in(entry))
