"""The sweep: looks after open jobs that nothing else moved on."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute import metrics
from jobchute.dependencies import Dependencies
from jobchute.job import Job, State
from jobchute.looking import Looker
from jobchute.pool_rows import PoolRow
from jobchute.queue_figures import PoolFigures, figures_of
from jobchute.submitting import NEVER_SUBMITTED, Submitter
from jobchute.watching import SUBMITTED_STATES, Watcher

logger = Logger(child=True)

Turn = Callable[[], object]


class Taken(NamedTuple):
    """How many turns were taken, and how many of them failed."""

    turns: int
    failed: int


class Sweep(NamedTuple):
    watcher: Watcher
    submitter: Submitter

    def reconcile(self, attempt_id: str, *, time_left: Callable[[], float]) -> int:
        """Look after the open jobs that are due. Returns how many; stops when time is short.

        Due jobs that may be at their providers come first, with half of the time: they cost money, and whatever
        else fails or lasts must not keep them running. Then come the pools, and the due jobs that wait. Last
        are those of which providers have news: a list that takes long keeps nothing else waiting. What one
        job's look-up or submission raises is logged and keeps no other from its turn; that job stays due.
        """
        admission, pace = self.watcher.admission, self.watcher.pace
        half = max(time_left() / 2, pace.spare_seconds)

        def has_time() -> bool:
            return time_left() >= pace.spare_seconds

        pools = admission.rows.all()
        late = pace.in_any_order(self._late())
        late_ids = {job.job_id for job in late}
        late_turns = self._turns(late, pools, attempt_id)
        first = _take(late_turns, lambda: time_left() >= half)
        if first.turns:
            pools = admission.rows.all()
        admission.sweep(pools)
        now = self.watcher.now()
        logger.info("lines", **metrics.embedded(now, measures_of_lines(self._lines(pools))))
        waiting = pace.in_any_order(job for job in self._due(now) if job.job_id not in late_ids)
        looker = Looker(self.watcher, pools)
        look = looker.begin(now)
        news = (job for job in looker.news(look, has_time=has_time) if job.job_id not in late_ids)
        rest = itertools.chain(waiting, news)
        second = _take(itertools.chain(late_turns, self._turns(rest, pools, attempt_id)), has_time)
        if not first.failed and not second.failed and has_time():
            looker.end(look, now)
        return first.turns + second.turns

    def _late(self) -> list[Job]:
        """Due jobs that may be at their providers."""
        now = self.watcher.now()
        due = self._due(now)
        logger.info("due", **metrics.embedded(now, measures_of(due, now)))
        return [job for job in due if job.state is not State.QUEUED]

    def _due(self, now: float) -> list[Job]:
        due = itertools.islice(self.watcher.ledger.due(now), self.watcher.pace.most_jobs_a_sweep)
        return list(due)

    def _lines(self, pools: list[PoolRow]) -> list[PoolFigures]:
        """What metrics tell of pools; no trouble with them keeps a job from its turn."""
        try:
            lines = [figures_of(self.watcher.admission, row) for row in pools]
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
            logger.info("pool", **metrics.embedded(self.watcher.now(), values, ("pool",), pool=line.pool))
        return lines

    def _turns(self, jobs: Iterable[Job], pools: list[PoolRow], attempt_id: str) -> Iterator[Turn]:
        for job in jobs:
            if job.state in SUBMITTED_STATES:
                yield partial(self._look_after, job, pools)
            else:
                yield partial(self._push, job, attempt_id)

    def _look_after(self, job: Job, pools: list[PoolRow]) -> None:
        self.watcher.admission.hold(self.watcher.look_after(job), pools)

    def _push(self, job: Job, attempt_id: str) -> None:
        """Move on a job that was not submitted yet."""
        if job.state is State.QUEUED:
            self._push_queued(job, attempt_id)
            return
        if self.watcher.now() > job.deadline and job.stop_cause is None:
            job, _ = self.watcher.ledger.note(
                job.job_id, only_in=(State.SUBMITTING,), stop_cause=State.TIMED_OUT
            )
        self.submitter.dispatch(job.job_id, attempt_id)

    def _push_queued(self, job: Job, attempt_id: str) -> None:
        now = self.watcher.now()
        if now > job.deadline:
            self.watcher.end(job, State.TIMED_OUT, reason=NEVER_SUBMITTED, only_from=(State.QUEUED,))
        elif job.pool and not job.create_at:
            job = Dependencies(self.watcher).set_out(job)
            if job.waits_for:
                # The others' ends tell of themselves; this look was for what an accident left out.
                self.watcher.ledger.note(job.job_id, only_in=(State.QUEUED,), due=job.deadline + 1)
        elif self.watcher.admission.executions.start(job):
            self.watcher.ledger.note(job.job_id, due=int(now) + self.watcher.pace.lease)
        else:
            self.submitter.dispatch(job.job_id, attempt_id)


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
