"""Changing the priority and the labels of a job that waits, on request."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jobchute.job import Job, iso
from jobchute.ledger.job_changes import ChangeRows, waits
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.label_pointers import point_from_labels
from jobchute.ledger.pools import PoolRows
from jobchute.lifecycle.admit import Admission
from jobchute.lifecycle.label_changes import LabelChanges
from jobchute.problems import Problem
from jobchute.requests.submission import Setting


class Changed(NamedTuple):
    """The job as it is now. changed: what the document has changed: `priority`, `labels`. problems: why nothing
    was changed; empty for a job that waits no more, too.
    """

    job: Job
    changed: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


class JobChanger(NamedTuple):
    """now: epoch seconds."""

    ledger: Ledger
    rows: PoolRows
    admission: Admission
    labels: LabelChanges
    now: Callable[[], float]

    def change(self, job_id: str, setting: Setting, *, owner: str | None, document: str) -> Changed:
        """Change a job that waits. A job whose turn has come, or that has ended, stays as it is.

        owner: of the document that asks for it. document: its reference; a document is applied once, and what
        comes after its write is repeated with it. Raises UnknownJobError, for another owner's job too.
        """
        job = self.ledger.get_own(job_id, owner)
        while True:
            applied = next((each for each in job.changes if each["document"] == document), None)
            if applied is not None:
                return self._finished(job, applied)
            if not waits(job):
                return Changed(job)
            entry = self._entry(job, setting, document)
            problems = self.labels.problems(job, entry["labels"]) if "labels" in entry else []
            if problems or not _changed_by(entry):
                return Changed(job, problems=tuple(problems))
            job = self._write(job, entry)

    def _entry(self, job: Job, setting: Setting, document: str) -> dict[str, Any]:
        """What the document changes, as an entry of `Job.changes`."""
        entry: dict[str, Any] = {"at": iso(self.now()), "document": document}
        if setting.priority not in (None, job.priority):
            entry |= {"priority": setting.priority, "priorityBefore": job.priority}
        labels = {name: value for name, value in setting.labels.items() if job.labels.get(name) != value}
        return entry | ({"labels": labels} if labels else {})

    def _write(self, job: Job, entry: Mapping[str, Any]) -> Job:
        """Try to write a change. Returns the row, which shows the entry if it was written."""
        if job.waiting is not None and "priority" in entry:
            # The index shows the job at its new place a moment later: until then, its queue may look empty.
            self.rows.mark_queue(job.waiting, now=int(self.now() * 1000))
        labels = {**job.labels, **entry.get("labels", {})}
        priority = entry.get("priority", job.priority)
        return ChangeRows(self.ledger.rows).write(job, entry, priority=priority, labels=labels)[0]

    def _finished(self, job: Job, entry: Mapping[str, Any]) -> Changed:
        """What follows the write: it is repeated if the call that wrote it has died."""
        if "labels" in entry:
            point_from_labels(self.ledger.rows, job, None, retention=self.ledger.retention)
        if job.waiting is not None and "priority" in entry:
            self.admission.admit_next(job.waiting, enqueued=job)
        return Changed(job, _changed_by(entry))


def _changed_by(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in ("priority", "labels") if name in entry)
