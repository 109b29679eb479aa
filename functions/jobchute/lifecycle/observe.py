"""Submitted jobs observed: a provider's event or a look-up becomes a move of the ledger.

Only the job's handle is taken from an event, the state is read from the provider. So late, lost, repeated and
foreign events are harmless.

The handle comes from an index, which holds what never changes of a submitted job. A move needs no more: it is
written on the condition that the job's state allows it, and the write returns the row. The row is read first
only where the provider says that the job was cancelled: what that means depends on why it was stopped.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from jobchute.job import Document, Handle, Job, State, Submitted
from jobchute.ledger.job_queries import JobQueries
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.adapters import AdaptersByApi, adapter_of
from jobchute.lifecycle.timing import Timing
from jobchute.lifecycle.transitions import Transitions
from jobchute.outcomes import Cause, tells_begin
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

    def observe_event(self, event: Document) -> Submitted | None:
        """Observe the job that a provider's event is about.

        Returns its row, or its handle if the provider reports nothing that moves a submitted job, and None for
        a job that is not ours. Raises ProviderError.
        """
        handle = self._handle_in(event)
        if handle is None:
            return None
        seen = self.look_up(handle)
        if seen.state in (None, State.SUBMITTED):
            return handle
        return self._apply_unread(handle, seen.state, seen)

    def look_up(self, job: Submitted) -> Observation:
        """Raises ProviderError."""
        return adapter_of(self.adapters, job).observe(job)

    def apply(self, job: Job, seen: Observation) -> Job:
        """Move a job to the state in which its provider reports it, or to its next attempt."""
        if seen.state is State.CANCELLED and job.stop_cause is None:
            # Another call may have had it stopped since the row was read.
            row = self.ledger.get(job.job_id)
            if row.state.is_final:
                # The call that ended it may have died before it gave the lease back.
                self.transitions.release(row)
            if row.attempt != job.attempt or row.state.is_final:
                return row
            job = row
        return self._apply(job, seen)

    def _apply(self, job: Job, seen: Observation) -> Job:
        """As apply, for a row that was read after the look-up, or that says why the job is to stop."""
        state = seen.state
        if state is State.CANCELLED and job.stop_cause is not None:
            # A stop after which the next attempt begins is one for want of capacity in time.
            state = State.TIMED_OUT if job.stop_cause is State.QUEUED else job.stop_cause
        if state is None or (not state.is_final and job.state not in state.predecessors):
            return job
        moved = self._move(job, state, seen, job.stop_cause)
        is_same_attempt = moved.attempt == job.attempt and not moved.state.is_final
        if state.is_final and is_same_attempt and _has_moved(job, moved):
            return self._apply(moved, seen)
        return moved

    def _apply_unread(self, handle: Handle, state: State, seen: Observation) -> Job:
        """As apply, for a job whose row was not read.

        Where it has ended already, the call that ended it may have died before it gave the lease back.
        """
        if state is not State.CANCELLED and (handle.retry is None or not state.is_final):
            job = self._move(handle, state, seen)
            if state.is_final:
                return job
        else:
            job = self.ledger.get(handle.job_id)
            if job.attempt != handle.attempt:
                return job
            if not job.state.is_final:
                return self._apply(job, seen)
        if job.state.is_final:
            self.transitions.release(job)
        return job

    def _move(self, job: Submitted, state: State, seen: Observation, stop_cause: State | None = None) -> Job:
        """Returns the row as it is then. It has not moved if its state does not allow it."""
        changes = {"native_status": seen.native, "output": seen.output, "logs": seen.logs}
        known: dict[str, Any] = {name: value[:MAX_TEXT] for name, value in changes.items() if value is not None}
        if state is State.RUNNING and job.pending_limit:
            deadline = int(self.now()) + job.time_limit + self.timing.allowance
            known |= {"deadline": deadline, "due": deadline + 1}
        if state.is_final:
            reason = seen.reason or _default_reason(state, seen, stop_cause)
            cause = cause_of_end(job, state, seen, stop_cause)
            return self.transitions.end(job, state, reason=reason, cause=cause, result=seen.result, **known)
        return self.ledger.move(job.job_id, state, self.now(), attempt=job.attempt, **known)[0]

    def _handle_in(self, event: Document) -> Handle | None:
        detail = event.get("detail") or {}
        for spec in SPECS.values():
            if spec.events is None or spec.events.detail_type != event.get("detail-type"):
                continue
            handle = self.queries.handle(detail.get(spec.events.arn_field) or "-")
            if handle is not None:
                return handle
        return None


def _has_moved(before: Job, job: Job) -> bool:
    """Whether another call has written a move, or the reason of a stop, since a row was read."""
    return (before.moves, before.stop_cause) != (job.moves, job.stop_cause)


def cause_of_end(job: Submitted, state: State, seen: Observation, stop_cause: State | None) -> Cause | None:
    """Why a job ended, as its provider reports it, or as Jobchute stopped it. None for a success."""
    match state:
        case State.SUCCEEDED:
            return None
        case State.CANCELLED:
            return Cause.CANCELLED
        case State.TIMED_OUT if stop_cause is State.QUEUED and seen.state is State.CANCELLED:
            return Cause.CAPACITY
        case State.TIMED_OUT if stop_cause is State.TIMED_OUT and seen.state is State.CANCELLED:
            return Cause.TIMED_OUT if _has_run(job, seen) else Cause.CAPACITY
        case _:
            return seen.cause or Cause.UNKNOWN


def _has_run(job: Submitted, seen: Observation) -> bool:
    """Whether a job that was stopped at its time limit has run, or may have: an API that does not tell waiting
    from running has no pending limit."""
    if not job.pending_limit or not isinstance(job, Job):
        return True
    if job.native_status is not None or any(entry["state"] == State.RUNNING for entry in job.history):
        return True
    return seen.result is not None and tells_begin(seen.result.document())


def _default_reason(state: State, seen: Observation, stop_cause: State | None) -> str | None:
    match state:
        case State.FAILED:
            return f"the provider reports {seen.native} and gives no reason"
        case State.PARTIAL:
            return f"the provider reports {seen.native} and gives no counts; see its output"
        case State.CANCELLED if stop_cause is not None:
            return f"cancelled on request ({seen.native})"
        case State.CANCELLED:
            return f"stopped at its provider, not by Jobchute ({seen.native})"
        case State.TIMED_OUT if stop_cause is State.QUEUED:
            return f"stopped because it waited at its provider for longer than its patience ({seen.native})"
        case State.TIMED_OUT:
            return f"stopped because it reached its time limit ({seen.native})"
        case _:
            return None
