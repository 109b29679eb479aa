"""The status documents of a batch of changes: one for each row, of its newest image."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial

from jobchute.job import Source
from jobchute.ledger.duplicates import not_applied_in
from jobchute.lifecycle.announce import Change
from jobchute.status.answers import Answers
from jobchute.status.documents import duplicate_status_of, status_of

OWN = ""
"""Among a job's duplicates: its own document."""


class BatchDocuments:
    """What is left to write. A document is written at the first change of its row that it shows.

    A batch that comes again begins later or ends earlier, so its newest image of a row may be an older one than
    was written: the records behind it bring the newer ones again.
    """

    def __init__(self, answers: Answers, changes: Iterable[Change]) -> None:
        changes = list(changes)
        self._answers = answers
        self._newest = {change.job.job_id: change.job for change in changes}
        self._left: dict[str, set[str]] = defaultdict(set)
        for change in changes:
            self._left[change.job.job_id] |= _entries_of(change)

    def forget_versions(self) -> None:
        """Read again, at the next document of an object, which version is its newest."""
        self._answers = self._answers.keeping_versions()

    def steps(self, change: Change) -> list[Callable[[], None]]:
        """What writes the documents that show a change and are not written yet, each by itself."""
        job_id = change.job.job_id
        return [
            partial(self._write, job_id, entry) for entry in sorted(_entries_of(change) & self._left[job_id])
        ]

    def _write(self, job_id: str, entry: str) -> None:
        job = self._newest[job_id]
        if entry == OWN:
            self._answers.write(job.source, status_of(job))
        else:
            document = duplicate_status_of(job, not_applied_in(entry))
            self._answers.write(Source.of_entry(entry), document)
        self._left[job_id].discard(entry)


def _entries_of(change: Change) -> frozenset[str]:
    own = frozenset({OWN}) if change.is_shown else frozenset()
    return own | change.duplicates
