"""What waits and why: in the queues of pools, and for other jobs, names or budgets."""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from jobchute.cli.facts.known_jobs import KnownJobs
from jobchute.cli.facts.lines import PoolLine, WaitingJob, lines_of
from jobchute.cli.facts.overview import Counts
from jobchute.cli.facts.pools import PoolFacts, facts_of
from jobchute.cli.facts.recent_jobs import RecentJobs
from jobchute.cli.pool_rules import DeployedPools
from jobchute.job import Job, State
from jobchute.ledger.job_queries import Listed
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.holding import bucket_of, words_of
from jobchute.status.documents import waiting_of

MAX_POOLS = 12
MAX_OF_POOL = 3
"""Jobs of each queue, the next ones."""
MAX_OTHERS = 12


class WaitingInPool(NamedTuple):
    """turn: its place and start. job: None if its row is gone. why: what holds its pool."""

    pool: str
    turn: WaitingJob
    job: Job | None
    why: str


class WaitingElsewhere(NamedTuple):
    """A job that waits for other jobs, for names, or for room in a budget, or in a pool that was not read."""

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


class Queues(NamedTuple):
    """What waits in pools. names: of the pools whose queues were read. The others are as in Waits."""

    pools: tuple[PoolFacts, ...] = ()
    pools_left_out: int = 0
    in_pools: tuple[WaitingInPool, ...] = ()
    names: frozenset[str] = frozenset()


def queues_of(
    pools: DeployedPools, ledger: Ledger, recent: RecentJobs, known: KnownJobs | None = None
) -> Queues:
    """One query for the pools, and one for some 3,000 jobs of each queue of MAX_POOLS."""
    rows = sorted(pools.rows.all(), key=lambda row: (not row.queued_at, -len(row.leases), row.pool))
    used = [row for row in rows if row.queued_at or row.leases]
    shown = used[:MAX_POOLS]
    names = {row.pool for row in shown if row.queued_at}
    names |= {bucket_of(pools.capacity, name) for name in names}
    queued = [row for row in rows if row.pool in names]
    lines = lines_of(pools, queued, first=MAX_OF_POOL, recent=recent, known=known)
    facts = [facts_of(pools, row, rows, lines.get(row.pool, PoolLine(row.pool))) for row in shown]
    in_pools = _in_pools(ledger, facts, known)
    return Queues(tuple(facts), len(used) - len(shown), in_pools, frozenset(lines))


def waits_of(queues: Queues, ledger: Ledger, counts: Counts) -> Waits:
    """One read for 100 rows."""
    elsewhere = _elsewhere(ledger, counts.latest.get(State.QUEUED, ()), queues.names)
    return Waits(queues.pools, queues.pools_left_out, queues.in_pools, elsewhere)


def _in_pools(ledger: Ledger, pools: Sequence[PoolFacts], known: KnownJobs | None) -> tuple[WaitingInPool, ...]:
    ids = [turn.job_id for pool in pools for turn in pool.line.jobs]
    jobs = {job.job_id: job for job in (known or KnownJobs()).read_once(ledger, ids)}
    found = [
        WaitingInPool(pool.pool, turn, jobs.get(turn.job_id), pool.held.text if pool.held else "its turn")
        for pool in pools
        for turn in pool.line.jobs
    ]
    return tuple(sorted(found, key=_by_start))


def _by_start(each: WaitingInPool) -> tuple[bool, float, int]:
    start = each.turn.start
    return start is None, 0.0 if start is None else start.latest, each.turn.place or 0


def _elsewhere(
    ledger: Ledger, queued: Iterable[Listed], names: Collection[str]
) -> tuple[WaitingElsewhere, ...]:
    """What a job waits for changes where it does not move, so its row is read anew."""
    ids = [each.job_id for each in queued]
    jobs = ledger.get_many(ids) if ids else ()
    return tuple(islice(_not_in_line(jobs, names), MAX_OTHERS))


def _not_in_line(jobs: Iterable[Job], names: Collection[str]) -> Iterable[WaitingElsewhere]:
    """names: of the pools whose queues are shown."""
    for job in jobs:
        wait = waiting_of(job)
        if wait is not None and job.waiting not in names:
            yield WaitingElsewhere(job, words_of(wait))
