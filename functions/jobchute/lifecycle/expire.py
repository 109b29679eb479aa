"""Time limits of submitted jobs: a job whose time is over is stopped, and ended where no stop can end it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger

from jobchute import metrics
from jobchute.errors import NotFoundError, ProviderError
from jobchute.job import Job, State, iso
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.observe import SUBMITTED_STATES, Observer
from jobchute.lifecycle.provider_text import log_provider_error
from jobchute.lifecycle.stop import Stopper
from jobchute.lifecycle.timing import Timing, as_missing, missing_since
from jobchute.lifecycle.transitions import Transitions
from jobchute.outcomes import Cause
from jobchute.providers.adapter import Observation

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
        seen: Observation | None = None
        is_missing = False
        try:
            seen = self.observer.look_up(job)
        except ProviderError as error:
            log_provider_error(self.ledger.requests, job, "look-up failed", error)
            is_missing = isinstance(error, NotFoundError)
            if is_missing and self._is_given_up(job):
                reason = f"the provider no longer knows this job: {error.message}"
                job = self.transitions.end(job, State.FAILED, reason=reason, cause=Cause.UNKNOWN)
        else:
            is_missing = _is_unknown(seen)
            job = self._end_of_unknown(self.observer.apply(job, seen), seen)
        if job.state not in SUBMITTED_STATES:
            return job
        if job.state is State.CANCELLING:
            return self._stop_again(job, seen, is_missing=is_missing)
        cause = job.stop_cause or self._cause_of_stop(job, seen)
        if cause is None:
            return self._look_again(job, seen)
        return self.stopper.stop(job, cause, **(as_missing(job, self.now()) if is_missing else {}))

    def _stop_again(self, job: Job, seen: Observation | None, *, is_missing: bool) -> Job:
        """Repeat the stop of a job that has not ended, unless it goes on. is_missing: whether this look-up has
        not found it, or has found it in a state that is in no table.
        """
        now = self.now()
        changes: dict[str, Any] = {"due": int(now) + self.timing.lease}
        if is_missing:
            changes |= as_missing(job, now)
            if job.stopped_at is None and self._is_missing_for_long(job):
                # The call in which its provider accepted the stop may have died before it wrote that.
                changes["stopped_at"] = iso(now)
        elif job.missing is not None and seen is not None:
            changes["missing"] = None
        if job.stop_cause is State.QUEUED and seen is not None and seen.state is State.RUNNING:
            from jobchute.lifecycle.patience import runs_until

            until = runs_until(job, self.timing)
            if job.stopped_at is None and now <= until:
                changes |= {"deadline": until, "reason": GOES_ON}
                return self.ledger.note(job.job_id, attempt=job.attempt, **changes)[0]
            if job.stopped_at is None:
                from jobchute.ledger.attempt_rows import AttemptRows

                job, _ = AttemptRows(self.ledger.rows).note_stop(job, State.TIMED_OUT)
        self.ledger.note(job.job_id, attempt=job.attempt, **changes)
        self.stopper.call_provider(job)
        return job

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

    def _is_given_up(self, job: Job) -> bool:
        """Whether the time of a job is over that is being stopped, and that was not found for long."""
        return job.state is State.CANCELLING and self.now() > job.deadline and self._is_missing_for_long(job)

    def _is_missing_for_long(self, job: Job) -> bool:
        now = self.now()
        return now - missing_since(job, now) >= self.timing.unknown

    def _end_of_unknown(self, job: Job, seen: Observation) -> Job:
        """End a job that is given up if its provider reports a state that is in no table.

        While the provider reports a known state, or does not answer, the job may still be running.
        """
        if not _is_unknown(seen) or not self._is_given_up(job):
            return job
        reason = f"stop requested; the provider reports {seen.native!r}, a state that Jobchute does not know"
        counted = metrics.embedded(self.now(), {metrics.UNKNOWN_ENDS: 1})
        logger.error("job ended in an unknown state", job_id=job.job_id, state=seen.native, **counted)
        return self.transitions.end(
            job, State.FAILED, reason=reason, cause=Cause.UNKNOWN, native_status=seen.native
        )


def _is_unknown(seen: Observation) -> bool:
    return bool(seen.native) and not seen.is_known
