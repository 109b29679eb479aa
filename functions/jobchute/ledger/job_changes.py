"""Changes of a job that waits: its priority, with its place in its pool's queue, and its labels."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from jobchute.job import Job, State
from jobchute.ledger.job_rows import JobRows
from jobchute.ledger.update import Update
from jobchute.pools.limits import QueuePosition

MAX_CHANGES = 5
"""Changes that a row keeps, the latest: labels and names of documents may be long."""


def waits(job: Job) -> bool:
    """Whether a job waits: in its pool's queue, or for what comes before that. A job whose turn has come, or
    that is being cancelled, does not.
    """
    if job.pool is None or job.create_at or job.stop_cause is not None:
        return False
    return job.state is State.QUEUED or (job.state is State.SUBMITTING and job.waiting is not None)


class ChangeRows(NamedTuple):
    """Conditional writes of jobs' own rows."""

    rows: JobRows

    def write(
        self, job: Job, entry: Mapping[str, Any], *, priority: int, labels: Mapping[str, str]
    ) -> tuple[Job, bool]:
        """Change a job that waits, if it waits as it did when it was read and nothing else has changed it.
        Returns the row and whether this call changed it.

        entry: of `Job.changes`. The priority and the job's place in the queue are changed in one write, so the
        queue never holds a place of another priority than the row's. An admission takes the job out of the
        queue before this write, which is refused then, or after it.
        """
        changes: dict[str, Any] = {
            "priority": priority,
            "labels": dict(labels),
            "changes": [*job.changes, entry][-MAX_CHANGES:],
        }
        if job.waiting is not None:
            changes["place"] = str(QueuePosition.of(replace(job, priority=priority)))
        update = Update(job.job_id, changes)
        conditions = (
            update.holds((job.state,), attempt=job.attempt),
            f"NOT {update.has_turn()}",
            update.lacks("stopCause"),
            update.is_still("waiting", job.waiting),
            update.is_still("changes", [*job.changes]),
        )
        return self.rows.update(job.job_id, update, " AND ".join(conditions))
