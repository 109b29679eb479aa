"""How long an attempt waits for capacity before the next alternative is tried.

Patience begins with the first create call that is refused for want of capacity or quota, and where the provider
has created the job, with its submission. It has an end only while an alternative is left.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from jobchute.attempts import Policy, has_alternative
from jobchute.job import Job, State

if TYPE_CHECKING:
    from jobchute.lifecycle.transitions import Transitions


def after_refusal(job: Job, reason: str, transitions: "Transitions", now: float) -> tuple[Job, Job | None]:
    """A job whose create call was refused just now, by the claim that holds it. Returns it with the end of its
    patience, and its row if it has moved to the next alternative. now: epoch seconds.
    """
    if not has_alternative(job):
        return job, None
    if job.patience_until is None:
        return replace(job, patience_until=int(now) + Policy.of(job).patience), None
    if now < job.patience_until:
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


def state_after_stop(job: Job) -> State:
    """The state to come for a job whose time is over: another attempt, if it only waited at its provider."""
    is_impatient = job.state is State.SUBMITTED and job.pending_limit > 0 and has_alternative(job)
    return State.QUEUED if is_impatient else State.TIMED_OUT
