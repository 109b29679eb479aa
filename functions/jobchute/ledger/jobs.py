"""The job ledger: jobs as rows of the table, and every move that they make.

A job is two items under its id: `REQUEST`, the canonical body, written once, and `JOB`, the small row that
moves. A move, its history entry and its time are one conditional write. `LABEL#…` items point from a label to
its jobs. Pools, files, versions of objects and dead letters have rows of their own beside them (`*_rows`).
"""

import json
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.errors import IdempotencyConflictError, TooManyDependentsError, UnknownJobError
from jobchute.job import OPEN_STATES, Document, Job, Source, State, canonical, iso
from jobchute.ledger.conditions import refused_item
from jobchute.ledger.duplicates import entry_of
from jobchute.ledger.items import (
    JOB,
    LOOK,
    OPEN,
    Item,
    from_dynamodb,
    item_of,
    job_of,
    mark_of,
    to_dynamodb,
    word_of_name,
)
from jobchute.ledger.table import (
    BY_DUE,
    BY_PROVIDER_ID,
    BY_SOURCE,
    BY_STATE,
    INDEXES,
    MAX_JOB_SECONDS,
    TIME_TO_LIVE,
)
from jobchute.ledger.update import Update
from jobchute.pools.limits import QueuePosition, waiting_in

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REQUEST = "REQUEST"

MAX_DUPLICATES = 50
MAX_DEPENDENTS = 100
# BatchGetItem takes so many keys.
MAX_BATCH = 100


class Ledger(NamedTuple):
    """The table. retention: seconds for which an ended job is kept, and its identity with it."""

    client: "DynamoDBClient"
    table: str
    retention: int

    def keep_request(
        self, job_id: str, digest: str, request: Document, created_at: str, *, name: str = ""
    ) -> None:
        """Claim the id for this body, once and for all. Raises IdempotencyConflictError for another body.

        name: of the job, by which it is found.
        """
        body = zlib.compress(canonical(request).encode(), 9)
        key = {"pk": job_id, "sk": REQUEST}
        item = {**key, "digest": digest, "body": body, TIME_TO_LIVE: self._expiry(created_at)}
        if name:
            item |= {"word": word_of_name(name), "wordOrder": created_at}
        existing = self._put_new(to_dynamodb(item))
        if existing is not None and from_dynamodb(existing)["digest"] != digest:
            raise IdempotencyConflictError(job_id)

    def request(self, job_id: str) -> dict[str, Any]:
        """The canonical body that was validated, which is the one to submit."""
        item = from_dynamodb(self._get(job_id, REQUEST))
        request: dict[str, Any] = json.loads(zlib.decompress(bytes(item["body"])))
        return request

    def add(self, job: Job) -> Job | None:
        """Write a new job or rejection. Returns the row that is already there, else None."""
        item = item_of(job)
        if job.state.is_final:
            item |= to_dynamodb({TIME_TO_LIVE: self._expiry(job.created_at)})
        found = self._put_new(item)
        if found is None:
            self._point_from_labels(job)
            return None
        existing = job_of(found)
        if existing.source.reference == job.source.reference:
            self._point_from_labels(existing)
        return existing

    def get(self, job_id: str) -> Job:
        """The row, read consistently. Raises UnknownJobError."""
        return job_of(self._get(job_id, JOB))

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
        only_from: tuple[State, ...] = (),
        held_by: str | None = None,
        is_submission: bool = False,
        **changes: Any,
    ) -> tuple[Job, bool]:
        """Move a job forward, with its history entry. Returns the row and whether this call moved it.

        only_from: fewer predecessors than the order of states allows. held_by: the attempt that must hold the
        job still. is_submission: whether it must be the job's turn. changes: fields of Job to write along; None
        removes one. A job that is already there or beyond is returned as it stands.
        """
        origins = only_from or to.predecessors
        if not origins:
            return self.get(job_id), False
        entry = {"state": str(to), "at": iso(now)}
        if changes.get("reason"):
            entry["reason"] = changes["reason"]
        if to.is_final:
            changes |= {"due": None, "waiting": None, "place": None, TIME_TO_LIVE: int(now) + self.retention}
        update = Update(changes)
        update.set("state", str(to))
        update.set("updatedAt", iso(now))
        update.append("history", entry)
        update.increment("moves")
        condition = update.holds(origins, held_by)
        if is_submission:
            condition += f" AND {update.may_submit()}"
        return self._update(job_id, update, condition)

    def claim(
        self, job_id: str, *, attempt_id: str, until: int, now: float, **changes: Any
    ) -> tuple[Job, bool]:
        """Take the right to submit: from QUEUED, or from an attempt that is over. Returns the row and whether
        it was taken. One attempt holds it at a time, and a repeated write of the same attempt counts as taken.
        """
        changes |= {"attempt_id": attempt_id, "attempt_until": until}
        job, moved = self.move(job_id, State.SUBMITTING, now, is_submission=True, attempts=1, **changes)
        if moved or job.state is not State.SUBMITTING or job.attempt_until > now:
            return job, moved or (job.state is State.SUBMITTING and job.attempt_id == attempt_id)
        update = Update({**changes, "attempts": job.attempts + 1})
        condition = f"{update.holds((State.SUBMITTING,), job.attempt_id)} AND {update.may_submit()}"
        job, taken = self._update(job_id, update, condition)
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

    def line_up(self, job: Job, *, due: int) -> Job:
        """Put a new job into the line of its pool, unless it waits for other jobs still, or had its turn."""
        changes = {
            "waiting": job.pool,
            "place": str(QueuePosition.of(job)),
            "reason": waiting_in(job.pool or ""),
        }
        update = Update(changes | {"due": due})
        waits_for_none = f"{update.lacks('waitsFor')} AND {update.lacks('awaits')}"
        condition = f"{update.holds((State.QUEUED,))} AND {waits_for_none} AND NOT {update.has_turn()}"
        return self._update(job.job_id, update, condition)[0]

    def line_up_again(
        self, job: Job, *, reason: str, attempt_id: str | None, due: int, **changes: Any
    ) -> tuple[Job, bool]:
        """Put a job that its provider refused for now back to its place."""
        changes |= {"waiting": job.pool, "place": str(QueuePosition.of(job)), "create_at": 0}
        return self.note(
            job.job_id,
            only_in=(State.SUBMITTING,),
            held_by=attempt_id,
            attempt_until=0,
            due=due,
            reason=reason,
            **changes,
        )

    def admit(self, job_id: str, *, create_at: int, due: int) -> tuple[Job, bool]:
        """A waiting job's turn has come. Returns the row and whether it was waiting."""
        update = Update({"waiting": None, "place": None, "reason": None, "create_at": create_at, "due": due})
        condition = f"{update.holds((State.QUEUED, State.SUBMITTING))} AND {update.exists('waiting')}"
        return self._update(job_id, update, condition)

    def wait_for(self, other_id: str, job_id: str) -> tuple[Job, bool]:
        """Have a job told of another's end. Returns the other's row, and False where it has ended already.

        Raises UnknownJobError, and TooManyDependentsError where MAX_DEPENDENTS others wait for it.
        """
        update = Update({})
        update.add("dependents", {job_id})
        condition = f"{update.holds(OPEN_STATES)} AND {update.holds_fewer('dependents', MAX_DEPENDENTS)}"
        other, is_told = self._update(other_id, update, condition)
        if not is_told and not other.state.is_final and job_id not in other.dependents:
            raise TooManyDependentsError(other_id)
        return other, not other.state.is_final

    def wait_no_more(self, job_id: str, other_id: str, *, reason: str) -> tuple[Job, bool]:
        """One of the jobs that a job waits for has ended as wanted. reason: for what it waits then."""
        update = Update({"reason": reason})
        update.delete("waitsFor", {other_id})
        condition = f"{update.holds((State.QUEUED,))} AND {update.contains('waitsFor', other_id)}"
        return self._update(job_id, update, condition)

    def find_names(
        self, job: Job, *, after: tuple[Document, ...], awaits: tuple[Document, ...], reason: str
    ) -> tuple[Job, bool]:
        """Names that a job awaits have become jobs, which it waits for from now on.

        after, awaits: all of them, as they are then. Returns the row, and False where another look was quicker.
        """
        found = {str(entry["job"]) for entry in after[len(job.after) :]}
        update = Update({"after": after, "awaits": awaits or None, "reason": reason})
        update.add("waitsFor", found)
        update.add("unchecked", found)
        condition = f"{update.holds((State.QUEUED,))} AND {update.equals('awaits', job.awaits)}"
        return self._update(job.job_id, update, condition)

    def look_again(self, job: Job, *, due: int, checked: frozenset[str]) -> tuple[Job, bool]:
        """Put down when a job is to be looked at next. checked: what no circle goes through.

        Returns the row, and False where another look has put it down.
        """
        update = Update({"due": due}, mark=mark_of(job))
        if checked:
            update.delete("unchecked", checked)
        condition = f"{update.holds((State.QUEUED,))} AND {update.equals('due', job.due)}"
        return self._update(job.job_id, update, condition)

    def get_many(self, job_ids: Iterable[str]) -> Iterator[Job]:
        """The rows of those that there are, read consistently."""
        left = [to_dynamodb({"pk": job_id, "sk": JOB}) for job_id in job_ids]
        while left:
            keys, left = left[:MAX_BATCH], left[MAX_BATCH:]
            answer = self.client.batch_get_item(
                RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}}
            )
            yield from map(job_of, answer["Responses"].get(self.table, []))
            if self.table in answer["UnprocessedKeys"]:
                left += answer["UnprocessedKeys"][self.table]["Keys"]

    def add_duplicate(self, job_id: str, source: Source, *, not_applied: Collection[str] = ()) -> bool:
        """Remember that the same request came again from elsewhere, so that its status document follows.

        not_applied: which of its keys differ from the job's. Returns False where the row remembers
        MAX_DUPLICATES others: an item has at most 400 KB.
        """
        entry = entry_of(source, not_applied)
        try:
            self.client.update_item(
                TableName=self.table,
                Key=to_dynamodb({"pk": job_id, "sk": JOB}),
                UpdateExpression="ADD duplicates :sources",
                ConditionExpression="attribute_exists(pk) AND "
                "(attribute_not_exists(duplicates) OR size(duplicates) < :most)",
                ExpressionAttributeValues=to_dynamodb({":sources": {entry}, ":most": MAX_DUPLICATES}),
            )
        except ClientError as error:
            refused_item(error)
            return False
        return True

    def due(self, now: float) -> Iterator[Job]:
        """Open jobs that somebody should look at, the longest overdue first."""
        yield from self._query(BY_DUE, OPEN, upper=("due", int(now)))

    def due_looks(self, now: float) -> Iterator[Job]:
        """Jobs that wait for names and whose next look is overdue, the longest first."""
        yield from self._query(BY_DUE, LOOK, upper=("due", int(now)))

    def by_state(self, state: State, *, until: str | None = None) -> Iterator[Job]:
        """Jobs in a state, the latest moved first. until: those that moved then or before, as ISO 8601 text."""
        upper = None if until is None else ("updatedAt", until)
        yield from self._query(BY_STATE, str(state), upper=upper, newest_first=True)

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
        self, index: str, key: str, *, upper: tuple[str, int | str] | None = None, newest_first: bool = False
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
        return int(datetime.fromisoformat(created_at).timestamp()) + self.retention + MAX_JOB_SECONDS

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
            item = refused_item(error)
            if not item:
                raise UnknownJobError(job_id) from error
            return job_of(item), False
        return job_of(answer["Attributes"]), True

    def _put_new(self, item: Item) -> Item | None:
        """Returns the item that is already there, else None."""
        try:
            self.client.put_item(
                TableName=self.table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            return refused_item(error)
        return None

    def _get(self, job_id: str, sk: str) -> Item:
        key = to_dynamodb({"pk": job_id, "sk": sk})
        item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        if item is None:
            raise UnknownJobError(job_id)
        return item
