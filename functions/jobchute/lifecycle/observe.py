"""Submitted jobs observed: a provider's event or a look-up becomes a move of the ledger.

Only the job's handle is taken from an event, the state is read from the provider. So late, lost, repeated and
foreign events are harmless.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from jobchute.job import Document, Job, State
from jobchute.ledger.job_queries import JobQueries
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.adapters import AdaptersByApi, adapter_of
from jobchute.lifecycle.timing import Timing
from jobchute.lifecycle.transitions import Transitions
from jobchute.providers.adapter import Observation
from jobchute.providers.registry import SPECS

MAX_TEXT = 2048
"""Characters of what a provider says of a job's status, output and logs; an S3 URI or an ARN has no more."""
SUBMITTED_STATES = (State.SUBMITTED, State.RUNNING, State.CANCELLING)


class Observer(NamedTuple):
    """Reads the states of jobs from their providers. now: epoch seconds."""

    ledger: Ledger
    queries: JobQueries
    adapters: AdaptersByApi
    transitions: Transitions
    timing: Timing
    now: Callable[[], float]

    def observe_event(self, event: Document) -> Job | None:
        """Observe the job that a provider's event is about. Returns None for a job that is not ours."""
        job = self._job_in(event)
        return None if job is None else self.observe(job)

    def observe(self, job: Job) -> Job:
        """Read the job's state from its provider and move the job accordingly. Raises ProviderError."""
        if job.state not in SUBMITTED_STATES:
            if job.state.is_final:
                self.transitions.release_lease(job)
            return job
        return self.apply(job, self.look_up(job))

    def look_up(self, job: Job) -> Observation:
        """Raises ProviderError."""
        return adapter_of(self.adapters, job).observe(job)

    def apply(self, job: Job, seen: Observation) -> Job:
        """Move a job to the state in which its provider reports it."""
        state = seen.state
        if state is State.CANCELLED and job.stop_cause is not None:
            state = job.stop_cause
        if state is None or (not state.is_final and job.state not in state.predecessors):
            return job
        changes = {"native_status": seen.native, "output": seen.output, "logs": seen.logs}
        known: dict[str, Any] = {name: value[:MAX_TEXT] for name, value in changes.items() if value is not None}
        if state is State.RUNNING and job.pending_limit:
            deadline = int(self.now()) + job.time_limit + self.timing.allowance
            known |= {"deadline": deadline, "due": deadline + 1}
        if state.is_final:
            reason = seen.reason or _default_reason(job, state, seen)
            return self.transitions.end(job, state, reason=reason, **known)
        job, _ = self.ledger.move(job.job_id, state, self.now(), **known)
        return job

    def _job_in(self, event: Document) -> Job | None:
        detail = event.get("detail") or {}
        for spec in SPECS.values():
            if spec.events is None or spec.events.detail_type != event.get("detail-type"):
                continue
            job = self.queries.by_provider_id(detail.get(spec.events.arn_field) or "-")
            if job is not None:
                return job
        return None


def _default_reason(job: Job, state: State, seen: Observation) -> str | None:
    match state:
        case State.FAILED:
            return f"the provider reports {seen.native} and gives no reason"
        case State.PARTIAL:
            return f"the provider reports {seen.native} and gives no counts; see its output"
        case State.CANCELLED if job.stop_cause is not None:
            return f"cancelled on request ({seen.native})"
        case State.CANCELLED:
            return f"stopped at its provider, not by Jobchute ({seen.native})"
        case State.TIMED_OUT:
            return f"stopped because it reached its time limit ({seen.native})"
        case _:
            return None
