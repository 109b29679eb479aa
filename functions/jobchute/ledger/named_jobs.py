"""Jobs by what people call them: an id, or an idempotency key."""

from jobchute.errors import UnknownJobError
from jobchute.job import Job, job_id_for_key
from jobchute.ledger.jobs import Ledger

ID_PREFIXES = ("jc-", "rj-")


def ids_named(target: str, owner: str | None) -> list[str]:
    """The ids that a target may stand for: itself where it looks like an id, and the id of an owner's key."""
    of_key = job_id_for_key(target, owner)
    return [target, of_key] if target.startswith(ID_PREFIXES) else [of_key]


def job_named(ledger: Ledger, target: str, owner: str | None) -> Job | None:
    """An owner's own job by its id or idempotency key; None where there is none."""
    for job_id in ids_named(target, owner):
        job = job_or_none(ledger, job_id)
        if job is not None and job.owner == owner:
            return job
    return None


def job_or_none(ledger: Ledger, job_id: str) -> Job | None:
    """The row of a job; None where the ledger has none."""
    try:
        return ledger.get(job_id)
    except UnknownJobError:
        return None
