"""Submitting a job, once: wherever a function dies, and however many attempts there are.

The intention is written before the provider is called, under a lease that one attempt holds at a time. An
attempt that finds such an intention looks for the job at the provider before it creates one.

The task token of the execution is an item of its own, written before the claim. If the job ends after the
claim, the announcement of its end finds the token. If it ended before, the claim shows it, and a write to the
row has the token answered. Step Functions repeats a call that dies between the two, so no execution is left
waiting.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from jobchute.errors import (
    AmbiguousError,
    NotShownError,
    PermanentError,
    ProviderError,
    QuotaError,
    RefusedError,
    ThrottledError,
    UnknownJobError,
)
from jobchute.job import Job, State
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.refusals import refused
from jobchute.ledger.task_tokens import TaskTokenRows
from jobchute.lifecycle.admit import Admission
from jobchute.lifecycle.create import JobCreator
from jobchute.lifecycle.provider_text import (
    MAX_REASON,
    REQUEST_IS_LOST,
    WAITING_AFTER,
    never_submitted,
    provider_text,
)
from jobchute.lifecycle.stop import Stopper
from jobchute.lifecycle.timing import Timing, as_missing, may_be_hidden
from jobchute.lifecycle.transitions import Transitions
from jobchute.outcomes import Cause

LASTING = 3
"""After so many attempts, throttling has another cause than two calls that were too close together."""


class Submitter(NamedTuple):
    """now: epoch seconds."""

    ledger: Ledger
    task_tokens: TaskTokenRows
    admission: Admission
    creator: JobCreator
    transitions: Transitions
    stopper: Stopper
    timing: Timing
    now: Callable[[], float]

    def dispatch(self, job_id: str, attempt_id: str, task_token: str | None = None) -> Job:
        """Submit the job, unless that is done, or another attempt is under way.

        attempt_id: unique to this call. task_token: of the execution that waits for the job's end.
        """
        now = self.now()
        if task_token is not None:
            self.task_tokens.keep(job_id, task_token, now)
        # A create call that was sent in time may take effect late: the claim outlives the function by `settle`.
        until = int(now) + self.timing.lease + self.timing.settle
        job, is_ours = self.ledger.claim(job_id, attempt_id=attempt_id, until=until, now=now, due=until)
        if is_ours:
            return self._submit(job)
        if task_token is not None and job.state.is_final:
            late = (job.late_tokens or 0) + 1
            job, _ = self.ledger.note(job_id, attempt=None, only_in=tuple(State), late_tokens=late)
        return job

    def _submit(self, job: Job) -> Job:
        try:
            provider_id = self.creator.create_or_adopt(job)
        except AmbiguousError as error:
            # This attempt is over, but its call may still take effect: `settle` is left of its lease.
            settled = int(self.now()) + self.timing.settle
            return self._put_off(job, error, attempt_until=settled)
        except QuotaError as error:
            return self._without_capacity(job, error)
        except RefusedError as error:
            return self._put_off(job, error, attempt_until=0)
        except PermanentError as error:
            from jobchute.providers.refusals import cause_of_refusal

            return self._end(job, State.FAILED, str(error), cause_of_refusal(error))
        except UnknownJobError:
            return self._end(job, job.stop_cause or State.FAILED, REQUEST_IS_LOST, Cause.INTERNAL)
        if provider_id is None:
            from jobchute.lifecycle.unsubmitted import cause_of_unsubmitted

            state = job.stop_cause or self.ledger.get(job.job_id).stop_cause or State.CANCELLED
            return self._end(job, state, never_submitted(job), cause_of_unsubmitted(job, state))
        now = self.now()
        deadline = int(now) + (job.pending_limit or job.time_limit) + self.timing.allowance
        if job.retry is not None:
            from jobchute.lifecycle.patience import wait_at_provider

            deadline = wait_at_provider(job, now) or deadline
        found: dict[str, Any] = {} if job.missing is None else {"missing": None}
        if job.waiting is not None:
            # It was cancelled while it waited, and exists all the same: it leaves the queue, and takes up room.
            found |= {"waiting": None, "place": None, "create_at": int(now * 1000)}
        job, _ = self.ledger.move(
            job.job_id,
            State.SUBMITTED,
            now,
            attempt=job.attempt,
            provider_id=provider_id,
            deadline=deadline,
            # Where this call dies before it has stopped the job, the next reconciliation does.
            due=int(now) if job.stop_cause else deadline + 1,
            attempt_id=None,
            reason=None,
            **found,
        )
        # A cancellation that came while the provider was called could only write its cause into the row.
        return self.stopper.stop(job, job.stop_cause) if job.stop_cause else job

    def _without_capacity(self, job: Job, error: QuotaError) -> Job:
        """The job waits for quota or capacity, or tries its next alternative.

        It keeps its turn if it was cancelled during the call, and while it may exist and not be shown: no job
        that waits in a queue is looked for.
        """
        put_off = self._put_off_by(job, error)
        if job.retry is not None and error.is_of_create:
            from jobchute.lifecycle.patience import after_refusal

            reason = put_off["reason"]
            job, tried = after_refusal(job, reason, self.transitions, self.now(), self.timing)
            if tried is not None:
                return tried
            put_off["patience_until"] = job.patience_until
        if job.pool and not may_be_hidden(job, self.now(), self.timing.hidden):
            row = self.admission.refused(job, attempt_id=job.attempt_id, **put_off)
            if row.waiting is not None or row.stop_cause is None:
                return row
        return self._put_off(job, error, attempt_until=0)

    def _end(self, job: Job, state: State, reason: str, cause: Cause) -> Job:
        """An attempt that has lost its lease ends nothing: the attempt that holds it may yet succeed."""
        return self.transitions.end(job, state, reason=reason, cause=cause, held_by=job.attempt_id)

    def _put_off(self, job: Job, error: ProviderError, *, attempt_until: int) -> Job:
        """Try again later: the attempt is over at once if nothing was created, else a little later."""
        now = self.now()
        due = max(attempt_until, self._retry_at(job, error, now))
        patience = {} if job.patience_until is None else {"patience_until": job.patience_until}
        job, _ = self.ledger.note(
            job.job_id,
            attempt=job.attempt,
            only_in=(State.SUBMITTING,),
            held_by=job.attempt_id,
            attempt_until=attempt_until,
            due=due,
            **patience,
            **self._put_off_by(job, error),
        )
        return job

    def _retry_at(self, job: Job, error: ProviderError, now: float) -> int:
        """By the pool's rate after calls that were too close together; with backoff after lasting errors."""
        is_quota = isinstance(error, QuotaError)
        if isinstance(error, NotShownError) or (is_quota and may_be_hidden(job, now, self.timing.hidden)):
            return int(now) + self.timing.settle
        if isinstance(error, ThrottledError) and error.retry_at and job.attempts <= LASTING:
            return int(max(error.retry_at, now)) + 1
        return int(now + self.timing.backoff(job.attempts))

    def _put_off_by(self, job: Job, error: ProviderError) -> dict[str, Any]:
        """The members of the row after an attempt that was put off: the job's reason, and its refusals."""
        words = provider_text(self.ledger.requests, job, error.message)
        reason = f"{WAITING_AFTER}{error.code}: {words}" if error.code else f"{WAITING_AFTER}{words}"
        now = self.now()
        told = {} if isinstance(error, NotShownError) else refused(job, error, words, now)
        return {"reason": reason[:MAX_REASON], **told, **refusals_after(job, error, now)}


def refusals_after(job: Job, error: ProviderError, now: float) -> dict[str, Any]:
    """The refusals of the row after a failed attempt: one more, if all attempts before were refused. If one was
    not, since when its provider has not shown the job.

    An attempt that dies writes nothing, and so counts as one that may have created the job.
    """
    if isinstance(error, RefusedError) and not job.may_exist:
        return {"refusals": job.attempts}
    is_unknown = isinstance(error, AmbiguousError) and error.is_of_create
    return as_missing(job, now) if job.may_exist and not is_unknown else {}
