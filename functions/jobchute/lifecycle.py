"""The story of a job: accept, dispatch, observe, reconcile, cancel.

Every step may be delivered twice, late, or die half-way. What makes that harmless stands in three places: moves
are conditional and forward only (ledger), the intention to submit is written before the provider is called
(`dispatch`), and whoever finds such an intention looks for the job before creating one (`_create_or_adopt`).
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger

from jobchute.errors import (
    AmbiguousError,
    NameTakenError,
    NotFoundError,
    PermanentError,
    ProviderError,
    RefusedError,
)
from jobchute.executions import Starter
from jobchute.job import Api, Document, Job, Source, State, digest_of, iso, job_id_of
from jobchute.ledger import Ledger
from jobchute.pace import Pace
from jobchute.providers import BACKENDS
from jobchute.providers.adapter import Adapter, Call, Observation, Seen
from jobchute.requests.document import Submission

logger = Logger(child=True)

SUBMITTED_STATES = (State.SUBMITTED, State.RUNNING, State.CANCELLING)
NEVER_SUBMITTED = "stopped before it was submitted"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What became of a request: its job, whether another document had made it, and whether the ledger's row
    remembers this document so that its status document follows."""

    job: Job
    is_duplicate: bool
    is_followed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """The steps over one ledger. now: epoch seconds; every time and wait comes from it and from pace."""

    ledger: Ledger
    adapters: Mapping[Api, Adapter]
    executions: Starter
    pace: Pace
    now: Callable[[], float]

    def accept(self, submission: Submission, source: Source) -> Acceptance:
        """Make a job of a valid request, once.

        A repeated delivery makes sure of the next step instead of returning early: the first one may have
        died between any two lines. Raises IdempotencyConflictError.
        """
        job = self._new_job(submission, source)
        self.ledger.keep_request(job.job_id, job.digest, submission.request, job.created_at)
        existing = self.ledger.add(job)
        if existing is None:
            self.executions.start(job)
            return Acceptance(job, is_duplicate=False, is_followed=True)
        if existing.state is State.QUEUED:
            self.executions.start(existing)
        is_duplicate = existing.source.reference != source.reference
        is_followed = not is_duplicate or self.ledger.add_duplicate(job.job_id, source)
        return Acceptance(existing, is_duplicate=is_duplicate, is_followed=is_followed)

    def plan(self, submission: Submission, source: Source) -> tuple[Job, Call]:
        """The job that a request would become, and the provider call it would make. Nothing is written."""
        job = self._new_job(submission, source)
        return job, self.adapters[submission.api].request_for(job, submission.request)

    def reject(self, job_id: str, source: Source, problems: Iterable[Mapping[str, str]]) -> None:
        """Write down that a document never became a job, and why."""
        now = self.now()
        found = tuple(problems)
        reason = "; ".join(": ".join(filter(None, (p["path"], p["message"]))) for p in found)[:1024]
        row = Job(
            job_id=job_id,
            api=None,
            state=State.REJECTED,
            created_at=iso(now),
            updated_at=iso(now),
            source=source,
            reason=reason,
            problems=found,
            history=({"state": str(State.REJECTED), "at": iso(now)},),
        )
        self.ledger.add(row)

    def dispatch(self, job_id: str, attempt_id: str, task_token: str | None = None) -> Job:
        """Submit the job, unless that is done, or another attempt is at it.

        attempt_id: unique to this call. task_token: of the execution that waits for the job's end.
        """
        now = self.now()
        changes: dict[str, Any] = {} if task_token is None else {"task_token": task_token}
        # A create call that was sent in time may land late: the claim outlives the function by `settle`.
        until = int(now) + self.pace.lease + self.pace.settle
        job, is_ours = self.ledger.claim(
            job_id, attempt_id=attempt_id, until=until, now=now, due=until, **changes
        )
        if is_ours:
            return self._submit(job)
        if task_token is not None:
            job, _ = self.ledger.note(job_id, only_in=tuple(State), task_token=task_token)
        return job

    def observe(self, job: Job) -> Job:
        """Read the truth from the provider and move the job accordingly. Raises ProviderError."""
        if job.state not in SUBMITTED_STATES:
            return job
        return self._apply(job, self._adapter(job).observe(job))

    def observe_event(self, event: Document) -> Job | None:
        """Look at the job that a provider's event is about; None for a job that is not ours.

        The event is a nudge: nothing but the job's handle is taken from it.
        """
        job = self._job_in(event)
        return None if job is None else self.observe(job)

    def cancel(self, job_id: str) -> Job:
        """Cancel a job wherever it stands. A job that has ended keeps its end. Raises UnknownJobError."""
        job = self.ledger.get(job_id)
        while not job.state.is_final and job.stop_cause is None:
            job, done = self._cancel_in_state(job)
            if done:
                break
        return job

    def expire(self, job_id: str) -> Job:
        """What an execution asks for when its wait is over: stop what is past its time limit."""
        job = self.ledger.get(job_id)
        return self._look_after(job, self._seen(job)) if job.state in SUBMITTED_STATES else job

    def reconcile(self, attempt_id: str, *, time_left: Callable[[], float]) -> int:
        """Look after the open jobs that are due. Returns how many; stops when time is short.

        Submitted jobs come first: they cost money. What one job's look-up or submission raises is logged and
        keeps no other job from its turn; that job stays due.
        """
        due = list(itertools.islice(self.ledger.due(self.now()), self.pace.most_jobs_a_sweep))
        count = 0
        for turn in itertools.chain(self._watching(due), self._pushing(due, attempt_id)):
            if time_left() < self.pace.spare_seconds:
                break
            try:
                turn()
            except Exception:
                logger.exception("a job could not be looked after, the next sweep tries again")
            count += 1
        return count

    def _watching(self, jobs: Iterable[Job]) -> Iterator[Callable[[], object]]:
        """One turn for each submitted job, with a look-up of all of an API's jobs where that is one call."""
        submitted: dict[Api, list[Job]] = defaultdict(list)
        for job in jobs:
            if job.api is not None and job.state in SUBMITTED_STATES:
                submitted[job.api].append(job)
        for api, of_api in submitted.items():
            for job, seen in self._observe_many(api, of_api):
                yield partial(self._look_after, job, seen)

    def _observe_many(self, api: Api, jobs: list[Job]) -> Iterator[Seen]:
        try:
            yield from self.adapters[api].observe_many(jobs)
        except Exception:
            logger.exception("jobs could not be looked up, the next sweep tries again", api=api)

    def _pushing(self, jobs: Iterable[Job], attempt_id: str) -> Iterator[Callable[[], object]]:
        for job in jobs:
            if job.state not in SUBMITTED_STATES:
                yield partial(self._push, job, attempt_id)

    def _new_job(self, submission: Submission, source: Source) -> Job:
        now = self.now()
        request, adapter = submission.request, self.adapters[submission.api]
        job_id = job_id_of(submission.api, request, submission.idempotency_key)
        return Job(
            job_id=job_id,
            api=submission.api,
            state=State.QUEUED,
            created_at=iso(now),
            updated_at=iso(now),
            source=source,
            name=adapter.name_of(job_id, request),
            digest=digest_of(submission.api, request),
            idempotency_key=submission.idempotency_key,
            retry_of=submission.retry_of,
            labels=submission.labels,
            time_limit=adapter.time_limit(request),
            deadline=int(now) + self.pace.wait_limit,
            due=int(now) + self.pace.lease,
            history=({"state": str(State.QUEUED), "at": iso(now)},),
        )

    def _submit(self, job: Job) -> Job:
        try:
            provider_id = self._create_or_adopt(job)
        except AmbiguousError as error:
            return self._put_off(job, error, attempt_until=job.attempt_until)
        except RefusedError as error:
            return self._put_off(job, error, attempt_until=0)
        except PermanentError as error:
            return self._end(job, State.FAILED, reason=str(error))
        if provider_id is None:
            return self._end(job, job.stop_cause or State.CANCELLED, reason=NEVER_SUBMITTED)
        now = self.now()
        job, _ = self.ledger.move(
            job.job_id,
            State.SUBMITTED,
            now,
            provider_id=provider_id,
            deadline=int(now) + job.time_limit + self.pace.allowance,
            due=self._next_look(job, now),
            attempt_id=None,
            reason=None,
        )
        # A cancel that came while the provider was called could only leave its wish on the row.
        return self._stop(job, job.stop_cause) if job.stop_cause else job

    def _create_or_adopt(self, job: Job) -> str | None:
        """The job's provider id; None where a cancelled job turned out not to exist there."""
        adapter = self._adapter(job)
        request = self.ledger.request(job.job_id)
        # Only the very first attempt can know that nothing was sent before it.
        found = self._find(job, request) if job.attempts > 1 else None
        if found is not None or job.stop_cause is not None:
            return found
        try:
            return adapter.submit(adapter.request_for(job, request))
        except PermanentError as error:
            is_conflict = isinstance(error, NameTakenError) or error.code == "ConflictException"
            found = self._find(job, request) if is_conflict else None
            if found is None:
                raise
            return found

    def _find(self, job: Job, request: Document) -> str | None:
        """As the adapter's; but a refused look-up proves nothing, so it never ends a job that may exist."""
        try:
            return self._adapter(job).find(job, request)
        except NameTakenError:
            raise
        except PermanentError as error:
            raise AmbiguousError(error.message, code=error.code) from error

    def _put_off(self, job: Job, error: ProviderError, *, attempt_until: int) -> Job:
        """Come back later: the attempt is given up at once where nothing was created, else it runs out."""
        now = self.now()
        due = max(attempt_until, int(now + self.pace.backoff(job.attempts)))
        job, _ = self.ledger.note(
            job.job_id,
            only_in=(State.SUBMITTING,),
            attempt_until=attempt_until,
            due=due,
            reason=f"waiting after {error}"[:1024],
        )
        return job

    def _cancel_in_state(self, job: Job) -> tuple[Job, bool]:
        match job.state:
            case State.QUEUED:
                return self.ledger.move(
                    job.job_id,
                    State.CANCELLED,
                    self.now(),
                    only_from=(State.QUEUED,),
                    reason=NEVER_SUBMITTED,
                )
            case State.SUBMITTING:
                return self.ledger.note(job.job_id, only_in=(State.SUBMITTING,), stop_cause=State.CANCELLED)
            case _:
                return self._stop(job, State.CANCELLED), True

    def _stop(self, job: Job, cause: State) -> Job:
        """Write the intention, then ask the provider; the sweep asks again until the job has ended."""
        now = self.now()
        job, _ = self.ledger.move(
            job.job_id, State.CANCELLING, now, stop_cause=cause, due=int(now) + self.pace.lease
        )
        if job.state is State.CANCELLING:
            self._ask_to_stop(job)
        return job

    def _ask_to_stop(self, job: Job) -> None:
        try:
            self._adapter(job).cancel(job)
        except ProviderError as error:
            logger.warning("stop failed, the sweep asks again", job_id=job.job_id, error=str(error))

    def _push(self, job: Job, attempt_id: str) -> None:
        """Move on a job that was not submitted yet."""
        if self.now() > job.deadline and job.stop_cause is None:
            changes = {"stop_cause": State.TIMED_OUT}
            job, _ = self.ledger.note(job.job_id, only_in=(State.QUEUED, State.SUBMITTING), **changes)
        if job.state is State.QUEUED and job.stop_cause is None and self.executions.start(job):
            self.ledger.note(job.job_id, due=int(self.now()) + self.pace.lease)
            return
        self.dispatch(job.job_id, attempt_id)

    def _seen(self, job: Job) -> Observation | ProviderError:
        try:
            return self._adapter(job).observe(job)
        except ProviderError as error:
            return error

    def _look_after(self, job: Job, seen: Observation | ProviderError) -> Job:
        """Apply what was seen of a submitted job; stop it if its time is over; say when to look again."""
        now = self.now()
        if isinstance(seen, Observation):
            job = self._apply(job, seen)
        else:
            logger.warning("look-up failed", job_id=job.job_id, error=str(seen))
        if isinstance(seen, NotFoundError) and now > job.deadline:
            job = self._end(job, State.FAILED, reason=f"the provider no longer knows this job: {seen.message}")
        if job.state.is_final:
            return job
        self.ledger.note(job.job_id, due=self._next_look(job, now))
        if job.state is State.CANCELLING:
            self._ask_to_stop(job)
        elif job.stop_cause is not None or now > job.deadline:
            job = self._stop(job, job.stop_cause or State.TIMED_OUT)
        return job

    def _apply(self, job: Job, seen: Observation) -> Job:
        state = seen.state
        if state is State.CANCELLED and job.stop_cause is not None:
            state = job.stop_cause
        if state is None or (not state.is_final and job.state not in state.predecessors):
            return job
        changes = {"native_status": seen.native, "output": seen.output, "logs": seen.logs}
        known: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
        if state.is_final:
            return self._end(job, state, reason=seen.reason or _default_reason(job, state, seen), **known)
        now = self.now()
        job, _ = self.ledger.move(job.job_id, state, now, due=self._next_look(job, now), **known)
        return job

    def _end(self, job: Job, state: State, *, reason: str | None, **changes: Any) -> Job:
        reason = None if reason is None else reason[:1024]
        job, _ = self.ledger.move(job.job_id, state, self.now(), reason=reason, **changes)
        return job

    def _next_look(self, job: Job, now: float) -> int:
        has_events = job.api is not None and BACKENDS[job.api].events is not None
        return int(now) + self.pace.silence(job, now, has_events=has_events)

    def _job_in(self, event: Document) -> Job | None:
        detail = event.get("detail") or {}
        for backend in BACKENDS.values():
            if backend.events is None or backend.events.detail_type != event.get("detail-type"):
                continue
            job = self.ledger.by_provider_id(detail.get(backend.events.arn_field) or "-")
            if job is not None:
                return job
        return None

    def _adapter(self, job: Job) -> Adapter:
        if job.api is None:
            raise PermanentError(f"{job.job_id} was rejected and never had a provider")
        return self.adapters[job.api]


def _default_reason(job: Job, state: State, seen: Observation) -> str | None:
    match state:
        case State.FAILED:
            return f"the provider reports {seen.native} and gives no reason"
        case State.CANCELLED if job.stop_cause is not None:
            return f"cancelled on request ({seen.native})"
        case State.CANCELLED:
            return f"stopped at its provider, not by Jobchute ({seen.native})"
        case State.TIMED_OUT:
            return f"stopped because its time limit was over ({seen.native})"
        case _:
            return None
