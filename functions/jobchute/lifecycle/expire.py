"""Time limits of submitted jobs: a job whose time is over is stopped, and ended where no stop can end it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from aws_lambda_powertools import Logger

from jobchute import metrics
from jobchute.errors import GoneError, NotFoundError, ProviderError
from jobchute.job import Job, State, iso
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.observe import SUBMITTED_STATES, Observer
from jobchute.lifecycle.provider_text import log_provider_error
from jobchute.lifecycle.stop import Stopper
from jobchute.lifecycle.timing import Timing, as_missing, missing_since
from jobchute.lifecycle.transitions import Transitions
from jobchute.outcomes import Cause
from jobchute.providers.adapter import Observation

if TYPE_CHECKING:
    from jobchute.ledger.attempt_rows import AttemptRows

logger = Logger(child=True)

GOES_ON = "it began to run before its provider was asked to stop it, and goes on"


class Expirer(NamedTuple):
    """now: epoch seconds."""

    ledger: Ledger
    observer: Observer
    transitions: Transitions
    stopper: Stopper
    timing: Timing
    now: Callable[[], float]

    def expire(self, job_id: str) -> Job:
        """Check the job of an execution whose wait is over."""
        job = self.ledger.get(job_id)
        return self.check(job) if job.state in SUBMITTED_STATES else job

    def check(self, job: Job) -> Job:
        """Observe a submitted job, and stop it if its time is over. The stop is repeated until it has ended."""
        seen, error = self._look_up(job)
        if error is not None:
            job = self._end_of_missing(job, error)
        elif seen is not None:
            job = self._end_of_unknown(self.observer.apply(job, seen), seen)
        if job.state not in SUBMITTED_STATES:
            return job
        told = self._told(job, seen, error)
        if job.state is State.CANCELLING:
            return self._stop_again(job, seen, told)
        cause = job.stop_cause or self._cause_of_stop(job, seen)
        return self._look_again(job, seen) if cause is None else self.stopper.stop(job, cause, **told)

    def _look_up(self, job: Job) -> tuple[Observation | None, NotFoundError | None]:
        """The job as its provider describes it, or that it is not found. Neither if the look-up failed."""
        try:
            return self.observer.look_up(job), None
        except ProviderError as error:
            log_provider_error(self.ledger.requests, job, "look-up failed", error)
            return None, error if isinstance(error, NotFoundError) else None

    def _told(self, job: Job, seen: Observation | None, error: NotFoundError | None) -> dict[str, Any]:
        """The fields of the row that follow from a look-up after which the job has not ended."""
        now = self.now()
        if error is not None:
            told = as_missing(job, now)
            if isinstance(error, GoneError) and now - missing_since(job, now) >= self.timing.hidden:
                # The answer to its deletion was lost, or the call died before it wrote that it was accepted.
                told["stopped_at"] = iso(now)
            return told
        if seen is not None and _is_unknown(seen):
            return as_missing(job, now, seen.native)
        return {"missing": None} if seen is not None and job.missing is not None else {}

    def _stop_again(self, job: Job, seen: Observation | None, told: dict[str, Any]) -> Job:
        """Repeat the stop of a job that has not ended, unless it goes on. told: fields to write."""
        now = int(self.now())
        if job.stop_cause in (None, State.QUEUED) and not _is_to_stop(job, seen):
            if job.stop_cause is not None and seen is not None and seen.state is State.RUNNING:
                return self._let_run(job, seen, told)
            if now <= job.deadline:
                due = job.deadline + 1 if job.stop_cause is None else now + self.timing.lease
                # A cancellation since the row was read has made the job due at once.
                return self._attempts().note_stop(job, job.stop_cause, due=due, **told)[0]
            row, _ = self._attempts().note_stop(job, State.TIMED_OUT)
            is_same = row.state is State.CANCELLING and row.attempt == job.attempt
            if not is_same or row.stop_cause is None:
                return row
            job = row
        self.ledger.note(job.job_id, attempt=job.attempt, due=now + self.timing.lease, **told)
        self.stopper.call_provider(job)
        return job

    def _let_run(self, job: Job, seen: Observation, told: dict[str, Any]) -> Job:
        """Keep a job running that was to be stopped for its patience and began before its provider accepted the
        stop. Its state remains CANCELLING, because a job never moves backward.
        """
        until = int(self.now()) + job.time_limit + self.timing.allowance
        changes: dict[str, Any] = {"deadline": until, "due": until + 1, "native_status": seen.native}
        return self._attempts().note_stop(job, None, reason=GOES_ON, **told, **changes)[0]

    def _attempts(self) -> "AttemptRows":
        from jobchute.ledger.attempt_rows import AttemptRows

        return AttemptRows(self.ledger.rows)

    def _cause_of_stop(self, job: Job, seen: Observation | None) -> State | None:
        """The state to come for a job whose time is over; None while it is not. seen: None if the look-up
        failed.
        """
        now = self.now()
        if now <= job.deadline:
            return None
        if job.retry is None:
            return State.TIMED_OUT
        from jobchute.lifecycle.patience import cause_of_stop

        return cause_of_stop(job, seen, now, self.timing)

    def _look_again(self, job: Job, seen: Observation | None) -> Job:
        """Write when a job that goes on is to be looked up next, if it is due."""
        now = int(self.now())
        if job.due is not None and job.due > now:
            return job
        if now <= job.deadline:
            states = (State.SUBMITTED, State.RUNNING)
            return self.ledger.note(job.job_id, attempt=job.attempt, only_in=states, due=job.deadline + 1)[0]
        from jobchute.lifecycle.patience import next_look

        later = next_look(job, seen, now, self.timing)
        return self.ledger.note(job.job_id, attempt=job.attempt, only_in=(State.SUBMITTED,), **later)[0]

    def _is_given_up(self, job: Job, native: str = "") -> bool:
        """Whether the time of a job is over that is being stopped, and that was not found for long. native: the
        state, in no table, in which it is found instead.
        """
        now = self.now()
        if job.state is not State.CANCELLING or now <= job.deadline:
            return False
        return now - missing_since(job, now, native) >= self.timing.unknown

    def _end_of_missing(self, job: Job, error: NotFoundError) -> Job:
        """End a job that is given up if its provider does not find it."""
        if not self._is_given_up(job):
            return job
        reason = f"the provider no longer knows this job: {error.message}"
        return self.transitions.end(job, State.FAILED, reason=reason, cause=Cause.UNKNOWN)

    def _end_of_unknown(self, job: Job, seen: Observation) -> Job:
        """End a job that is given up if its provider reports a state that is in no table.

        While the provider reports a known state, or does not answer, the job may still be running.
        """
        if not _is_unknown(seen) or not self._is_given_up(job, seen.native):
            return job
        reason = f"stop requested; the provider reports {seen.native!r}, a state that Jobchute does not know"
        counted = metrics.embedded(self.now(), {metrics.UNKNOWN_ENDS: 1})
        logger.error("job ended in an unknown state", job_id=job.job_id, state=seen.native, **counted)
        return self.transitions.end(
            job, State.FAILED, reason=reason, cause=Cause.UNKNOWN, native_status=seen.native
        )


def _is_unknown(seen: Observation) -> bool:
    return bool(seen.native) and not seen.is_known


def _is_to_stop(job: Job, seen: Observation | None) -> bool:
    """Whether a job that is being stopped for its patience is known to wait, or to be stopping."""
    is_waiting = seen is not None and seen.state is State.SUBMITTED
    return job.stop_cause is State.QUEUED and (is_waiting or job.stopped_at is not None)
