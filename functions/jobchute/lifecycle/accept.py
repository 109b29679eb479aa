"""The life of a request: accepted as a job, rejected, planned, cancelled.

Every step may be delivered twice, late, or die half-way. What makes that harmless: moves are conditional and
forward only (ledger), a job is submitted once (submitting), and the sweep finds what was left lying (sweeping).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, ParamValidationError

from jobchute.errors import TooManyDependentsError, UnknownJobError
from jobchute.job import Job, Source, State, digest_of, iso, job_id_of
from jobchute.ledger.duplicates import not_applied_to
from jobchute.lifecycle.dependencies import Dependencies
from jobchute.lifecycle.failures import is_permanent
from jobchute.lifecycle.looks import Looks
from jobchute.lifecycle.observe import Observer
from jobchute.lifecycle.submit import NEVER_SUBMITTED
from jobchute.pools.limits import QueuePosition, share_of, waiting_in
from jobchute.providers.adapter import ProviderRequest
from jobchute.providers.capacity import capacity_of
from jobchute.requests.document import Submission

logger = Logger(child=True)


class Acceptance(NamedTuple):
    """What became of a request: its job, whether another document had made it, and whether the ledger's row
    remembers this document so that its status document follows.

    not_applied: the keys of a duplicate whose values differ from the job's (jobchute.ledger.duplicates).
    """

    job: Job
    is_duplicate: bool
    is_followed: bool
    not_applied: tuple[str, ...] = ()


class Lifecycle(NamedTuple):
    """fair_by: the label that says whose a job is, where jobs of several wait for their turn.

    looks: asks for the looks of jobs that wait for names; None where the sweep makes them all.
    """

    watcher: Observer
    fair_by: str
    looks: Looks | None = None

    def accept(self, submission: Submission, source: Source) -> Acceptance:
        """Make a job of a valid request, once.

        A repeated delivery makes sure of the next step instead of returning early: the first one may have
        died between any two lines. Raises IdempotencyConflictError, OwnDependencyError and
        TooManyDependentsError.
        """
        dependencies = Dependencies(self.watcher, self.looks)
        job, existing = self.enter(submission, source)
        if existing is None:
            return Acceptance(_set_out(dependencies, job), is_duplicate=False, is_followed=True)
        existing = _set_out(dependencies, existing)
        is_duplicate = existing.source.reference != source.reference
        not_applied = not_applied_to(existing, submission) if is_duplicate else ()
        is_followed = not is_duplicate or self.watcher.ledger.add_duplicate(
            job.job_id, source, not_applied=not_applied
        )
        return Acceptance(existing, is_duplicate=is_duplicate, is_followed=is_followed, not_applied=not_applied)

    def enter(self, submission: Submission, source: Source) -> tuple[Job, Job | None]:
        """Write the job of a valid request into the ledger. Returns it, and the row that was there before it.

        A dry run takes this step too, over a ledger that is only read (jobchute.intake.dry_runs): what the
        request can be refused for belongs here. Raises what `accept` raises.
        """
        job = self._new_job(submission, source)
        if submission.after:
            try:
                job = Dependencies(self.watcher).tied(job, submission.after)
            except TooManyDependentsError:
                existing = self._same_job(job)
                if existing is None:
                    raise
                return job, existing
        self.watcher.ledger.requests.keep(
            job.job_id, job.digest, submission.request, job.created_at, name=job.name
        )
        return job, self.watcher.ledger.add(job)

    def look(self, job_id: str) -> None:
        """Look whether the names that a job waits for are jobs now. Anyone may ask for it, at any time."""
        try:
            job = self.watcher.ledger.get(job_id)
        except UnknownJobError:
            logger.warning("no job has this id; there is nothing to look at", job_id=job_id)
            return
        if job.state is State.QUEUED and job.awaits_until is not None and job.waiting is None:
            _set_out(Dependencies(self.watcher, self.looks), job)

    def plan(self, submission: Submission, source: Source) -> tuple[Job, ProviderRequest]:
        """The job that a request would become, and the provider call it would make. Nothing is written."""
        job = self._new_job(submission, source)
        return job, self.watcher.adapters[submission.api].request_for(job, submission.request)

    def reject(self, job_id: str, source: Source, problems: Iterable[Mapping[str, str]]) -> None:
        """Write down that a document never became a job, and why."""
        now = self.watcher.now()
        found = tuple(problems)
        row = Job(
            job_id=job_id,
            api=None,
            state=State.REJECTED,
            created_at=iso(now),
            updated_at=iso(now),
            source=source,
            reason=reason_of(found),
            problems=found,
            history=({"state": str(State.REJECTED), "at": iso(now)},),
        )
        self.watcher.ledger.add(row)

    def cancel(self, job_id: str, owner: str | None = None) -> Job:
        """Cancel a job wherever it stands. A job that has ended keeps its end.

        owner: of the document that asks for it. Raises UnknownJobError, for another owner's job too.
        """
        job = self.watcher.ledger.get_own(job_id, owner)
        while not job.state.is_final and job.stop_cause is None:
            job, done = self._cancel_in_state(job)
            if done:
                break
        return job

    def _new_job(self, submission: Submission, source: Source) -> Job:
        now = self.watcher.now()
        request, adapter = submission.request, self.watcher.adapters[submission.api]
        job_id = job_id_of(submission.api, request, submission.idempotency_key, source.owner)
        rules = self.watcher.admission.capacity.rules()
        pool = rules.pool_of(submission.api, capacity_of(submission.api, request), submission.labels)
        job = Job(
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
            pool=pool,
            share=share_of(submission.labels, source, self.fair_by),
            priority=submission.priority,
            time_limit=adapter.time_limit(request),
            pending_limit=adapter.pending_limit(request),
            deadline=int(now) + self.watcher.pace.wait_limit,
            history=({"state": str(State.QUEUED), "at": iso(now)},),
        )
        place = str(QueuePosition.of(job))
        return replace(job, waiting=pool, place=place, reason=waiting_in(pool), due=job.deadline + 1)

    def _same_job(self, job: Job) -> Job | None:
        """The job that the request is already: one that was accepted is not rejected for what came later."""
        try:
            existing = self.watcher.ledger.get(job.job_id)
        except UnknownJobError:
            return None
        return existing if existing.digest == job.digest else None

    def _cancel_in_state(self, job: Job) -> tuple[Job, bool]:
        match job.state:
            case State.QUEUED:
                job = self.watcher.end(job, State.CANCELLED, reason=NEVER_SUBMITTED, only_from=(State.QUEUED,))
                return job, job.state.is_final
            case State.SUBMITTING:
                # No attempt may be under way, so the next sweep sees to it.
                return self.watcher.ledger.note(
                    job.job_id,
                    only_in=(State.SUBMITTING,),
                    stop_cause=State.CANCELLED,
                    due=int(self.watcher.now()),
                )
            case _:
                return self.watcher.stop(job, State.CANCELLED), True


def reason_of(problems: Iterable[Mapping[str, str]]) -> str:
    """All problems of a rejection as one text."""
    return "; ".join(": ".join(filter(None, (each["path"], each["message"]))) for each in problems)[:1024]


def _set_out(dependencies: Dependencies, job: Job) -> Job:
    """A job in the ledger is accepted. What keeps it from its first step for good is left to the sweep."""
    try:
        return dependencies.set_out(job)
    except (ClientError, ParamValidationError) as error:
        if not is_permanent(error):
            raise
        logger.exception("a job could not set out, the sweep tries again", job_id=job.job_id)
        watcher = dependencies.watcher
        due = int(watcher.now()) + watcher.pace.lease
        return watcher.ledger.note(job.job_id, only_in=(State.QUEUED,), due=due)[0]
