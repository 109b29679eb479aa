"""The job ledger: every DynamoDB expression there is.

One table. A job is two items under its id: `REQUEST`, the canonical body, written once, and `JOB`, the small
row that moves. A move, its history entry and its time are one conditional write. `LABEL#…` items point from a
label to its jobs, `SOURCE#…` items remember the newest version of an object.
"""

import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from jobchute.errors import IdempotencyConflictError, UnknownJobError
from jobchute.job import OPEN_STATES, Document, Job, Source, State, canonical, iso
from jobchute.rows import JOB, OPEN, from_dynamodb, item_of, job_of, to_dynamodb
from jobchute.update import Update

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REQUEST = "REQUEST"
NEWEST = "NEWEST"

MOST_DUPLICATES = 50
# The longest wait for submission and the longest run of any provider, with room.
LONGEST_JOB = 60 * 24 * 3600

BY_STATE = "byState"
BY_PROVIDER_ID = "byProviderId"
BY_SOURCE = "bySource"
BY_DUE = "byDue"
INDEXES = {
    BY_STATE: ("state", "updatedAt"),
    BY_PROVIDER_ID: ("providerId", None),
    BY_SOURCE: ("sourceUri", "createdAt"),
    BY_DUE: ("open", "due"),
}
NUMERIC_KEYS = frozenset({"due"})
TIME_TO_LIVE = "expiresAt"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The table. retention: seconds for which an ended job is kept, and its identity with it."""

    client: "DynamoDBClient"
    table: str
    retention: int

    def keep_request(self, job_id: str, digest: str, request: Document, created_at: str) -> None:
        """Claim the id for this body, once and for all. Raises IdempotencyConflictError for another body."""
        body = zlib.compress(canonical(request).encode(), 9)
        key = {"pk": job_id, "sk": REQUEST}
        item = {**key, "digest": digest, "body": body, TIME_TO_LIVE: self._expiry(created_at)}
        existing = self._put_new(item)
        if existing is not None and existing["digest"] != digest:
            raise IdempotencyConflictError(job_id)

    def request(self, job_id: str) -> dict[str, Any]:
        """The canonical body that was validated, which is the one to submit."""
        item = self._get(job_id, REQUEST)
        if item is None:
            raise UnknownJobError(job_id)
        request: dict[str, Any] = json.loads(zlib.decompress(bytes(item["body"])))
        return request

    def add(self, job: Job) -> Job | None:
        """Write a new job or rejection. Returns the row that is already there, else None."""
        item = item_of(job)
        if job.state.is_final:
            item |= to_dynamodb({TIME_TO_LIVE: self._expiry(job.created_at)})
        try:
            self.client.put_item(
                TableName=self.table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            existing = job_of(_item_that_refused(error))
            if existing.source.reference == job.source.reference:
                self._point_from_labels(existing)
            return existing
        self._point_from_labels(job)
        return None

    def get(self, job_id: str) -> Job:
        """The row, read consistently. Raises UnknownJobError."""
        key = to_dynamodb({"pk": job_id, "sk": JOB})
        item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        if item is None:
            raise UnknownJobError(job_id)
        return job_of(item)

    def move(
        self,
        job_id: str,
        to: State,
        now: float,
        *,
        only_from: tuple[State, ...] = (),
        held_by: str | None = None,
        **changes: Any,
    ) -> tuple[Job, bool]:
        """Move a job forward, with its history entry. Returns the row and whether this call moved it.

        only_from: fewer predecessors than the order of states allows. held_by: the attempt that must hold the
        job still. changes: fields of Job to write along; None removes one. A job that is already there or
        beyond is returned as it stands.
        """
        origins = only_from or to.predecessors
        if not origins:
            return self.get(job_id), False
        entry = {"state": str(to), "at": iso(now)}
        if changes.get("reason"):
            entry["reason"] = changes["reason"]
        if to.is_final:
            changes |= {"due": None, TIME_TO_LIVE: int(now) + self.retention}
        update = Update(changes)
        update.set("state", str(to))
        update.set("updatedAt", iso(now))
        update.append("history", entry)
        update.increment("moves")
        return self._update(job_id, update, update.holds(origins, held_by))

    def claim(
        self, job_id: str, *, attempt_id: str, until: int, now: float, **changes: Any
    ) -> tuple[Job, bool]:
        """Take the right to submit: from QUEUED, or from an attempt that is over. Returns the row and whether
        it was taken. One attempt holds it at a time, and a repeated write of the same attempt counts as taken.
        """
        changes |= {"attempt_id": attempt_id, "attempt_until": until}
        job, moved = self.move(job_id, State.SUBMITTING, now, attempts=1, **changes)
        if moved or job.state is not State.SUBMITTING or job.attempt_until > now:
            return job, moved or (job.state is State.SUBMITTING and job.attempt_id == attempt_id)
        update = Update({**changes, "attempts": job.attempts + 1})
        job, taken = self._update(job_id, update, update.holds((State.SUBMITTING,), job.attempt_id))
        return job, taken or (job.state is State.SUBMITTING and job.attempt_id == attempt_id)

    def note(
        self,
        job_id: str,
        *,
        only_in: tuple[State, ...] = OPEN_STATES,
        held_by: str | None = None,
        **changes: Any,
    ) -> tuple[Job, bool]:
        """Write fields without a move, while the job is in one of the states (and held by the attempt)."""
        update = Update(changes)
        return self._update(job_id, update, update.holds(only_in, held_by))

    def add_duplicate(self, job_id: str, source: Source) -> bool:
        """Remember that the same request came again from elsewhere, so that its status document follows.

        Returns False where the row remembers MOST_DUPLICATES others: an item has at most 400 KB.
        """
        try:
            self.client.update_item(
                TableName=self.table,
                Key=to_dynamodb({"pk": job_id, "sk": JOB}),
                UpdateExpression="ADD duplicates :sources",
                ConditionExpression="attribute_exists(pk) AND "
                "(attribute_not_exists(duplicates) OR size(duplicates) < :most)",
                ExpressionAttributeValues=to_dynamodb({":sources": {source.entry}, ":most": MOST_DUPLICATES}),
            )
        except ClientError as error:
            if _code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def remember_version(self, source: Source) -> bool:
        """Note the newest version of an object. Returns whether this one is it (no older one came later)."""
        if not source.sequencer:
            return True
        values = to_dynamodb({":sequencer": source.sequencer, ":version": source.version})
        try:
            self.client.update_item(
                TableName=self.table,
                Key=to_dynamodb({"pk": f"SOURCE#{source.uri}", "sk": NEWEST}),
                UpdateExpression="SET sequencer = :sequencer, version = :version",
                ConditionExpression="attribute_not_exists(pk) OR sequencer <= :sequencer",
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            if _code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def is_newest(self, uri: str, sequencer: str) -> bool:
        """Whether no newer version of the object is known."""
        newest = self._get(f"SOURCE#{uri}", NEWEST) if sequencer else None
        return newest is None or newest["sequencer"] <= sequencer

    def due(self, now: float) -> Iterator[Job]:
        """Open jobs that somebody should look at, the longest overdue first."""
        yield from self._query(BY_DUE, OPEN, upper=("due", int(now)))

    def open_jobs(self) -> Iterator[Job]:
        yield from self._query(BY_DUE, OPEN)

    def by_state(self, state: State) -> Iterator[Job]:
        """Jobs in a state, the latest moved first."""
        yield from self._query(BY_STATE, str(state), newest_first=True)

    def by_source(self, uri: str) -> Iterator[Job]:
        yield from self._query(BY_SOURCE, uri, newest_first=True)

    def by_provider_id(self, provider_id: str) -> Job | None:
        return next(self._query(BY_PROVIDER_ID, provider_id), None)

    def by_label(self, name: str, value: str) -> Iterator[Job]:
        """Jobs that carry a label, the latest first."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_dynamodb({":pk": f"LABEL#{name}={value}"}),
            ScanIndexForward=False,
        )
        for page in pages:
            for item in page["Items"]:
                with suppress(UnknownJobError):  # the row's time is over, the pointer's is not yet
                    yield self.get(from_dynamodb(item)["jobId"])

    def _query(
        self, index: str, key: str, *, upper: tuple[str, int] | None = None, newest_first: bool = False
    ) -> Iterator[Job]:
        names = {"#key": INDEXES[index][0]}
        values: dict[str, Any] = {":key": key}
        condition = "#key = :key"
        if upper is not None:
            names["#upper"], values[":upper"] = upper
            condition += " AND #upper <= :upper"
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            IndexName=index,
            KeyConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=to_dynamodb(values),
            ScanIndexForward=not newest_first,
        )
        for page in pages:
            yield from map(job_of, page["Items"])

    def _point_from_labels(self, job: Job) -> None:
        """After the row, so that a label never points to nothing; a repeated delivery mends a crash."""
        for name, value in job.labels.items():
            key = {"pk": f"LABEL#{name}={value}", "sk": f"{job.created_at}#{job.job_id}", "jobId": job.job_id}
            pointer = key | {TIME_TO_LIVE: self._expiry(job.created_at)}
            self.client.put_item(TableName=self.table, Item=to_dynamodb(pointer))

    def _expiry(self, created_at: str) -> int:
        """For what must be there for as long as its job's row is: an ended row stays for `retention`."""
        return int(datetime.fromisoformat(created_at).timestamp()) + self.retention + LONGEST_JOB

    def _update(self, job_id: str, update: "Update", condition: str) -> tuple[Job, bool]:
        try:
            answer = self.client.update_item(
                TableName=self.table,
                Key=to_dynamodb({"pk": job_id, "sk": JOB}),
                UpdateExpression=update.expression,
                ConditionExpression=condition,
                ExpressionAttributeNames=update.names,
                ExpressionAttributeValues=to_dynamodb(update.values),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            item = _item_that_refused(error)
            if not item:
                raise UnknownJobError(job_id) from error
            return job_of(item), False
        return job_of(answer["Attributes"]), True

    def _put_new(self, item: dict[str, Any]) -> dict[str, Any] | None:
        try:
            self.client.put_item(
                TableName=self.table,
                Item=to_dynamodb(item),
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            return from_dynamodb(_item_that_refused(error))
        return None

    def _get(self, pk: str, sk: str) -> dict[str, Any] | None:
        key = to_dynamodb({"pk": pk, "sk": sk})
        item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return None if item is None else from_dynamodb(item)


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def _item_that_refused(error: ClientError) -> dict[str, Any]:
    """The item that made a condition fail; any other error goes on."""
    if _code(error) != "ConditionalCheckFailedException":
        raise error
    item: dict[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
    return item
