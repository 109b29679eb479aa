"""The sweep: looks after open jobs that nothing else moved on."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute import metrics
from jobchute.job import Job, State
from jobchute.ledger.job_queries import JobQueries
from jobchute.ledger.pools import PoolRow, PoolRows
from jobchute.ledger.reconciliations import Notes, ReconciliationRows
from jobchute.lifecycle.admit import Admission
from jobchute.lifecycle.advance import Advancer, Turn
from jobchute.lifecycle.leases import Pools
from jobchute.lifecycle.observe import SUBMITTED_STATES
from jobchute.lifecycle.poll import Poller
from jobchute.lifecycle.pool_upkeep import PoolUpkeep
from jobchute.lifecycle.queue_metrics import PoolFigures, figures_of
from jobchute.lifecycle.timing import Timing

logger = Logger(child=True)


class Taken(NamedTuple):
    """How many turns were taken, and how many of them failed."""

    turns: int
    failed: int


class Reconciler(NamedTuple):
    """now: epoch seconds."""

    queries: JobQueries
    admission: Admission
    pool_rows: PoolRows
    notes: ReconciliationRows
    advancer: Advancer
    poller: Poller
    upkeep: PoolUpkeep
    timing: Timing
    now: Callable[[], float]

    def reconcile(self, attempt_id: str, *, time_left: Callable[[], float]) -> int:
        """Look after the open jobs that are due. Returns how many; stops when time is short.

        Due jobs that may be at their providers come first, with half of the time: they cost money, and whatever
        else fails or lasts must not keep them running. Then come the pools and their figures, with a part of
        what is left, and the due jobs that wait. Last, in turns, are those of which providers have news, as a
        list that takes long keeps nothing else waiting, and overdue looks for names, as there can be more of
        them than a sweep has time for. What there is no time for is where the next sweep goes on. What one
        job's look-up or submission raises is logged and keeps no other from its turn; that job stays due.
        """
        timing = self.timing
        half = max(time_left() / 2, timing.spare_seconds)
        has_time = _part_of(time_left, 1, spare=timing.spare_seconds)
        pools = self._pools()
        late = timing.in_any_order(self._late())
        late_ids = {job.job_id for job in late}
        late_turns = self.advancer.turns(late, pools, attempt_id)
        first = _take(late_turns, lambda: time_left() >= half)
        if first.turns:
            pools = self._pools()
        notes = self.notes.notes()
        used = self._look_after_pools(pools, notes, _part_of(time_left, 1 / 2, spare=timing.spare_seconds))
        now = self.now()
        lines = self._lines(used, _part_of(time_left, 1 / 3, spare=timing.spare_seconds))
        logger.info("lines", **metrics.embedded(now, measures_of_lines(lines)))
        waiting = timing.in_any_order(job for job in self._due(now) if job.job_id not in late_ids)
        has_half = _part_of(time_left, 1 / 2, spare=timing.spare_seconds)
        look = self.poller.begin(now, notes, pools, has_time=has_half)
        news = (job for job in self.poller.news(look, pools, has_time=has_time) if job.job_id not in late_ids)
        rest = itertools.chain(waiting, _in_turns(news, timing.in_any_order(self._looks(now))))
        second = _take(itertools.chain(late_turns, self.advancer.turns(rest, pools, attempt_id)), has_time)
        if has_time():
            self.poller.end(look, now, failed=first.failed + second.failed)
        return first.turns + second.turns

    def _pools(self) -> Pools:
        return {row.pool: row for row in self.pool_rows.all()}

    def _look_after_pools(self, pools: Pools, notes: Notes, has_time: Callable[[], bool]) -> Sequence[PoolRow]:
        """Returns those in use. From where the last sweep stopped; else from another one each time."""
        rows = list(pools.values())
        if notes.pool:
            # Taken away first: where a pool kills this sweep, the next one begins elsewhere.
            self.notes.stopped_at_pool("")
            rows.sort(key=lambda row: (row.pool <= notes.pool, row.pool))
        else:
            rows = self.timing.in_any_order(rows)
        done = self.upkeep.run(rows, has_time=has_time)
        if done.stopped_at is not None:
            logger.warning("there was no time for all pools, the next sweep goes on", pools=len(rows))
            self.notes.stopped_at_pool(done.stopped_at or notes.pool)
        return done.used

    def _late(self) -> list[Job]:
        """Due jobs that may be at their providers."""
        now = self.now()
        due = self._due(now)
        logger.info("due", **metrics.embedded(now, measures_of(due, now)))
        return [job for job in due if job.state is not State.QUEUED]

    def _due(self, now: float) -> list[Job]:
        due = itertools.islice(self.queries.due(now), self.timing.most_jobs_a_sweep)
        return list(due)

    def _looks(self, now: float) -> Iterator[Job]:
        """Of jobs that wait for names: their messages were lost, or wait behind others."""
        return itertools.islice(self.queries.due_looks(now), self.timing.most_jobs_a_sweep)

    def _lines(self, used: Sequence[PoolRow], has_time: Callable[[], bool]) -> list[PoolFigures]:
        """What metrics tell of pools in use; no trouble with them keeps a job from its turn."""
        rows = itertools.takewhile(lambda _: has_time(), self.timing.in_any_order(used))
        try:
            lines = [
                figures_of(self.admission.capacity, self.admission.queues, row, has_time=has_time)
                for row in rows
            ]
        except Exception:
            logger.exception("the lines of pools could not be counted")
            return []
        for line in lines:
            if not line.waiting and not line.in_flight:
                continue  # CloudWatch asks for each metric of each pool by the hours in which it is written
            values = {
                metrics.WAITING: line.waiting,
                metrics.IN_FLIGHT: line.in_flight,
                metrics.OLDEST_WAIT: line.oldest_wait,
            }
            logger.info("pool", **metrics.embedded(self.now(), values, ("pool",), pool=line.pool))
        return lines


def _part_of(time_left: Callable[[], float], part: float, *, spare: float) -> Callable[[], bool]:
    """Whether a part of the time that is left now, without the spare time, is not used up yet. In seconds."""
    left = time_left()
    least = max(left - (left - spare) * part, spare)
    return lambda: time_left() >= least


def _in_turns(*jobs: Iterable[Job]) -> Iterator[Job]:
    """One of each in turn, so that however many there are of one kind, the other has half of the turns."""
    for several in itertools.zip_longest(*jobs):
        yield from (job for job in several if job is not None)


def _take(turns: Iterator[Turn], has_time: Callable[[], bool]) -> Taken:
    count, failed = 0, 0
    while has_time() and (turn := next(turns, None)) is not None:
        try:
            turn()
        except Exception:
            logger.exception("a job could not be looked after, the next sweep tries again")
            failed += 1
        count += 1
    return Taken(count, failed)


def measures_of(due: Sequence[Job], now: float) -> dict[str, float]:
    """What alarms are on. due: open jobs, the longest overdue first."""
    unsubmitted = (job for job in due if job.state not in SUBMITTED_STATES)
    waits = (now - datetime.fromisoformat(job.created_at).timestamp() for job in unsubmitted)
    return {
        metrics.DUE: len(due),
        metrics.STUCK: sum(now > job.deadline + metrics.STUCK_SECONDS for job in due),
        metrics.OVERDUE: now - (due[0].due or now) if due else 0,
        metrics.OLDEST_WAIT: max(waits, default=0),
    }


def measures_of_lines(lines: Sequence[PoolFigures]) -> dict[str, float]:
    """What alarms are on. lines: of pools where jobs are."""
    return {
        metrics.OLDEST_WAIT: max((line.oldest_wait for line in lines), default=0),
        metrics.STALLED_POOLS: sum(line.is_stalled for line in lines),
    }
