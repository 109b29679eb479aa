"""Jobs that are in flight without a lease: the row of their pool was lost, or removed."""

from collections.abc import Mapping

from jobchute.job import Job
from jobchute.ledger.pools import PoolRow, PoolRows

Pools = Mapping[str, PoolRow]
"""The rows of all pools, by name, as one reconciliation has read them."""


def lacks_lease(job: Job, pools: Pools) -> bool:
    """Whether a job is in flight without a lease."""
    if job.pool is None or job.waiting is not None or job.state.is_final:
        return False
    return job.pool not in pools or job.job_id not in pools[job.pool].leases


def restore_lease(rows: PoolRows, job: Job, pools: Pools) -> None:
    """Give a job that is in flight its lease back, and its pool a row, if they are missing."""
    if job.pool is None or not lacks_lease(job, pools):
        return
    if job.pool not in pools:
        rows.get(job.pool)
    rows.leases.restore(job.pool, job.job_id, share=job.share, at=job.create_at)
