"""Which jobs wait for which, written on the rows of both: `waitsFor` on the job that waits, `dependents` on the
job that it waits for. `awaits` holds names that no job has yet.
"""

from typing import NamedTuple

from jobchute.errors import TooManyDependentsError
from jobchute.job import OPEN_STATES, Document, Job, State
from jobchute.ledger.items import mark_of
from jobchute.ledger.job_rows import JobRows
from jobchute.ledger.update import Update

MAX_DEPENDENTS = 100


class DependencyRows(NamedTuple):
    """The moves of a job that waits for others. None of them is a move to another state."""

    rows: JobRows
    max_dependents: int = MAX_DEPENDENTS

    def wait_for(self, other_id: str, job_id: str) -> tuple[Job, bool]:
        """Announce another job's end to this one. Returns the other's row, and False if it has ended already.

        Raises UnknownJobError, and TooManyDependentsError if max_dependents others wait for it.
        """
        update = Update(other_id, {})
        update.add("dependents", {job_id})
        condition = f"{update.holds(OPEN_STATES)} AND {update.holds_fewer('dependents', self.max_dependents)}"
        other, is_added = self.rows.update(other_id, update, condition)
        if not is_added and not other.state.is_final and job_id not in other.dependents:
            raise TooManyDependentsError(other_id)
        return other, not other.state.is_final

    def stop_waiting_for(self, job_id: str, other_id: str, *, reason: str) -> tuple[Job, bool]:
        """One of the jobs that a job waits for has ended as wanted. reason: what the job waits for now."""
        update = Update(job_id, {"reason": reason})
        update.delete("waitsFor", {other_id})
        condition = f"{update.holds((State.QUEUED,))} AND {update.contains('waitsFor', other_id)}"
        return self.rows.update(job_id, update, condition)

    def resolve_names(
        self, job: Job, *, after: tuple[Document, ...], awaits: tuple[Document, ...], reason: str
    ) -> tuple[Job, bool]:
        """Names that a job awaits have become jobs, for which it waits from now on.

        after, awaits: all entries, as they are from now on. Returns the row, and False if another look was
        quicker.
        """
        found = {str(entry["job"]) for entry in after[len(job.after) :]}
        update = Update(job.job_id, {"after": after, "awaits": awaits or None, "reason": reason})
        update.add("waitsFor", found)
        update.add("unchecked", found)
        condition = f"{update.holds((State.QUEUED,))} AND {update.equals('awaits', job.awaits)}"
        return self.rows.update(job.job_id, update, condition)

    def schedule_check(self, job: Job, *, due: int, checked: frozenset[str]) -> tuple[Job, bool]:
        """Set the time of the next look at a job. checked: jobs through which no circle leads.

        Returns the row, and False if another look has set it.
        """
        update = Update(job.job_id, {"due": due}, mark=mark_of(job))
        if checked:
            update.delete("unchecked", checked)
        condition = f"{update.holds((State.QUEUED,), attempt=job.attempt)} AND {update.equals('due', job.due)}"
        return self.rows.update(job.job_id, update, condition)
