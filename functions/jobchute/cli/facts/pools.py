"""The pools as a page shows them: what runs, what waits and why, and what comes next."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.facts.lines import PoolLine, WaitingJob, lines_of
from jobchute.cli.facts.recent_jobs import RecentJobs
from jobchute.cli.pool_rules import DeployedPools
from jobchute.job import Job
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pools import PoolRow
from jobchute.lifecycle.holding import Held, bucket_of, held_by
from jobchute.lifecycle.pool_capacity import Cut

MAX_POOLS = 100
"""Of the list; those with the most jobs come first."""
MAX_JOBS = 50
"""Of each list of a pool's page."""


ReadRecent = Callable[[], RecentJobs]
"""What starts are estimated from, if the caller keeps it; without it, it is read where jobs wait."""


class PoolFacts(NamedTuple):
    """One pool. limit: by its rules; limit_now: less than that after a quota error, 0 in a pause.

    held: what keeps it from admitting the next job. cut: what is left of a quota error. paused: the target of
    the pause that holds for it. rate: create calls a second, of the pool rate_of. next_create_at: the next
    create slot, in epoch seconds; 0 if the pool has not created a job yet.
    """

    pool: str
    in_flight: int
    limit: int
    limit_now: int
    held: Held | None
    cut: Cut | None
    paused: str | None
    rate: float
    rate_of: str
    next_create_at: float
    line: PoolLine


class InFlight(NamedTuple):
    """A job that holds a lease, since then in epoch seconds. job: None if its row is gone."""

    job_id: str
    since: float
    job: Job | None


class Waiting(NamedTuple):
    """A job of the queue. job: None if its row is gone."""

    turn: WaitingJob
    job: Job | None


class PoolDetail(NamedTuple):
    """One pool with MAX_JOBS jobs of each kind: those longest in flight, and those that come next."""

    facts: PoolFacts
    in_flight: Sequence[InFlight]
    waiting: Sequence[Waiting]


class PoolList(NamedTuple):
    """pools: those with the most jobs first. left_out: how many more there are."""

    pools: Sequence[PoolFacts]
    left_out: int = 0


def pool_list(pools: DeployedPools, read_recent: ReadRecent | None = None) -> PoolList:
    """All pools that have been used lately."""
    rows = sorted(pools.rows.all(), key=lambda row: (not row.queued_at, -len(row.leases), row.pool))
    shown = rows[:MAX_POOLS]
    # A queue without a mark is empty (jobchute.lifecycle.queue_marks).
    marked = [row for row in shown if row.queued_at]
    lines = _lines(pools, marked, rows, read_recent)
    found = [facts_of(pools, row, rows, lines.get(row.pool, PoolLine(row.pool))) for row in shown]
    return PoolList(found, len(rows) - len(shown))


def pool_detail(pools: DeployedPools, pool: str, read_recent: ReadRecent | None = None) -> PoolDetail:
    """Raises AnswerIsNoError for a name that no job has used and no rule has."""
    bucket = bucket_of(pools.capacity, pool)
    rows = [pools.rows.find(name) for name in dict.fromkeys((pool, bucket))]
    row = rows[0]
    recent = read_recent() if read_recent is not None and row.queued_at else None
    line = lines_of(pools, rows, first=MAX_JOBS, recent=recent)[pool]
    if not row.admitted_at and not line.waiting and not row.leases and pool not in pools.rules.rules:
        raise AnswerIsNoError(f"no pool is named {pool!r}; see: jobchute queue")
    leases = sorted(row.leases.items(), key=lambda lease: lease[1])[:MAX_JOBS]
    ids = [*(job_id for job_id, _ in leases), *(each.job_id for each in line.jobs)]
    ledger = Ledger(pools.rows.client, pools.rows.table, retention=0)
    jobs = {job.job_id: job for job in ledger.get_many(ids)} if ids else {}
    return PoolDetail(
        facts=facts_of(pools, row, rows, line),
        in_flight=[InFlight(job_id, at / 1000, jobs.get(job_id)) for job_id, at in leases],
        waiting=[Waiting(each, jobs.get(each.job_id)) for each in line.jobs],
    )


def _lines(
    pools: DeployedPools,
    marked: Sequence[PoolRow],
    rows: Sequence[PoolRow],
    read_recent: ReadRecent | None,
) -> dict[str, PoolLine]:
    """Of the pools with a marked queue. rows: of all pools, among them those whose rates these share."""
    if not marked:
        return {}
    names = {row.pool for row in marked} | {bucket_of(pools.capacity, row.pool) for row in marked}
    recent = None if read_recent is None else read_recent()
    return lines_of(pools, [row for row in rows if row.pool in names], first=1, recent=recent)


def facts_of(pools: DeployedPools, row: PoolRow, buckets: Sequence[PoolRow], line: PoolLine) -> PoolFacts:
    """buckets: rows among which is that of the pool whose rate this one shares."""
    capacity, rules = pools.capacity, pools.rules
    rate_of, rate = rules.rate_of(row.pool)
    next_at = next((each.next_at for each in buckets if each.pool == rate_of), 0)
    return PoolFacts(
        pool=row.pool,
        in_flight=len(row.leases),
        limit=rules.limit_beside_pauses(row.pool),
        limit_now=capacity.limit_now(row),
        held=held_by(capacity, row, next_at),
        cut=capacity.cut_of(row),
        paused=rules.pause_of(row.pool),
        rate=rate,
        rate_of=rate_of,
        next_create_at=next_at / 1000,
        line=line,
    )
