"""Announcing a job again: its moves, its status documents, its execution's end, the jobs that wait for it.

A write to the row makes the ledger's stream announce everything again, each event under the id that it had.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from jobchute.errors import UnknownJobError
from jobchute.job import Job, State, iso
from jobchute.ledger.jobs import Ledger

MIN_SECONDS_BETWEEN = 3600
"""The stream may not have reached the last repetition yet."""
MAX_SECONDS_BETWEEN = 6 * 3600
"""Well below the 24 hours for which a stream keeps a record: even if the stream stood still, the last
repetition is still in it when it continues."""


class Reteller(NamedTuple):
    """now: epoch seconds."""

    ledger: Ledger
    now: Callable[[], float]

    def retell_by_id(self, job_id: str) -> bool:
        """Announce a job again. Returns False if that was done lately; a row that is gone needs nothing."""
        try:
            return self.retell(self.ledger.get(job_id))
        except UnknownJobError:
            return True

    def retell(self, job: Job) -> bool:
        """As retell_by_id. The waits between two times double, from one hour to six."""
        now = self.now()
        last = 0.0 if job.retold_at is None else datetime.fromisoformat(job.retold_at).timestamp()
        if now - last < seconds_between(job.retold):
            return False
        self.ledger.note(
            job.job_id, attempt=None, only_in=tuple(State), retold=job.retold + 1, retold_at=iso(now)
        )
        return True


def seconds_between(retold: int) -> int:
    """How long to wait before a job that was announced again so often is announced once more."""
    doublings = min(max(retold - 1, 0), 10)
    return min(MIN_SECONDS_BETWEEN << doublings, MAX_SECONDS_BETWEEN)
