"""The job ledger: jobs as rows of the table, and every move that they make.

A move, its history entry and its time are one conditional write. `LABEL#…` items point from a label to its
jobs. A job's request (request_bodies), its execution's task tokens (task_tokens), its place in a queue (queues)
and the jobs that it waits for (dependencies) have modules of their own, as have pools, files, versions of
objects and dead letters.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.errors import UnknownJobError
from jobchute.job import OPEN_STATES, Job, Source, State, iso
from jobchute.ledger.conditions import refused_item
from jobchute.ledger.dependencies import DependencyRows
from jobchute.ledger.duplicates import entry_of
from jobchute.ledger.items import JOB, Item, item_of, job_of, to_dynamodb
from jobchute.ledger.job_queries import JobQueries
from jobchute.ledger.job_rows import JobRows, expiry_of
from jobchute.ledger.request_bodies import RequestRows
from jobchute.ledger.table import TIME_TO_LIVE
from jobchute.ledger.update import Update

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_DUPLICATES = 50


class Ledger(NamedTuple):
    """The jobs of one table. retention: seconds for which an ended job is kept, and its identity with it."""

    client: "DynamoDBClient"
    table: str
    retention: int
    max_duplicates: int = MAX_DUPLICATES

    @property
    def rows(self) -> JobRows:
        return JobRows(self.client, self.table)

    @property
    def requests(self) -> RequestRows:
        return RequestRows(self.rows, self.retention)

    @property
    def queries(self) -> JobQueries:
        return JobQueries(self.client, self.table)

    @property
    def dependencies(self) -> DependencyRows:
        return DependencyRows(self.rows)

    def add(self, job: Job) -> Job | None:
        """Write a new job or rejection. Returns the row that is already there, else None."""
        found = self.rows.put_new(self.new_item_of(job))
        existing = None if found is None else job_of(found)
        if (existing or job).labels:
            from jobchute.ledger.label_pointers import point_from_labels

            point_from_labels(self.rows, job, existing, retention=self.retention)
        return existing

    def new_item_of(self, job: Job) -> Item:
        """The row of a new job or rejection, as it is written."""
        item = item_of(job)
        if job.state.is_final:
            item |= to_dynamodb({TIME_TO_LIVE: expiry_of(job.created_at, self.retention)})
        return item

    def get(self, job_id: str) -> Job:
        """The row, read consistently. Raises UnknownJobError."""
        return job_of(self.rows.get(job_id))

    def get_own(self, job_id: str, owner: str | None) -> Job:
        """The row of an owner's own job. Raises UnknownJobError, for another owner's job too."""
        job = self.get(job_id)
        if job.owner != owner:
            raise UnknownJobError(job_id)
        return job

    def move(
        self,
        job_id: str,
        to: State,
        now: float,
        *,
        attempt: int | None = 1,
        only_from: tuple[State, ...] = (),
        held_by: str | None = None,
        is_submission: bool = False,
        **changes: Any,
    ) -> tuple[Job, bool]:
        """Move a job forward, with its history entry. Returns the row and whether this call moved it.

        attempt: that the job must still be in; None for any. only_from: fewer predecessors than the order of
        states allows. held_by: the claim that must hold the job still. is_submission: whether it must be the
        job's turn. changes: fields of Job to write along; None removes one. A job that is already there or
        beyond is returned as it stands.
        """
        origins = only_from or to.predecessors
        if not origins:
            return self.get(job_id), False
        entry = {"state": str(to), "at": iso(now)}
        if changes.get("reason"):
            entry["reason"] = changes["reason"]
        if to.is_final:
            # A job that has reserved money of a budget stays due until that is settled.
            ended = {"due": None, "waiting": None, "place": None, TIME_TO_LIVE: int(now) + self.retention}
            changes = ended | changes
        update = Update(job_id, changes)
        update.move(to)
        update.set("updatedAt", iso(now))
        update.append("history", entry)
        update.increment("moves")
        condition = update.holds(origins, held_by, attempt=attempt)
        if is_submission:
            condition += f" AND {update.may_submit()}"
        return self.rows.update(job_id, update, condition)

    def claim(
        self, job_id: str, *, attempt_id: str, until: int, now: float, **changes: Any
    ) -> tuple[Job, bool]:
        """Take the right to submit the job's newest attempt: from QUEUED, or from a claim that is over. Returns
        the row and whether it was taken. One claim holds it at a time, and a repeated write of the same claim
        counts as taken.
        """
        changes |= {"attempt_id": attempt_id, "attempt_until": until}
        job, moved = self.move(
            job_id, State.SUBMITTING, now, attempt=None, is_submission=True, attempts=1, **changes
        )
        if moved or job.state is not State.SUBMITTING or job.attempt_until > now:
            return job, moved or (job.state is State.SUBMITTING and job.attempt_id == attempt_id)
        update = Update(job_id, {**changes, "attempts": job.attempts + 1})
        holds = update.holds((State.SUBMITTING,), job.attempt_id, attempt=job.attempt)
        condition = f"{holds} AND {update.may_submit()}"
        job, taken = self.rows.update(job_id, update, condition)
        return job, taken or (job.state is State.SUBMITTING and job.attempt_id == attempt_id)

    def note(
        self,
        job_id: str,
        *,
        attempt: int | None = 1,
        only_in: tuple[State, ...] = OPEN_STATES,
        held_by: str | None = None,
        **changes: Any,
    ) -> tuple[Job, bool]:
        """Write fields without a move, while the job is in the attempt (any for None), in one of the states,
        and held by the claim.
        """
        update = Update(job_id, changes)
        return self.rows.update(job_id, update, update.holds(only_in, held_by, attempt=attempt))

    def get_many(self, job_ids: Iterable[str]) -> Iterator[Job]:
        """The rows of those jobs that exist, read consistently."""
        return map(job_of, self.rows.get_many(job_ids))

    def add_duplicate(self, job_id: str, source: Source, *, not_applied: Collection[str] = ()) -> bool:
        """Remember that the same request came again from elsewhere, so that its status document follows.

        not_applied: which of its keys differ from the job's. Returns False where the row remembers
        max_duplicates others: an item has at most 400 KB.
        """
        entry = entry_of(source, not_applied)
        try:
            self.client.update_item(
                TableName=self.table,
                Key=to_dynamodb({"pk": job_id, "sk": JOB}),
                UpdateExpression="ADD duplicates :sources",
                ConditionExpression="attribute_exists(pk) AND "
                "(attribute_not_exists(duplicates) OR size(duplicates) < :most)",
                ExpressionAttributeValues=to_dynamodb({":sources": {entry}, ":most": self.max_duplicates}),
            )
        except ClientError as error:
            refused_item(error)
            return False
        return True
