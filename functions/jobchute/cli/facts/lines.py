"""The jobs that wait in pools: their places, and when they are expected to start."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from random import Random
from typing import NamedTuple

from jobchute.cli.facts.known_jobs import KnownJobs
from jobchute.cli.facts.recent_jobs import RecentJobs, arrival_of, epoch, jobs_in_flight, recent_jobs
from jobchute.cli.forecast.arrivals import Arrival
from jobchute.cli.forecast.starts import MIN_ENDED, Recent, Start, expected_starts
from jobchute.cli.forecast.trial import Lease, PoolNow
from jobchute.cli.pool_rules import DeployedPools
from jobchute.job import Job
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pools import PoolRow, PoolRows
from jobchute.ledger.queues import QueueRows
from jobchute.lifecycle.admit import always
from jobchute.lifecycle.pool_capacity import PoolCapacity, step_of
from jobchute.pools.limits import QueuePosition, in_order

MAX_LINE = 20_000
"""Jobs of one queue that are read: some 6 MB. A longer queue is counted, and its places are not known."""


class WaitingJob(NamedTuple):
    """place: 1 for the next job; None in a queue that is too long. start: None where it is not known."""

    job_id: str
    place: int | None
    priority: int
    share: str
    since: str
    start: Start | None = None


class PoolLine(NamedTuple):
    """waiting: how many jobs wait in the pool. jobs: those that were asked for, the next one first.

    unknown: why no start is known of some of them; empty if all are known.
    """

    pool: str
    waiting: int = 0
    jobs: tuple[WaitingJob, ...] = ()
    unknown: str = ""


class Past(NamedTuple):
    """What starts are estimated from. in_flight: the jobs that hold leases, by pool."""

    recent: RecentJobs
    in_flight: Mapping[str, Sequence[Arrival]]


def lines_of(
    pools: DeployedPools,
    rows: Sequence[PoolRow],
    *,
    first: int = 0,
    job_ids: Collection[str] = (),
    recent: RecentJobs | None = None,
    known: KnownJobs | None = None,
    max_length: int = MAX_LINE,
) -> dict[str, PoolLine]:
    """The queues of pools, by pool: of each the first jobs, and those of job_ids.

    rows: of these pools, with their leases, and of the pools whose rate they share. recent: as it was read
    before; if it is None, and a job waits, it is read. known: rows that were read before. Further reads: a call
    for some 3,000 waiting jobs of each pool, and one for 100 jobs in flight in pools where jobs wait.
    """
    now = pools.capacity.now()
    read = {row.pool: pools.queues.line(row.pool, limit=max_length) for row in rows}
    queues = [(row, in_turn(read[row.pool], row, now)) for row in rows]
    wanted = {row.pool: _wanted(queue, first, job_ids) for row, queue in queues}
    past = _past(pools, [row for row in rows if wanted[row.pool]], recent, known)
    slots = {row.pool: row.next_at for row in rows}
    lines = {}
    for row, queue in queues:
        if len(read[row.pool]) == max_length:
            lines[row.pool] = _too_long(pools, row, queue, wanted[row.pool])
        else:
            pool = pool_now(pools.capacity, row, slots)
            lines[row.pool] = _line(pool, row, queue, wanted[row.pool], past)
    return lines


def line_with(pools: DeployedPools, job: Job, *, recent: RecentJobs | None = None) -> PoolLine:
    """The queue in which a job waits, with this job alone. recent: as it was read before."""
    pool = str(job.waiting)
    bucket = pools.rules.rate_of(pool)[0]
    rows = [pools.rows.find(name) for name in dict.fromkeys((pool, bucket))]
    return lines_of(pools, rows, job_ids={job.job_id}, recent=recent)[pool]


def place_alone(rows: PoolRows, queues: QueueRows, job: Job, now: float) -> PoolLine:
    """The same, without a start: where the rules of pools cannot be read. now: epoch seconds."""
    row = rows.find(str(job.waiting))
    queue = in_turn(queues.line(row.pool, limit=MAX_LINE), row, now)
    jobs = tuple(
        WaitingJob(each.job_id, number, each.priority, each.share, each.since)
        for number, each in enumerate(queue, 1)
        if each.job_id == job.job_id
    )
    return PoolLine(row.pool, len(queue), jobs, "the limits of its pool cannot be read")


def pool_now(capacity: PoolCapacity, row: PoolRow, next_slots: Mapping[str, int]) -> PoolNow:
    """A pool as a forecast sees it. next_slots: of the pools whose rows were read, in epoch milliseconds."""
    bucket, rate = capacity.rules().rate_of(row.pool)
    return PoolNow(
        now=capacity.now(),
        limit=capacity.rules().limit_of(row.pool),
        leases=[Lease(at / 1000, row.shares.get(job_id, "")) for job_id, at in row.leases.items()],
        next_slot=next_slots.get(bucket, 0) / 1000,
        step=step_of(rate) / 1000,
        cut=row.cap,
        cut_at=row.cap_at / 1000,
        regrowth=capacity.regrowth,
    )


def in_turn(places: Sequence[QueuePosition], row: PoolRow, now: float) -> list[QueuePosition]:
    """The jobs that wait in a pool, the next one first. The index may still show some that were admitted."""
    waiting = (place for place in places if place.job_id not in row.leases)
    return list(in_order(waiting, row.shares.values(), now))


def _wanted(queue: Sequence[QueuePosition], first: int, job_ids: Collection[str]) -> list[str]:
    later = (place.job_id for place in queue[first:] if place.job_id in job_ids)
    return [*(place.job_id for place in queue[:first]), *later]


def _past(
    pools: DeployedPools,
    rows: Sequence[PoolRow],
    recent: RecentJobs | None,
    known: KnownJobs | None,
) -> Past:
    """rows: of the pools whose jobs' starts are asked for."""
    if not rows:
        return Past(RecentJobs({}, 0.0), {})
    ledger = Ledger(pools.rows.client, pools.rows.table, retention=0)
    in_flight: dict[str, list[Arrival]] = defaultdict(list)
    for job in jobs_in_flight(ledger, rows, known):
        in_flight[str(job.pool)].append(arrival_of(job))
    return Past(recent_jobs(ledger) if recent is None else recent, in_flight)


def _line(
    pool: PoolNow, row: PoolRow, queue: Sequence[QueuePosition], wanted: Sequence[str], past: Past
) -> PoolLine:
    if not wanted:
        return PoolLine(row.pool, len(queue))
    waiting = [Arrival(epoch(each.since), each.job_id, each.priority, each.share) for each in queue]
    recent = past.recent.of_pool(row, [*waiting, *past.in_flight.get(row.pool, ())], pool.now)
    starts = expected_starts(pool, waiting, recent, wanted=wanted, random=Random(row.pool))
    is_wanted = {*wanted}
    jobs = tuple(
        WaitingJob(place.job_id, number, place.priority, place.share, place.since, starts.get(place.job_id))
        for number, place in enumerate(queue, 1)
        if place.job_id in is_wanted
    )
    return PoolLine(row.pool, len(queue), jobs, "" if len(starts) == len(jobs) else _why(pool, recent))


def _too_long(
    pools: DeployedPools, row: PoolRow, queue: Sequence[QueuePosition], wanted: Sequence[str]
) -> PoolLine:
    """Jobs that were not read may come before those that were."""
    is_wanted = {*wanted}
    jobs = tuple(
        WaitingJob(place.job_id, None, place.priority, place.share, place.since)
        for place in queue
        if place.job_id in is_wanted
    )
    length = pools.queues.length(row.pool, has_time=always)
    return PoolLine(row.pool, length, jobs, "the queue is too long to be sorted")


def _why(pool: PoolNow, recent: Recent) -> str:
    if not pool.limit:
        return "the pool admits no job now"
    if not recent.is_enough:
        return f"fewer than {MIN_ENDED} jobs of the pool have ended lately"
    return "too many jobs may start before it"
