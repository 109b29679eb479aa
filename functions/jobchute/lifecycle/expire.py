"""Time limits of submitted jobs: a job whose time is over is stopped, and ended where no stop can end it."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute import metrics
from jobchute.errors import NotFoundError, ProviderError
from jobchute.job import Job, State
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.observe import SUBMITTED_STATES, Observer
from jobchute.lifecycle.provider_text import log_provider_error
from jobchute.lifecycle.stop import Stopper
from jobchute.lifecycle.timing import Timing
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
        now = self.now()
        try:
            seen = self.observer.look_up(job)
        except ProviderError as error:
            log_provider_error(self.ledger.requests, job, "look-up failed", error)
            if isinstance(error, NotFoundError) and now > job.deadline:
                reason = f"the provider no longer knows this job: {error.message}"
                job = self.transitions.end(job, State.FAILED, reason=reason, cause=Cause.UNKNOWN)
        else:
            job = self._give_up(self.observer.apply(job, seen), seen)
        if job.state.is_final:
            return job
        if job.state is not State.CANCELLING and (job.stop_cause is not None or now > job.deadline):
            return self.stopper.stop(job, job.stop_cause or _state_after_stop(job))
        if job.state is State.CANCELLING:
            self.ledger.note(job.job_id, attempt=job.attempt, due=int(now) + self.timing.lease)
            self.stopper.call_provider(job)
        elif job.due is None or job.due <= now:
            # A job that an earlier release submitted, which wrote the time of its next look-up into the row.
            states = (State.SUBMITTED, State.RUNNING)
            self.ledger.note(job.job_id, attempt=job.attempt, only_in=states, due=job.deadline + 1)
        return job

    def _give_up(self, job: Job, seen: Observation) -> Job:
        """End a job that was asked to stop long ago and whose provider reports a state that is in no table.

        While the provider reports a known state, or does not answer, the job may still be running.
        """
        if seen.is_known or not seen.native:
            return job
        if job.state is not State.CANCELLING or self.now() <= job.deadline:
            return job
        asked_at = datetime.fromisoformat(job.history[-1]["at"]).timestamp()
        if self.now() - asked_at < self.timing.unknown:
            return job
        reason = f"stop requested; the provider reports {seen.native!r}, a state that Jobchute does not know"
        counted = metrics.embedded(self.now(), {metrics.UNKNOWN_ENDS: 1})
        logger.error("job ended in an unknown state", job_id=job.job_id, state=seen.native, **counted)
        return self.transitions.end(
            job, State.FAILED, reason=reason, cause=Cause.UNKNOWN, native_status=seen.native
        )


def _state_after_stop(job: Job) -> State:
    """The state to come for a job whose time is over."""
    if job.retry is None:
        return State.TIMED_OUT
    from jobchute.lifecycle.patience import state_after_stop

    return state_after_stop(job)
