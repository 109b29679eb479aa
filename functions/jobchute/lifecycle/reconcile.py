"""The reconciliation: open jobs that are due, pools, and submitted jobs whose state has changed unnoticed."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from aws_lambda_powertools import Logger

from jobchute import metrics
from jobchute.job import Job, State
from jobchute.ledger.job_queries import JobQueries
from jobchute.ledger.pools import PoolRows
from jobchute.ledger.queues import QueueRows
from jobchute.ledger.reconciliations import Notes, ReconciliationRows
from jobchute.lifecycle.advance import Advancer, Turn
from jobchute.lifecycle.due_jobs import DueJobs
from jobchute.lifecycle.observe import SUBMITTED_STATES
from jobchute.lifecycle.poll import Poller
from jobchute.lifecycle.pool_capacity import PoolCapacity
from jobchute.lifecycle.pool_upkeep import UNREAD, Pools, PoolUpkeep, UsedPool
from jobchute.lifecycle.queue_metrics import PoolFigures, figures_from
from jobchute.lifecycle.timing import Timing
from jobchute.pools.limits import waits_since

logger = Logger(child=True)

T = TypeVar("T")


class Parts:
    """Of one reconciliation: an error of one part does not keep the others from their turn."""

    def __init__(self) -> None:
        self._errors: list[Exception] = []

    def run(self, part: Callable[[], T], otherwise: T) -> T:
        """What the part returns, or `otherwise` if it fails: the next reconciliation repeats it."""
        try:
            return part()
        except Exception as error:
            logger.exception("a part of the reconciliation failed, the next one repeats it")
            self._errors.append(error)
            return otherwise

    def note(self, error: Exception) -> None:
        """The same of an error that a part has passed over."""
        logger.error("a pool was not read, the next reconciliation reads it", exc_info=error)
        self._errors.append(error)

    def raise_error(self) -> None:
        """Raise the last error, if there was one, so that it is counted."""
        if self._errors:
            raise self._errors[-1]


class TurnsRun(NamedTuple):
    """How many turns were run, and how many of them failed."""

    turns: int
    failed: int


class Reconciler(NamedTuple):
    """now: epoch seconds."""

    queries: JobQueries
    pool_rows: PoolRows
    queues: QueueRows
    capacity: PoolCapacity
    notes: ReconciliationRows
    advancer: Advancer
    poller: Poller
    upkeep: PoolUpkeep
    timing: Timing
    now: Callable[[], float]

    def reconcile(self, attempt_id: str, *, time_left: Callable[[], float]) -> int:
        """Move on the open jobs that are due. Returns how many; stops when time is short.

        Due jobs that may be at their providers come first, with half of the time: they cost money, and no
        other read, error or delay must keep them running. Then come the pools and their figures, with a part
        of the time that is left, and the due jobs that wait. Changed jobs, by poll, come last, as a slow list
        call must not delay anything else; in turns with them come overdue name checks, as there may be no time
        for all of them. The next reconciliation continues where this one stopped. An error of one job is
        logged and does not keep the others from their turn; that job stays due. Raises the error, at the end,
        if due jobs could not be read at all, or of another read.
        """
        timing = self.timing
        parts, due = Parts(), DueJobs(self.queries, timing.max_jobs)
        half = max(time_left() / 2, timing.spare_seconds)
        has_time = _part_of(time_left, 1, spare=timing.spare_seconds)
        late = self._late(due)
        late_ids = {job.job_id for job in late}
        late_turns = self.advancer.turns(late, UNREAD, attempt_id)
        first = _run(late_turns, lambda: time_left() >= half)
        pools = self._pools(parts)
        parts.run(lambda: self._restore_leases(late, pools), None)
        notes = parts.run(self.notes.notes, Notes())
        has_half = _part_of(time_left, 1 / 2, spare=timing.spare_seconds)
        no_pools: list[UsedPool] = []
        used = parts.run(lambda: self._maintain_pools(pools, notes, has_half), no_pools)
        now = self.now()
        figures = self._figures(used, _part_of(time_left, 1 / 3, spare=timing.spare_seconds))
        logger.info("queues counted", **metrics.embedded(now, measures_of_queues(figures)))
        waiting = timing.in_any_order(job for job in due.read(now) if job.job_id not in late_ids)
        has_half = _part_of(time_left, 1 / 2, spare=timing.spare_seconds)
        poll = self.poller.begin(now, notes, pools, has_time=has_half)
        changed = (
            job for job in self.poller.changed(poll, pools, has_time=has_time) if job.job_id not in late_ids
        )
        rest = itertools.chain(waiting, _in_turns(changed, timing.in_any_order(due.name_checks(now))))
        second = _run(itertools.chain(late_turns, self.advancer.turns(rest, pools, attempt_id)), has_time)
        if has_time():
            self.poller.end(poll, now, failed=first.failed + second.failed)
        due.raise_if_unread()
        parts.raise_error()
        return first.turns + second.turns

    def _restore_leases(self, late: Sequence[Job], pools: Pools) -> None:
        """Of due jobs at their providers; the poll leaves them out."""
        for job in late:
            if job.state in SUBMITTED_STATES:
                self.advancer.restore(job, pools)

    def _pools(self, parts: Parts) -> Pools:
        errors: list[Exception] = []
        rows = parts.run(lambda: self.pool_rows.all(on_error=errors.append), None)
        for error in errors:
            parts.note(error)
        return Pools({row.pool: row for row in rows or ()}, is_whole=rows is not None and not errors)

    def _maintain_pools(self, pools: Pools, notes: Notes, has_time: Callable[[], bool]) -> list[UsedPool]:
        """From where the last reconciliation stopped, else from another pool on each time.

        Returns the pools in use.
        """
        rows = list(pools.rows.values())
        if notes.pool:
            # Removed first: if a pool kills this reconciliation, the next one begins elsewhere.
            self.notes.stopped_at_pool("")
            rows.sort(key=lambda row: (row.pool <= notes.pool, row.pool))
        else:
            rows = self.timing.in_any_order(rows)
        done = self.upkeep.run(rows, has_time=has_time)
        if done.stopped_at is not None:
            logger.warning("no time for all pools", pools=len(rows))
            self.notes.stopped_at_pool(done.stopped_at or notes.pool)
        return done.used

    def _late(self, due: DueJobs) -> list[Job]:
        """Due jobs at their providers, in turns with those that may be there or have a budget to settle.

        Jobs to be stopped have every other turn, however many create calls are repeated beside them and even if
        one of these calls kills the process.
        """
        now, in_any_order = self.now(), self.timing.in_any_order
        jobs = due.read(now)
        logger.info("due jobs counted", **metrics.embedded(now, measures_of(jobs, now)))
        known = [job for job in jobs if job.state in SUBMITTED_STATES]
        others = [job for job in jobs if job.state not in (State.QUEUED, *SUBMITTED_STATES)]
        return [*_in_turns(*in_any_order([in_any_order(known), in_any_order(others)]))]

    def _figures(self, used: Sequence[UsedPool], has_time: Callable[[], bool]) -> list[PoolFigures]:
        """The metrics of pools in use. An error with them does not keep a job from its turn."""
        pools = itertools.takewhile(lambda _: has_time(), self.timing.in_any_order(used))
        try:
            figures = [self._figures_of(pool, has_time) for pool in pools]
        except Exception:
            logger.exception("queues not counted")
            return []
        for each in figures:
            if not each.waiting and not each.in_flight:
                continue  # CloudWatch asks for each metric of each pool by the hours in which it is written
            values = {
                metrics.WAITING: each.waiting,
                metrics.IN_FLIGHT: each.in_flight,
                metrics.OLDEST_WAIT: each.oldest_wait,
            }
            logger.info("pool counted", **metrics.embedded(self.now(), values, ("pool",), pool=each.pool))
        return figures

    def _figures_of(self, pool: UsedPool, has_time: Callable[[], bool]) -> PoolFigures:
        queue = pool.queue or self.queues.read(pool.row.pool, each=1, walked_to=pool.row.walked_to)
        return figures_from(
            self.capacity, self.queues, pool.row, queue.places, admitted=pool.admitted, has_time=has_time
        )


def _part_of(time_left: Callable[[], float], part: float, *, spare: float) -> Callable[[], bool]:
    """Whether a part of the time that is left now, without the spare time, is not yet used up. In seconds."""
    left = time_left()
    least = max(left - (left - spare) * part, spare)
    return lambda: time_left() >= least


def _in_turns(*jobs: Iterable[Job]) -> Iterator[Job]:
    """One of each in turn: even if there are many of one kind, the other has half of the turns."""
    for several in itertools.zip_longest(*jobs):
        yield from (job for job in several if job is not None)


def _run(turns: Iterator[Turn], has_time: Callable[[], bool]) -> TurnsRun:
    count, failed = 0, 0
    while has_time() and (turn := next(turns, None)) is not None:
        try:
            turn()
        except Exception:
            logger.exception("job not reconciled")
            failed += 1
        count += 1
    return TurnsRun(count, failed)


def measures_of(due: Sequence[Job], now: float) -> dict[str, float]:
    """The metrics that alarms are on. due: open jobs, the longest overdue first."""
    due = [job for job in due if not job.state.is_final]
    unsubmitted = (job for job in due if job.state not in SUBMITTED_STATES)
    waits = (now - datetime.fromisoformat(waits_since(job)).timestamp() for job in unsubmitted)
    return {
        metrics.DUE: len(due),
        metrics.STUCK: sum(now > job.deadline + metrics.STUCK_SECONDS for job in due),
        metrics.OVERDUE: now - (due[0].due or now) if due else 0,
        metrics.OLDEST_WAIT: max(waits, default=0),
    }


def measures_of_queues(figures: Sequence[PoolFigures]) -> dict[str, float]:
    """The metrics that alarms are on. figures: of pools in use."""
    return {
        metrics.OLDEST_WAIT: max((each.oldest_wait for each in figures), default=0),
        metrics.STALLED_POOLS: sum(each.is_stalled for each in figures),
    }
