"""Documents of old objects: anyone can have an old object read again, and it must not become a second job."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from jobchute.errors import UnknownJobError
from jobchute.job import Source, job_id_of, rejection_id_of
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.object_order import modified_at
from jobchute.problems import Problem
from jobchute.requests.submission import Submission

DAY = 24 * 3600
OLD_SECONDS = 3600
"""So long after its upload, a notification of an object is hardly the first one."""


class OldObjects(NamedTuple):
    """retention: seconds for which the ledger keeps an ended job. now: epoch seconds."""

    ledger: Ledger
    retention: int
    now: Callable[[], float]

    def rejection_of(self, submission: Submission, source: Source) -> str | Problem | None:
        """The id of the document's earlier rejection, or why it is rejected now; None where it is accepted like
        any other.

        A rejection stays one, even if the document would pass now. An object that is older than what the ledger
        remembers may have been a job.
        """
        uploaded_at = modified_at(source)
        age = 0.0 if uploaded_at is None else self.now() - uploaded_at
        if age < OLD_SECONDS:
            return None
        rejection_ids = [rejection_id_of(source), rejection_id_of(replace(source, combination=None))]
        known = next(filter(self._is_known, rejection_ids), None)
        if known is not None:
            return known
        job_id = job_id_of(submission.api, submission.request, submission.idempotency_key, source.owner)
        if age < self.retention or self._is_known(job_id):
            return None
        days = self.retention // DAY
        rule = f"this object was uploaded more than {days} days ago; upload it again to run it"
        return Problem("", "TOO_OLD", rule)

    def _is_known(self, job_id: str) -> bool:
        try:
            self.ledger.get(job_id)
        except UnknownJobError:
            return False
        return True
