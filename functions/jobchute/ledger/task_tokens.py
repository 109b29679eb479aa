"""The task tokens of executions, as items beside a job's row, which stays small.

A token has some 1,000 characters, and every write of an item costs by the item's size. Each try of an
execution's task has a token and an item of its own: a write that takes effect late replaces none that came
after it. All of them are answered at the job's end; Step Functions refuses those of tries that are over. The
ledger's stream announces none of these items.
"""

from typing import NamedTuple

from jobchute.job import iso, sha256
from jobchute.ledger.items import from_dynamodb, to_dynamodb
from jobchute.ledger.job_rows import JobRows, expiry_of
from jobchute.ledger.table import TIME_TO_LIVE

TOKEN = "TOKEN#"
DIGEST_LENGTH = 16


class TaskTokenRows(NamedTuple):
    """retention: seconds for which an ended job is kept."""

    rows: JobRows
    retention: int

    def keep(self, job_id: str, task_token: str, now: float) -> None:
        """Remember a token of the job's execution."""
        key = {"pk": job_id, "sk": f"{TOKEN}{sha256(task_token)[:DIGEST_LENGTH]}"}
        expiry = expiry_of(iso(now), self.retention)
        self.rows.put(to_dynamodb({**key, "taskToken": task_token, TIME_TO_LIVE: expiry}))

    def all(self, job_id: str) -> list[str]:
        """The tokens to answer at the job's end, read consistently; empty if no execution waits for it."""
        return [str(from_dynamodb(item)["taskToken"]) for item in self.rows.beginning(job_id, TOKEN)]
