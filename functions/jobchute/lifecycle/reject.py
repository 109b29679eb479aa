"""Documents that never become a job: the row that says so, and why."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from jobchute.job import Job, Source, State, iso
from jobchute.ledger.jobs import Ledger
from jobchute.outcomes import Cause

NO_OWNER = "NO_OWNER"
"""The code of the only problem that says nothing about a document, but about who sent it."""


class Rejecter(NamedTuple):
    """now: epoch seconds."""

    ledger: Ledger
    now: Callable[[], float]

    def reject(self, job_id: str, source: Source, problems: Iterable[Mapping[str, str]]) -> None:
        """Write the row of a rejected document."""
        self.ledger.add(self.row_of(job_id, source, problems))

    def row_of(self, job_id: str, source: Source, problems: Iterable[Mapping[str, str]]) -> Job:
        """The row of a document that is rejected now."""
        now = self.now()
        found = tuple(problems)
        return Job(
            job_id=job_id,
            api=None,
            state=State.REJECTED,
            created_at=iso(now),
            updated_at=iso(now),
            source=source,
            reason=reason_of(found),
            cause=cause_of(found),
            problems=found,
            history=({"state": str(State.REJECTED), "at": iso(now)},),
        )


def cause_of(problems: Iterable[Mapping[str, str]]) -> Cause:
    """The cause of a rejection."""
    return Cause.PERMISSION if any(each["code"] == NO_OWNER for each in problems) else Cause.INPUT


def reason_of(problems: Iterable[Mapping[str, str]]) -> str:
    """All problems of a rejection as one text."""
    return "; ".join(": ".join(filter(None, (each["path"], each["message"]))) for each in problems)[:1024]
