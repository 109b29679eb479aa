"""Time limits of submitted jobs: a job whose time is over is stopped, and ended where no stop can end it."""

from collections.abc import Callable
from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute import metrics
from jobchute.errors import NotFoundError, ProviderError
from jobchute.job import Job, State
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.observe import SUBMITTED_STATES, Observer
from jobchute.lifecycle.provider_text import log_provider_error
from jobchute.lifecycle.stop import Stopper
from jobchute.lifecycle.timing import Timing, moved_at
from jobchute.lifecycle.transitions import Transitions
from jobchute.outcomes import Cause
from jobchute.providers.adapter import Observation

logger = Logger(child=True)


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
        try:
            seen = self.observer.look_up(job)
        except ProviderError as error:
            log_provider_error(self.ledger.requests, job, "look-up failed", error)
            if isinstance(error, NotFoundError) and self._is_given_up(job):
                reason = f"the provider no longer knows this job: {error.message}"
                job = self.transitions.end(job, State.FAILED, reason=reason, cause=Cause.UNKNOWN)
        else:
            job = self._end_of_unknown(self.observer.apply(job, seen), seen)
        if job.state not in SUBMITTED_STATES:
            return job
        if job.state is State.CANCELLING:
            self.ledger.note(job.job_id, attempt=job.attempt, due=int(self.now()) + self.timing.lease)
            self.stopper.call_provider(job)
            return job
        cause = job.stop_cause or self._cause_of_stop(job, seen)
        return self._look_again(job, seen) if cause is None else self.stopper.stop(job, cause)

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
        """Whether a job was asked to stop long ago, and its time is over."""
        now = self.now()
        if job.state is not State.CANCELLING or now <= job.deadline:
            return False
        return now - moved_at(job) >= self.timing.unknown

    def _end_of_unknown(self, job: Job, seen: Observation) -> Job:
        """End a job that is given up if its provider reports a state that is in no table.

        While the provider reports a known state, or does not answer, the job may still be running.
        """
        if seen.is_known or not seen.native or not self._is_given_up(job):
            return job
        reason = f"stop requested; the provider reports {seen.native!r}, a state that Jobchute does not know"
        counted = metrics.embedded(self.now(), {metrics.UNKNOWN_ENDS: 1})
        logger.error("job ended in an unknown state", job_id=job.job_id, state=seen.native, **counted)
        return self.transitions.end(
            job, State.FAILED, reason=reason, cause=Cause.UNKNOWN, native_status=seen.native
        )
