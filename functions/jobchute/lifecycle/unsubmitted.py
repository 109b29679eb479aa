"""The causes of ends of jobs that were never submitted. Pure."""

from jobchute.job import Job, State
from jobchute.outcomes import Cause
from jobchute.providers.refusals import cause_of_wait


def cause_of_unsubmitted(job: Job, state: State) -> Cause:
    """state: in which it ends. Where its time to wait was over, the last refusal of its provider says why."""
    if state is not State.TIMED_OUT:
        return Cause.CANCELLED
    if not job.refused:
        return Cause.TIMED_OUT
    last = job.refused[-1]
    return cause_of_wait(last["kind"], last["code"])
