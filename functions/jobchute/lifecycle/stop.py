"""Stopping a job at its provider: the intention is written to the ledger before the provider is called."""

from collections.abc import Callable
from typing import Any, NamedTuple

from jobchute.errors import ProviderError
from jobchute.job import Job, State, iso
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.adapters import AdaptersByApi, adapter_of
from jobchute.lifecycle.provider_text import log_provider_error
from jobchute.lifecycle.timing import Timing


class Stopper(NamedTuple):
    """now: epoch seconds."""

    ledger: Ledger
    adapters: AdaptersByApi
    timing: Timing
    now: Callable[[], float]

    def stop(self, job: Job, cause: State, **seen: Any) -> Job:
        """Write the intention, then call the provider. The reconciler repeats the call until the job has ended.

        cause: the state in which the job is to end; QUEUED for a job that only waits there, and is to have its
        next attempt. seen: fields of the row that follow from the look-up before.
        """
        now = self.now()
        is_for_next = cause is State.QUEUED
        deadline: dict[str, Any] = {}
        if job.retry is not None:
            from jobchute.lifecycle.patience import deadline_of_stop

            deadline = deadline_of_stop(job, cause, now, self.timing)
        job, _ = self.ledger.move(
            job.job_id,
            State.CANCELLING,
            now,
            attempt=job.attempt,
            only_from=(State.SUBMITTED,) if is_for_next else (),
            stop_cause=cause,
            due=int(now) + self.timing.lease,
            **deadline,
            **seen,
        )
        if job.state is State.CANCELLING and job.stop_cause is not None:
            self.call_provider(job)
        return job

    def call_provider(self, job: Job) -> None:
        """Ask the provider to stop the job. An error is logged: the reconciler repeats the call.

        That the stop was accepted is written where it matters: if the job is deleted thereby, a look-up that
        does not find it then tells its end; if it is stopped for its next attempt, it does not go on.
        """
        try:
            is_deleted = adapter_of(self.adapters, job).cancel(job)
        except ProviderError as error:
            log_provider_error(self.ledger.requests, job, "stop failed", error)
            return
        if job.stopped_at is None and (is_deleted or job.stop_cause is State.QUEUED):
            self._note_accepted(job)

    def _note_accepted(self, job: Job) -> None:
        now = self.now()
        row, is_noted = self.ledger.note(
            job.job_id, attempt=job.attempt, only_in=(State.CANCELLING,), stopped_at=iso(now)
        )
        if is_noted and row.stop_cause is None:
            # Another look-up has seen it run meanwhile, and let it go on. It does not.
            from jobchute.ledger.attempt_rows import AttemptRows

            due = int(now) + self.timing.lease
            AttemptRows(self.ledger.rows).note_stop(row, job.stop_cause, due=due)
