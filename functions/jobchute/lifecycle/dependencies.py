"""Jobs that wait for other jobs (`after`), and learn of the others' ends by the ledger's stream.

The other job's row lists its dependents. A dependent is added on the condition that the job is still open: so
either the job's last move lists the dependent, or the dependent sees at once how the job ended.

A name that no job has yet is awaited: the waiting job's own later checks (jobchute.lifecycle.name_checks) find
the job of that name, and look for circles that the new edge closes (jobchute.lifecycle.circles). A call may die
after each step of a check. The next check repeats the steps that follow: a name leaves `awaits` in the write
that adds its job to `waitsFor`, and a job enters its pool's queue once both are empty.
"""

from collections.abc import Callable
from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute.errors import TooManyDependentsError, UnknownJobError
from jobchute.job import Job, State
from jobchute.ledger.dependencies import MAX_DEPENDENTS, DependencyRows
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.named_jobs import job_named
from jobchute.lifecycle.admit import Admission
from jobchute.lifecycle.name_checks import (
    GRACE_SECONDS,
    NameChecks,
    is_early,
    seconds_to_next_check,
    waiting_reason,
)
from jobchute.lifecycle.transitions import Transitions
from jobchute.outcomes import Cause

logger = Logger(child=True)


class Dependencies(NamedTuple):
    """now: epoch seconds.

    name_checks: schedules checks of jobs that wait for names; None where the reconciler makes them all.
    """

    ledger: Ledger
    rows: DependencyRows
    admission: Admission
    transitions: Transitions
    now: Callable[[], float]
    name_checks: NameChecks | None = None

    def enqueue_when_ready(self, job: Job) -> Job:
        """The first step of a job, and each check of one that waits: it enters the queue of its pool once the
        jobs before it have ended as it requires. Repeating it does no harm.
        """
        if job.awaits:
            job = self._with_names_found(job)
        unchecked = job.unchecked & job.waits_for
        others = []
        for other_id in sorted(job.waits_for):
            if job.state.is_final:
                break
            try:
                other, is_open = self.rows.wait_for(other_id, job.job_id)
            except TooManyDependentsError:
                job = self._end(job, f"{MAX_DEPENDENTS} jobs already wait for {other_id}")
                break
            if not is_open:
                job = self._stop_waiting_for(job, other)
            elif other_id in unchecked:
                others.append(other)
        if job.awaits_until is not None:
            job = self._finish_check(job, others, unchecked)
        return self.admission.enqueue(job)

    def _with_names_found(self, job: Job) -> Job:
        after, awaits = list(job.after), []
        for entry in job.awaits:
            other = job_named(self.ledger, entry["name"], job.owner)
            if other is None:
                awaits.append(entry)
            else:
                after.append({"job": other.job_id, "on": entry["on"]})
        if len(awaits) == len(job.awaits):
            return job
        found = frozenset(str(entry["job"]) for entry in after[len(job.after) :])
        reason = waiting_reason(job.waits_for | found, tuple(awaits), job.awaits_until)
        return self.rows.resolve_names(job, after=tuple(after), awaits=tuple(awaits), reason=reason)[0]

    def _finish_check(self, job: Job, others: list[Job], checked: frozenset[str]) -> Job:
        """The end of a check: the time of the next one is written, or the job has ended.

        others: jobs that it waits for since one of the last checks.
        """
        from jobchute.lifecycle.circles import circle_of, path_of

        if job.state is not State.QUEUED:
            return job
        circle = circle_of(self.ledger, job, others)
        if circle:
            way_out = "remove one of them from `after`, and send that job with another idempotencyKey"
            return self._end(job, f"jobs wait for each other in a circle, {path_of(circle)}: {way_out}")
        now = self.now()
        if job.awaits and job.awaits_until is not None and now >= job.awaits_until:
            return self._end(job, _never_came(job))
        if not job.awaits:
            # The ends of the other jobs move it on.
            return self._schedule_check(job, job.deadline + 1, checked) if job.waits_for else job
        if is_early(job, now):
            # Edges that were followed are not followed again, however often a check is asked for.
            return self._schedule_check(job, job.due or 0, checked) if checked else job
        delay = seconds_to_next_check(job, now)
        return self._schedule_check(job, int(now) + delay + GRACE_SECONDS, checked, delay=delay)

    def _schedule_check(self, job: Job, due: int, checked: frozenset[str], *, delay: int = 0) -> Job:
        """delay: seconds until the check that a message asks for; 0 for no message."""
        job, is_scheduled = self.rows.schedule_check(job, due=due, checked=checked)
        if is_scheduled and delay and self.name_checks is not None:
            self.name_checks.schedule(job.job_id, delay=delay)
        return job

    def notify_dependents(self, other: Job) -> None:
        """Move the jobs on that wait for this one. Repeating it does no harm.

        An error with one of them does not keep the others waiting: it is raised after all, as a group.
        """
        errors = []
        for job_id in sorted(other.dependents):
            try:
                self._notify(job_id, other)
            except UnknownJobError:
                logger.warning("dependent is gone", job_id=job_id, waited_for=other.job_id)
            except Exception as error:  # noqa: BLE001 - raised below, with the others'
                errors.append(error)
        if errors:
            raise ExceptionGroup(f"{len(errors)} jobs that wait for {other.job_id} could not be told", errors)

    def _notify(self, job_id: str, other: Job) -> None:
        job = self.ledger.get(job_id)
        if job.state is not State.QUEUED or job.create_at:
            return
        if other.job_id in job.waits_for:
            job = self._stop_waiting_for(job, other)
        # An earlier call that wrote this may have died before it enqueued the job.
        self.admission.enqueue(job)

    def _stop_waiting_for(self, job: Job, other: Job) -> Job:
        unwanted = unwanted_end(job, other)
        if unwanted is not None:
            return self._end(job, unwanted, Cause.CANCELLED)
        reason = waiting_reason(job.waits_for - {other.job_id}, job.awaits, job.awaits_until)
        return self.rows.stop_waiting_for(job.job_id, other.job_id, reason=reason)[0]

    def _end(self, job: Job, reason: str, cause: Cause = Cause.INPUT) -> Job:
        return self.transitions.end(job, State.CANCELLED, reason=reason, cause=cause, only_from=(State.QUEUED,))


def unwanted_end(job: Job, other: Job) -> str | None:
    """Why a job cannot run after another one that has ended; None where it can."""
    entries = (entry["on"] for entry in job.after if entry["job"] == other.job_id)
    # A job may be named twice, by its key and by its id.
    wanted = next((ends for ends in entries if other.state not in ends), None)
    if wanted is None:
        return None
    return f"{other.job_id} ended {other.state}, but this job runs only after {' or '.join(wanted)}"


def _never_came(job: Job) -> str:
    names = ", ".join(repr(entry["name"][:100]) for entry in job.awaits[:3])
    more = f" and {len(job.awaits) - 3} more" if len(job.awaits) > 3 else ""
    way_out = f"check the names, send those jobs, then run: jobchute retry {job.job_id}"
    return f"no job with the id or idempotency key {names}{more} was submitted within an hour: {way_out}"
