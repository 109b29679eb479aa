"""Dry runs: what a request would become, by the code that accepts it, over a ledger that it only reads."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, Never

from jobchute.errors import REFUSALS, UnknownJobError
from jobchute.intake.invocation import Invocation, TimeIsOverError
from jobchute.job import Job, Source
from jobchute.ledger.duplicates import not_applied_to
from jobchute.ledger.items import JOB, Item
from jobchute.ledger.job_rows import JobRows
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pools import PoolRow, PoolRows
from jobchute.ledger.queues import QueueRows
from jobchute.lifecycle.build import JobBuilder
from jobchute.lifecycle.dependencies import unwanted_end
from jobchute.lifecycle.enter import JobEntry
from jobchute.lifecycle.name_checks import NAME_WAIT_SECONDS
from jobchute.lifecycle.pool_capacity import PoolCapacity
from jobchute.lifecycle.rejections import rejection_of
from jobchute.problems import Problem
from jobchute.providers.adapter import ProviderRequest
from jobchute.requests.document import Submission, Sweep
from jobchute.requests.ordering import Dependency

if TYPE_CHECKING:
    from jobchute.lifecycle.variants import Alternative

UNKNOWN = f"would wait up to {NAME_WAIT_SECONDS // 60} minutes for this name, which no job has yet"


class WritesNothingError(Exception):
    """A dry run came to a write that no rehearsal of it stands for: a mistake in this module."""


class RehearsedRows(JobRows):
    """The rows as a dry run meets them: where it would write a new item, it looks for the existing one.

    Each item is read once, consistently.
    """

    def __init__(self, *_: object) -> None:
        self._items: dict[tuple[str, str], Item | None] = {}

    def get(self, job_id: str, sk: str = JOB) -> Item:
        if (job_id, sk) not in self._items:
            self._items[job_id, sk] = self._read(job_id, sk)
        item = self._items[job_id, sk]
        if item is None:
            raise UnknownJobError(job_id)
        return item

    def _read(self, job_id: str, sk: str) -> Item | None:
        try:
            return super().get(job_id, sk)
        except UnknownJobError:
            return None

    def put_new(self, item: Item) -> Item | None:
        try:
            return self.get(str(item["pk"]["S"]), str(item["sk"]["S"]))
        except UnknownJobError:
            return None

    def put(self, item: Item) -> None:
        """A label needs no pointer to a job that does not exist."""

    def update(self, job_id: str, update: object, condition: str) -> Never:
        raise WritesNothingError(f"{job_id}: {update} if {condition}")


class Rehearsal(Ledger):
    """The ledger of a dry run. It writes nothing."""

    def __init__(self, *_: object) -> None:
        self._rows = RehearsedRows(self.client, self.table)

    @property
    def rows(self) -> JobRows:
        return self._rows


class Awaited(NamedTuple):
    """A job that the new one would wait for. job: None where no job has this id or key."""

    dependency: Dependency
    job_id: str
    job: Job | None
    note: str


class Pool(NamedTuple):
    """How a pool stands. limit: by its rules and pauses; limit_now: less for a while after a quota error.

    paused_by: the target of the pause that holds for it, None where none does.
    """

    name: str
    limit: int
    limit_now: int
    in_flight: int
    waiting: int
    paused_by: str | None = None


class Plan(NamedTuple):
    """What a request would become. call: that would be made at its provider; None where the job is there.

    existing: the job that it is already, and not_applied what the document says differently. alternatives: what
    it would ask for instead where there is no capacity.
    """

    job: Job
    pool: Pool
    call: ProviderRequest | None = None
    after: tuple[Awaited, ...] = ()
    existing: Job | None = None
    not_applied: tuple[str, ...] = ()
    alternatives: "tuple[Alternative, ...]" = ()


def _note(job: Job, other: Job) -> str:
    if not other.state.is_final:
        return f"would wait for it: it is {other.state}"
    unwanted = unwanted_end(job, other)
    if unwanted is None:
        return f"has ended {other.state}: nothing to wait for"
    return f"the job would be CANCELLED at once: {unwanted}"


class Planner:
    """The plans of one document, which may have a matrix: rows that they share are read once."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        entry: JobEntry,
        builder: JobBuilder,
        capacity: PoolCapacity,
        rows: PoolRows,
        queues: QueueRows,
    ) -> None:
        self._ledger = Rehearsal(*ledger)
        self._entry = entry.over(self._ledger)
        self._builder = builder
        self._capacity = capacity
        self._rows = rows
        self._queues = queues
        self._pools: dict[str, Pool] = {}

    def judge(self, submission: Submission, source: Source) -> Plan | Problem:
        """The plan, or why the request would be rejected although it is valid."""
        try:
            return self._plan(submission, source)
        except REFUSALS as error:
            return rejection_of(error, submission)

    def judge_all(self, sweep: Sweep, source: Source, call: Invocation) -> list[Plan | Problem]:
        """Of every combination. Raises TimeIsOverError."""
        plans = []
        for combination in sweep.combinations():
            if combination.number and call.is_over:
                raise TimeIsOverError
            plans.append(self.judge(combination.submission, source))
        return plans

    def _plan(self, submission: Submission, source: Source) -> Plan:
        job, existing = self._entry.enter(submission, source)
        if existing is not None:
            not_applied = not_applied_to(existing, submission)
            pool = self._pool(existing.pool or job.pool or "")
            return Plan(job, pool, existing=existing, not_applied=not_applied)
        after = tuple(self._awaited(job, submission.after))
        pool = self._pool(job.pool or "")
        call = self._builder.provider_request(job, submission)
        return Plan(job, pool, call, after, alternatives=self._alternatives(job, submission))

    def _alternatives(self, job: Job, submission: Submission) -> "tuple[Alternative, ...]":
        if not submission.alternatives:
            return ()
        from jobchute.lifecycle.variants import alternatives_of

        return tuple(alternatives_of(job, submission, self._builder))

    def _awaited(self, job: Job, dependencies: Iterable[Dependency]) -> Iterator[Awaited]:
        """In the order of the document: known jobs are in `after`, unknown names in `awaits`."""
        names = {entry["name"] for entry in job.awaits}
        known = iter(job.after)
        for dependency in dependencies:
            if dependency.target in names:
                yield Awaited(dependency, "", None, UNKNOWN)
            else:
                other = self._ledger.get(str(next(known)["job"]))
                yield Awaited(dependency, other.job_id, other, _note(job, other))

    def _pool(self, name: str) -> Pool:
        if name not in self._pools:
            self._pools[name] = self._seen(self._rows.find(name))
        return self._pools[name]

    def _seen(self, row: PoolRow) -> Pool:
        rules = self._capacity.rules()
        return Pool(
            name=row.pool,
            limit=rules.limit_of(row.pool),
            limit_now=self._capacity.limit_now(row),
            in_flight=len(row.leases),
            waiting=self._queues.length(row.pool, has_time=lambda: True),
            paused_by=rules.pause_of(row.pool),
        )
