"""Stopping a job at its provider: the intention is written to the ledger before the provider is called."""

from collections.abc import Callable
from typing import Any, NamedTuple

from jobchute.errors import ProviderError
from jobchute.job import Job, State
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

    def stop(self, job: Job, cause: State) -> Job:
        """Write the intention, then call the provider. The reconciler repeats the call until the job has ended.

        cause: the state in which the job is to end; QUEUED for a job that only waits there, and is to have its
        next attempt.
        """
        now = self.now()
        is_for_next = cause is State.QUEUED
        # The deadline of a job that waits was that of its patience. If it has begun to run, it goes on.
        deadline: dict[str, Any] = {"deadline": int(now) + self.timing.allowance} if is_for_next else {}
        job, _ = self.ledger.move(
            job.job_id,
            State.CANCELLING,
            now,
            attempt=job.attempt,
            only_from=(State.SUBMITTED,) if is_for_next else (),
            stop_cause=cause,
            due=int(now) + self.timing.lease,
            **deadline,
        )
        if job.state is State.CANCELLING:
            self.call_provider(job)
        return job

    def call_provider(self, job: Job) -> None:
        """Ask the provider to stop the job. An error is logged: the reconciler repeats the call."""
        try:
            adapter_of(self.adapters, job).cancel(job)
        except ProviderError as error:
            log_provider_error(self.ledger.requests, job, "stop failed", error)
