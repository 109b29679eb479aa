"""How many jobs wait and are in flight in each pool, and which come next: for metrics, alarms and the tool."""

from collections.abc import Callable, Collection, Iterable
from itertools import islice
from typing import NamedTuple

from jobchute.ledger.pools import PoolRow
from jobchute.ledger.queues import QueueRows
from jobchute.lifecycle.admit import always
from jobchute.lifecycle.pool_capacity import PoolCapacity
from jobchute.pools.limits import QueuePosition, in_order

STALLED_SECONDS = 900
"""A pool with room that admitted no job for this long, while jobs wait, is stalled: look at its provider."""


class PoolFigures(NamedTuple):
    """limit: as the rules say. limit_now: less than that for a while after a quota error.

    oldest_wait: seconds, of the groups that one admission reads; 0 if no job waits. following: the places of
    the next jobs in the queue.
    """

    pool: str
    limit: int
    limit_now: int
    in_flight: int
    waiting: int
    oldest_wait: float
    is_stalled: bool
    following: tuple[QueuePosition, ...]


def figures_of(
    capacity: PoolCapacity,
    queues: QueueRows,
    row: PoolRow,
    *,
    following: int = 1,
    has_time: Callable[[], bool] = always,
) -> PoolFigures:
    """has_time: once it is false, the jobs that are left are not counted."""
    places = queues.read(row.pool, each=following, walked_to=row.walked_to).places
    return figures_from(capacity, queues, row, places, following=following, has_time=has_time)


def figures_from(
    capacity: PoolCapacity,
    queues: QueueRows,
    row: PoolRow,
    places: Iterable[QueuePosition],
    *,
    admitted: Collection[str] = (),
    following: int = 1,
    has_time: Callable[[], bool] = always,
) -> PoolFigures:
    """places: of a queue that was read. admitted: the jobs that were admitted since then."""
    now = capacity.now()
    waiting = [place for place in places if place.job_id not in admitted]
    limit = capacity.rules().limit_of(row.pool)
    in_flight = len(row.leases) + len(admitted)
    oldest_wait = max((place.waited(now) for place in waiting), default=0.0)
    quiet_for = 0.0 if admitted else now - max(row.admitted_at, 0) / 1000
    return PoolFigures(
        pool=row.pool,
        limit=limit,
        limit_now=capacity.limit_now(row),
        in_flight=in_flight,
        waiting=queues.length(row.pool, has_time=has_time) if waiting else 0,
        oldest_wait=oldest_wait,
        is_stalled=in_flight < limit and min(quiet_for, oldest_wait) > STALLED_SECONDS,
        following=tuple(islice(in_order(waiting, row.shares.values(), now), following)),
    )
