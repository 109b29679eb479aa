"""Submitting a job, once: whatever dies half-way, and however many attempts there are.

The intention is written before the provider is called, under a lease that one attempt holds at a time; whoever
finds such an intention looks for the job at the provider before creating one.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from jobchute.errors import (
    AmbiguousError,
    NameTakenError,
    PermanentError,
    ProviderError,
    QuotaError,
    RefusedError,
    ThrottledError,
    UnknownJobError,
)
from jobchute.job import Document, Job, State
from jobchute.ledger.refusals import refused
from jobchute.lifecycle.observe import MAX_REASON, REQUEST_IS_LOST, Observer

NEVER_SUBMITTED = "stopped before it was submitted"
MAX_CREATES = 5
"""Create calls of one attempt, where the provider says of each that they come too fast."""
LASTING = 3
"""After so many attempts, being throttled is no matter of two calls that came too close."""


class Submitter(NamedTuple):
    """Submits the jobs that a watcher watches.

    patience: seconds; so long is waited for the moment of a create call: the job's own, or its pool's next one
    where the call came too close to another.
    """

    watcher: Observer
    patience: float = 5.0
    sleep: Callable[[float], None] = time.sleep

    def dispatch(self, job_id: str, attempt_id: str, task_token: str | None = None) -> Job:
        """Submit the job, unless that is done, or another attempt is at it.

        attempt_id: unique to this call. task_token: of the execution that waits for the job's end.
        """
        now = self.watcher.now()
        changes: dict[str, Any] = {} if task_token is None else {"task_token": task_token}
        # A create call that was sent in time may land late: the claim outlives the function by `settle`.
        until = int(now) + self.watcher.pace.lease + self.watcher.pace.settle
        job, is_ours = self.watcher.ledger.claim(
            job_id, attempt_id=attempt_id, until=until, now=now, due=until, **changes
        )
        if is_ours:
            return self._submit(job)
        if task_token is not None:
            job, _ = self.watcher.ledger.note(job_id, only_in=tuple(State), task_token=task_token)
        return job

    def _submit(self, job: Job) -> Job:
        try:
            provider_id = self._create_or_adopt(job)
        except AmbiguousError as error:
            # This attempt is over, but what it sent may still land: `settle` is left of its lease.
            settled = int(self.watcher.now()) + self.watcher.pace.settle
            return self._put_off(job, error, attempt_until=settled)
        except QuotaError as error:
            if not job.pool:
                return self._put_off(job, error, attempt_until=0)
            put_off = self._put_off_by(job, error)
            return self.watcher.admission.refused(job, attempt_id=job.attempt_id, **put_off)
        except RefusedError as error:
            return self._put_off(job, error, attempt_until=0)
        except PermanentError as error:
            return self._end(job, State.FAILED, str(error))
        except UnknownJobError:
            return self._end(job, job.stop_cause or State.FAILED, REQUEST_IS_LOST)
        if provider_id is None:
            cause = job.stop_cause or self.watcher.ledger.get(job.job_id).stop_cause
            return self._end(job, cause or State.CANCELLED, NEVER_SUBMITTED)
        now = self.watcher.now()
        deadline = int(now) + (job.pending_limit or job.time_limit) + self.watcher.pace.allowance
        job, _ = self.watcher.ledger.move(
            job.job_id,
            State.SUBMITTED,
            now,
            provider_id=provider_id,
            deadline=deadline,
            due=deadline + 1,
            attempt_id=None,
            reason=None,
        )
        # A cancel that came while the provider was called could only leave its wish on the row.
        return self.watcher.stop(job, job.stop_cause) if job.stop_cause else job

    def _end(self, job: Job, state: State, reason: str) -> Job:
        """An attempt that was overtaken has no say: the one that holds the job now may yet succeed."""
        return self.watcher.end(job, state, reason=reason, held_by=job.attempt_id)

    def _create_or_adopt(self, job: Job) -> str | None:
        """The job's provider id; None where a cancelled job turned out not to exist there."""
        adapter = self.watcher.adapter_of(job)
        request = self.watcher.ledger.requests.get(job.job_id)
        # Where every attempt before was refused, there is nothing to find. So a job whose provider cannot be
        # reached ends when it is cancelled or its wait limit is over.
        found = self._find(job, request) if job.may_exist else None
        if found is not None or job.stop_cause is not None:
            return found
        try:
            call = adapter.request_for(job, request)
            return self._create(job, lambda: adapter.submit(call))
        except PermanentError as error:
            is_conflict = isinstance(error, NameTakenError) or error.code == "ConflictException"
            found = self._find_taken(job, request) if is_conflict else None
            if found is None:
                raise
            return found

    def _create(self, job: Job, create: Callable[[], str]) -> str | None:
        """The job's provider id; None where it was cancelled while its moment was waited for."""
        early = job.create_at / 1000 - self.watcher.now()
        if 0 < early <= self.patience and self._is_cancelled_after(job, early):
            return None
        for _ in range(MAX_CREATES - 1):
            try:
                return create()
            except ThrottledError as error:
                error.retry_at = self._next_moment(job)
                wait = error.retry_at - self.watcher.now()
                if not error.retry_at or wait > self.patience:
                    raise
                if self._is_cancelled_after(job, max(wait, 0)):
                    return None
        return create()

    def _is_cancelled_after(self, job: Job, seconds: float) -> bool:
        """Nothing was created so far, so whoever cancels meanwhile pays for nothing."""
        self.sleep(seconds)
        return self.watcher.ledger.get(job.job_id).stop_cause is not None

    def _next_moment(self, job: Job) -> float:
        """When the job's pool may make its next create call, but not now, as it was refused; 0 is unknown."""
        if not job.pool:
            return 0
        reserve = self.watcher.admission.capacity.reserve_create_slot
        moment = reserve(job.pool)
        if moment is not None and moment <= self.watcher.now() * 1000:
            moment = reserve(job.pool)
        return (moment or 0) / 1000

    def _find(self, job: Job, request: Document) -> str | None:
        """As the adapter's; but a refused look-up proves nothing, so it never ends a job that may exist."""
        try:
            return self.watcher.adapter_of(job).find(job, request)
        except NameTakenError:
            raise
        except PermanentError as error:
            raise AmbiguousError(error.message, code=error.code) from error

    def _find_taken(self, job: Job, request: Document) -> str | None:
        """As _find, for a job whose name or token is taken there: it may be this very one, so a look-up that is
        refused for now is no proof that nothing was created."""
        try:
            return self._find(job, request)
        except RefusedError as error:
            raise AmbiguousError(error.message, code=error.code) from error

    def _put_off(self, job: Job, error: ProviderError, *, attempt_until: int) -> Job:
        """Come back later: the attempt is over at once where nothing was created, else a little later."""
        now = self.watcher.now()
        due = max(attempt_until, self._retry_at(job, error, now))
        job, _ = self.watcher.ledger.note(
            job.job_id,
            only_in=(State.SUBMITTING,),
            held_by=job.attempt_id,
            attempt_until=attempt_until,
            due=due,
            **self._put_off_by(job, error),
        )
        return job

    def _retry_at(self, job: Job, error: ProviderError, now: float) -> int:
        """Create calls that came too close are set apart by the pool's rate; what lasts is backed off."""
        if isinstance(error, ThrottledError) and error.retry_at and job.attempts <= LASTING:
            return int(max(error.retry_at, now)) + 1
        return int(now + self.watcher.pace.backoff(job.attempts))

    def _put_off_by(self, job: Job, error: ProviderError) -> dict[str, Any]:
        """What the row says after an attempt that was put off: the job's reason, and its refusals."""
        words = self.watcher.words(job, error.message)
        reason = f"waiting after {error.code}: {words}" if error.code else f"waiting after {words}"
        told = refused(job, error, words, self.watcher.now())
        return {"reason": reason[:MAX_REASON], **told, **refusals_after(job, error)}


def refusals_after(job: Job, error: ProviderError) -> dict[str, int]:
    """What the row says of an attempt that failed: another refusal, where there were only refusals before.

    An attempt that dies writes nothing, and so counts as one that may have created the job.
    """
    if isinstance(error, RefusedError) and not job.may_exist:
        return {"refusals": job.attempts}
    return {}
