"""How long an attempt waits for capacity before the next alternative is tried.

Patience begins with the first create call that is refused for want of capacity or quota, and where the provider
has created the job, with its submission. It has an end only while an alternative is left.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jobchute.attempts import Policy, begins_until, has_alternative
from jobchute.job import Job, State
from jobchute.lifecycle.timing import Timing, may_be_hidden, moved_at

if TYPE_CHECKING:
    from jobchute.lifecycle.transitions import Transitions
    from jobchute.providers.adapter import Observation


def after_refusal(
    job: Job, reason: str, transitions: "Transitions", now: float, timing: Timing
) -> tuple[Job, Job | None]:
    """A job whose create call was refused just now, by the claim that holds it. Returns it with the end of its
    patience, and its row if it has moved to the next alternative. now: epoch seconds.

    If an earlier call may have created the job, its provider must have had time to show it.
    """
    if not has_alternative(job):
        return job, None
    if job.patience_until is None:
        return replace(job, patience_until=int(now) + Policy.of(job).patience), None
    if now < job.patience_until or may_be_hidden(job, now, timing.hidden):
        return job, None
    return job, transitions.try_alternative(job, reason, held_by=job.attempt_id)


def is_over(job: Job, now: float) -> bool:
    """Whether a job that waits in its pool's queue after refusals has waited long enough, and nothing of its
    attempt can exist: every claim of it was refused.
    """
    if job.patience_until is None or job.waiting is None or job.stop_cause is not None:
        return False
    return now >= job.patience_until and job.refusals == job.attempts


def wait_at_provider(job: Job, now: float) -> int | None:
    """Until when a job that is submitted now may wait at its provider, in epoch seconds; None if patience does
    not matter.
    """
    tells_waiting = job.pending_limit > 0
    return int(now) + Policy.of(job).patience if tells_waiting and has_alternative(job) else None


def cause_of_stop(job: Job, seen: "Observation | None", now: float, timing: Timing) -> State | None:
    """The state to come for a job that its provider has, and whose deadline is over.

    If it was that of its patience, the job is stopped for its next attempt only if its provider has just said
    that it waits, and while the next one may begin: else None, until the job's own limit for that is over too.
    seen: None if the look-up failed.
    """
    is_patient = job.state is State.SUBMITTED and job.pending_limit > 0 and has_alternative(job)
    if not is_patient or now > waits_until(job, timing):
        return State.TIMED_OUT
    is_waiting = seen is not None and seen.state is State.SUBMITTED
    return State.QUEUED if is_waiting and now + timing.allowance < begins_until(job) else None


def next_look(job: Job, seen: "Observation | None", now: float, timing: Timing) -> dict[str, Any]:
    """What to write of a job whose patience is over but that is not known to wait: another look soon if this
    one failed (None), else new patience, as it may wait again, within the job's own limit for that.
    """
    if seen is None:
        return {"due": int(now) + timing.lease}
    until = min(int(now) + Policy.of(job).patience, waits_until(job, timing))
    return {"deadline": until, "due": until + 1}


def deadline_of_stop(job: Job, cause: State, now: float, timing: Timing) -> dict[str, Any]:
    """What a stop writes of the deadline of a job that waits at its provider: it was that of its patience."""
    if cause is State.QUEUED:
        return {"deadline": int(now) + timing.allowance}
    is_patient = job.state is State.SUBMITTED and wait_at_provider(job, now) is not None
    return {"deadline": waits_until(job, timing)} if is_patient else {}


def waits_until(job: Job, timing: Timing) -> int:
    """Until when a submitted job may wait at its provider if it has no patience, in epoch seconds."""
    return int(moved_at(job)) + job.pending_limit + timing.allowance
