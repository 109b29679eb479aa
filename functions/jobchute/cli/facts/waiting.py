"""What waits and why: in the queues of pools, and for other jobs, names or budgets."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from jobchute.cli.facts.lines import WaitingJob, lines_of
from jobchute.cli.facts.pools import PoolFacts, facts_of
from jobchute.cli.facts.recent_jobs import RecentJobs
from jobchute.cli.pool_rules import DeployedPools
from jobchute.job import Job, State
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.holding import bucket_of, words_of
from jobchute.status.documents import waiting_of

MAX_POOLS = 12
MAX_OF_POOL = 3
"""Jobs of each queue, the next ones."""
MAX_OTHERS = 12
MAX_LOOKED_AT = 200
"""Waiting jobs, the latest, among which those are found that wait for something else than their turn."""


class WaitingInPool(NamedTuple):
    """turn: its place and start. job: None if its row is gone. why: what holds its pool."""

    pool: str
    turn: WaitingJob
    job: Job | None
    why: str


class WaitingElsewhere(NamedTuple):
    """A job that waits for other jobs, for names, or for room in a budget."""

    job: Job
    why: str


class Waits(NamedTuple):
    """pools: those in use, the ones with waiting jobs first; pools_left_out: how many more there are.

    in_pools: the next jobs of each queue. elsewhere: the latest ones.
    """

    pools: tuple[PoolFacts, ...] = ()
    pools_left_out: int = 0
    in_pools: tuple[WaitingInPool, ...] = ()
    elsewhere: tuple[WaitingElsewhere, ...] = ()

    @property
    def waiting(self) -> int:
        """Jobs in the queues of these pools."""
        return sum(each.line.waiting for each in self.pools)


def waits_of(pools: DeployedPools, ledger: Ledger, recent: RecentJobs) -> Waits:
    """One query for the pools, one for some 3,000 jobs of each queue of MAX_POOLS, a query for each list of
    waiting jobs, and a read for 100 rows.
    """
    rows = sorted(pools.rows.all(), key=lambda row: (not row.queued_at, -len(row.leases), row.pool))
    used = [row for row in rows if row.queued_at or row.leases]
    shown = used[:MAX_POOLS]
    names = {row.pool for row in shown} | {bucket_of(pools.capacity, row.pool) for row in shown}
    lines = lines_of(pools, [row for row in rows if row.pool in names], first=MAX_OF_POOL, recent=recent)
    facts = [facts_of(pools, row, rows, lines[row.pool]) for row in shown]
    return Waits(tuple(facts), len(used) - len(shown), _in_pools(ledger, facts), _elsewhere(ledger))


def _in_pools(ledger: Ledger, pools: Sequence[PoolFacts]) -> tuple[WaitingInPool, ...]:
    ids = [turn.job_id for pool in pools for turn in pool.line.jobs]
    jobs = {job.job_id: job for job in ledger.get_many(ids)} if ids else {}
    found = [
        WaitingInPool(pool.pool, turn, jobs.get(turn.job_id), pool.held.text if pool.held else "its turn")
        for pool in pools
        for turn in pool.line.jobs
    ]
    return tuple(sorted(found, key=_by_start))


def _by_start(each: WaitingInPool) -> tuple[bool, float, int]:
    start = each.turn.start
    return start is None, 0.0 if start is None else start.latest, each.turn.place or 0


def _elsewhere(ledger: Ledger) -> tuple[WaitingElsewhere, ...]:
    queries = ledger.queries._replace(page=MAX_LOOKED_AT, consistent=False)
    jobs = islice(queries.by_state(State.QUEUED), MAX_LOOKED_AT)
    return tuple(islice(_not_in_line(jobs), MAX_OTHERS))


def _not_in_line(jobs: Iterable[Job]) -> Iterable[WaitingElsewhere]:
    for job in jobs:
        wait = waiting_of(job)
        if wait is not None and job.waiting is None:
            yield WaitingElsewhere(job, words_of(wait))
