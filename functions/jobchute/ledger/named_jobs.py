"""Jobs by what people call them: an id, or an idempotency key."""

from jobchute.errors import UnknownJobError
from jobchute.job import Job, ids_named
from jobchute.ledger.jobs import Ledger


def job_named(ledger: Ledger, target: str, owner: str | None) -> Job | None:
    """An owner's own job by its id or idempotency key; None if there is none."""
    for job_id in ids_named(target, owner):
        job = job_or_none(ledger, job_id)
        if job is not None and job.owner == owner:
            return job
    return None


def job_or_none(ledger: Ledger, job_id: str) -> Job | None:
    """The row of a job; None if the ledger has none."""
    try:
        return ledger.get(job_id)
    except UnknownJobError:
        return None
