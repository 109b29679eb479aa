"""Jobs in several attempts, to hold the documentation against what is printed of them."""

from dataclasses import replace
from typing import Any

from jobchute.attempts import Policy, ended, next_name
from jobchute.job import Job, State, iso
from jobchute.ledger.plans import Variant, name_of
from jobchute.outcomes import Cause
from tests.builders import NOW, a_job

PLAN = [
    Variant([[["ResourceConfig", "InstanceType"], each]] if each else [], None, 3600, 3600)
    for each in ("", "ml.m5.2xlarge", "ml.m4.2xlarge")
]
"""The request and its alternatives, as the ledger has them."""
MOVES = (State.QUEUED, State.SUBMITTING, State.SUBMITTED, State.RUNNING)
ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job"


def tried_job(label: str, *, attempts: int = 3, **changes: Any) -> Job:
    """A job in its newest attempt, which runs with an alternative; those before it found no capacity.

    changes: of the job then.
    """
    policy = Policy(attempts, on=(Cause.CAPACITY,), alternatives=attempts - 1, plan=name_of(PLAN))
    job = _submitted(a_job(label, retry=policy.as_attribute()), NOW)
    for number in range(2, attempts + 1):
        at = NOW + 100 * number
        kept = ended(job, State.FAILED, Cause.CAPACITY, "no capacity", at=iso(at))
        past, name = (*job.past, kept), next_name(job)
        job = _submitted(replace(job, past=past, attempt=number, alternative=number - 1, name=name), at)
    return replace(job, **changes)


def between_attempts(label: str) -> Job:
    """A job that waits for the time of its second attempt."""
    moves = ({"state": str(State.QUEUED), "at": iso(NOW + 200), "reason": "attempt 2 of 2"},)
    waiting = {"state": State.QUEUED, "provider_id": None, "history": moves, "retry_at": NOW + 500}
    return tried_job(label, attempts=2, **waiting)


def _submitted(job: Job, since: int) -> Job:
    moves = tuple(
        {"state": str(state), "at": iso(since + n + 0.5), "reason": "why"} for n, state in enumerate(MOVES)
    )
    return replace(job, state=State.RUNNING, provider_id=f"{ARN}/{job.name}", history=moves)
