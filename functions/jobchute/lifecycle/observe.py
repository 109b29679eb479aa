"""Watching submitted jobs: an event, a look-up or an expired wait becomes a move of the ledger; stopping them.

An event is a nudge: nothing but the job's handle is taken from it, the truth is read from the provider. So
late, lost, repeated and foreign events are harmless.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger

from jobchute.errors import NotFoundError, PermanentError, ProviderError, UnknownJobError
from jobchute.job import Api, Document, Job, State
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.admit import Admission
from jobchute.lifecycle.timing import Timing
from jobchute.masking import redacted
from jobchute.providers.adapter import Adapter, Observation
from jobchute.providers.registry import SPECS

logger = Logger(child=True)

REQUEST_IS_LOST = "the ledger has lost this job's request"
MAX_TEXT = 2048
"""Characters of what a provider says of a job's status, output and logs; an S3 URI or an ARN has no more."""
MAX_REASON = 1024
"""Characters of a job's reason."""
SUBMITTED_STATES = (State.SUBMITTED, State.RUNNING, State.CANCELLING)


class Observer(NamedTuple):
    """The jobs of one ledger at their providers. now: epoch seconds; every time comes from it and from pace."""

    ledger: Ledger
    admission: Admission
    adapters: Mapping[Api, Adapter]
    pace: Timing
    now: Callable[[], float]

    def observe(self, job: Job) -> Job:
        """Read the truth from the provider and move the job accordingly. Raises ProviderError."""
        if job.state not in SUBMITTED_STATES:
            if job.state.is_final:
                # Whoever ended it may have died before the next job was let in.
                self.admission.leave(job)
            return job
        return self._apply(job, self.adapter_of(job).observe(job))

    def observe_event(self, event: Document) -> Job | None:
        """Look at the job that a provider's event is about; None for a job that is not ours.

        The event is a nudge: nothing but the job's handle is taken from it.
        """
        job = self._job_in(event)
        return None if job is None else self.observe(job)

    def expire(self, job_id: str) -> Job:
        """What an execution asks for when its wait is over: stop what is past its time limit."""
        job = self.ledger.get(job_id)
        return self.look_after(job) if job.state in SUBMITTED_STATES else job

    def look_after(self, job: Job) -> Job:
        """See how a submitted job stands; stop it if its time is over, asking again until it has ended."""
        now = self.now()
        try:
            seen = self.adapter_of(job).observe(job)
        except ProviderError as error:
            self._log_error("look-up failed", job, error)
            if isinstance(error, NotFoundError) and now > job.deadline:
                job = self.end(
                    job, State.FAILED, reason=f"the provider no longer knows this job: {error.message}"
                )
        else:
            job = self._give_up(self._apply(job, seen), seen)
        if job.state.is_final:
            return job
        if job.state is not State.CANCELLING and (job.stop_cause is not None or now > job.deadline):
            return self.stop(job, job.stop_cause or State.TIMED_OUT)
        if job.state is State.CANCELLING:
            self.ledger.note(job.job_id, due=int(now) + self.pace.lease)
            self._ask_to_stop(job)
        elif job.due is None or job.due <= now:
            # Of a job that an earlier release submitted, whose looks were dates in its row.
            self.ledger.note(job.job_id, only_in=(State.SUBMITTED, State.RUNNING), due=job.deadline + 1)
        return job

    def stop(self, job: Job, cause: State) -> Job:
        """Write the intention, then ask the provider; the sweep asks again until the job has ended."""
        now = self.now()
        job, _ = self.ledger.move(
            job.job_id, State.CANCELLING, now, stop_cause=cause, due=int(now) + self.pace.lease
        )
        if job.state is State.CANCELLING:
            self._ask_to_stop(job)
        return job

    def end(self, job: Job, state: State, *, reason: str | None, **changes: Any) -> Job:
        reason = None if reason is None else self.words(job, reason)
        job, _ = self.ledger.move(job.job_id, state, self.now(), reason=reason, **changes)
        if job.state.is_final:
            self.admission.leave(job)
        return job

    def words(self, job: Job, text: str) -> str:
        """A provider's words about a job, fit to be written down and told: cut, and without its secrets.

        Nobody knows those of a request that is lost, so nothing is told then but that it is.
        """
        try:
            request = self.ledger.requests.get(job.job_id)
        except UnknownJobError:
            return REQUEST_IS_LOST
        return redacted(text, request)[:MAX_REASON]

    def adapter_of(self, job: Job) -> Adapter:
        if job.api is None:
            raise PermanentError(f"{job.job_id} was rejected and never had a provider")
        return self.adapters[job.api]

    def _apply(self, job: Job, seen: Observation) -> Job:
        state = seen.state
        if state is State.CANCELLED and job.stop_cause is not None:
            state = job.stop_cause
        if state is None or (not state.is_final and job.state not in state.predecessors):
            return job
        changes = {"native_status": seen.native, "output": seen.output, "logs": seen.logs}
        known: dict[str, Any] = {name: value[:MAX_TEXT] for name, value in changes.items() if value is not None}
        if state is State.RUNNING and job.pending_limit:
            deadline = int(self.now()) + job.time_limit + self.pace.allowance
            known |= {"deadline": deadline, "due": deadline + 1}
        if state.is_final:
            return self.end(job, state, reason=seen.reason or _default_reason(job, state, seen), **known)
        job, _ = self.ledger.move(job.job_id, state, self.now(), **known)
        return job

    def _give_up(self, job: Job, seen: Observation) -> Job:
        """End a job that was to stop long ago, whose time is over, and of which its provider reports a state
        that is in no table. While it reports a known one, or answers nothing, the job may run on."""
        if seen.is_known or not seen.native:
            return job
        if job.state is not State.CANCELLING or self.now() <= job.deadline:
            return job
        asked_at = datetime.fromisoformat(job.history[-1]["at"]).timestamp()
        if self.now() - asked_at < self.pace.unknown:
            return job
        reason = f"asked to stop, and its provider reports {seen.native!r}, a state that Jobchute does not know"
        return self.end(job, State.FAILED, reason=reason, native_status=seen.native)

    def _ask_to_stop(self, job: Job) -> None:
        try:
            self.adapter_of(job).cancel(job)
        except ProviderError as error:
            self._log_error("stop failed, the sweep asks again", job, error)

    def _log_error(self, what: str, job: Job, error: ProviderError) -> None:
        words = self.words(job, str(error))
        logger.warning(what, job_id=job.job_id, source=job.source.uri, error=words)

    def _job_in(self, event: Document) -> Job | None:
        detail = event.get("detail") or {}
        for spec in SPECS.values():
            if spec.events is None or spec.events.detail_type != event.get("detail-type"):
                continue
            job = self.ledger.queries.by_provider_id(detail.get(spec.events.arn_field) or "-")
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
            return f"stopped because its time limit was over ({seen.native})"
        case _:
            return None
