"""Stopping a job at its provider: the intention is written to the ledger before the provider is called."""

from collections.abc import Callable
from typing import NamedTuple

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

        cause: the state in which the job is to end.
        """
        now = self.now()
        job, _ = self.ledger.move(
            job.job_id,
            State.CANCELLING,
            now,
            attempt=job.attempt,
            stop_cause=cause,
            due=int(now) + self.timing.lease,
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
