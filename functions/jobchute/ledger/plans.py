"""The alternatives of jobs: an item beside a job's row, written before it, whose key digests its content.

So an item has one possible content, and a row names the one that it was accepted with, whatever other documents
have written for the same request.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jobchute.job import Document, canonical, sha256
from jobchute.ledger.items import from_dynamodb, packed, to_dynamodb, unpacked
from jobchute.ledger.job_rows import JobRows, expiry_of
from jobchute.ledger.table import TIME_TO_LIVE

PLAN = "PLAN#"
DIGEST_LENGTH = 16


class Variant(NamedTuple):
    """What one attempt asks for. changes: steps and values, in the order in which they are made.

    rates: as in the row of a job.
    """

    changes: Sequence[Sequence[Any]]
    pool: str | None
    time_limit: int
    pending_limit: int
    rates: Mapping[str, str] | None = None


class PlanRows(NamedTuple):
    """retention: seconds for which an ended job is kept."""

    rows: JobRows
    retention: int

    def keep(self, job_id: str, plan: Sequence[Variant], created_at: str) -> None:
        """Write the variants of a job: the request itself, then its alternatives."""
        item = {"pk": job_id, "sk": f"{PLAN}{name_of(plan)}", "plan": packed([list(each) for each in plan])}
        self.rows.put(to_dynamodb({**item, TIME_TO_LIVE: expiry_of(created_at, self.retention)}))

    def get(self, job_id: str, name: str) -> list[Variant]:
        """Raises UnknownJobError."""
        item = from_dynamodb(self.rows.get(job_id, f"{PLAN}{name}"))
        return [Variant(*each) for each in unpacked(bytes(item["plan"]))]


def name_of(plan: Sequence[Variant]) -> str:
    return sha256(canonical([list(each) for each in plan]))[:DIGEST_LENGTH]


def changed_by(request: Document, variant: Variant) -> dict[str, Any]:
    """The request as the variant has it."""
    from jobchute.requests.matrix import replaced

    new = dict(request)
    for steps, value in variant.changes:
        new = replaced(new, tuple(steps), value)
    return new
