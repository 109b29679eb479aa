"""The ledger's rows of continuations: work that one call left unfinished, and its progress.

A message that continues such work holds the id of its row and nothing else, so nothing that the functions trust
is in a message. The id is a digest of the work: the same work has one row, however often it is left.
"""

import zlib
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.errors import NoProgressError
from jobchute.job import Source, canonical, sha256
from jobchute.ledger.conditions import refused_item
from jobchute.ledger.items import from_dynamodb, to_dynamodb
from jobchute.ledger.table import MAX_JOB_SECONDS, TIME_TO_LIVE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STATE = "STATE"
MAX_CHUNK_BYTES = 350_000
"""Of a body in one item: an item has at most 400 KB (DynamoDB quotas), names and keys included."""
MAX_IDLE_HOPS = 3
"""Calls in a row that may leave the same work without progress."""
MAX_HOPS = 100_000
"""In all: a file's 10,000 documents with 1,000 combinations each, at 100 combinations a call on average."""

Progress = tuple[int, ...]
"""Compares: the greater one is further."""


class Work(NamedTuple):
    """source: what is answered. body: what a message holds that asks for the same work."""

    source: Source
    body: str

    @property
    def work_id(self) -> str:
        return sha256(canonical([asdict(self.source), self.body]))


class _Row(NamedTuple):
    source: Source
    progress: Progress
    idle_hops: int
    hops: int
    chunks: int
    first_chunk: bytes


class ContinuationRows(NamedTuple):
    """Rows of the ledger's table: a partition for each piece of work. It expires 60 days after its last hop."""

    client: "DynamoDBClient"
    table: str
    max_hops: int = MAX_HOPS

    def leave(self, work: Work, progress: Progress, now: float) -> str:
        """Write down what is left to do and how far it came. Returns the id of the work.

        Raises NoProgressError after MAX_IDLE_HOPS hops in a row that did not advance the work.
        """
        row = self._row(work.work_id)
        if row is None:
            self._write(work, progress, now)
        else:
            self._advance(work.work_id, row, progress, now)
        return work.work_id

    def add(self, work: Work, now: float) -> str:
        """Write down work that no call has begun; a row that is there stays as it is. Returns its id."""
        if self._row(work.work_id) is None:
            self._write(work, (), now)
        return work.work_id

    def source(self, work_id: str) -> Source | None:
        """The source that a piece of work answers; None for an id without a row."""
        row = self._row(work_id)
        return None if row is None else row.source

    def find(self, work_id: str) -> Work | None:
        """The work as it was left; None for an id without a row."""
        row = self._row(work_id)
        if row is None:
            return None
        rest = (self._chunk(work_id, number) for number in range(1, row.chunks))
        return Work(row.source, zlib.decompress(b"".join([row.first_chunk, *rest])).decode())

    def _write(self, work: Work, progress: Progress, now: float) -> None:
        """The row comes last: where it is, the whole body is."""
        data = zlib.compress(work.body.encode())
        first, *rest = [data[at : at + MAX_CHUNK_BYTES] for at in range(0, len(data), MAX_CHUNK_BYTES)]
        until = {TIME_TO_LIVE: int(now) + MAX_JOB_SECONDS}
        for number, chunk in enumerate(rest, start=1):
            item = _key(work.work_id, f"BODY#{number}") | to_dynamodb({"body": chunk, **until})
            self.client.put_item(TableName=self.table, Item=item)
        values = {"source": asdict(work.source), "progress": progress, "idleHops": 0, "hops": 0}
        values |= {"chunks": 1 + len(rest), "body": first, **until}
        try:
            self.client.put_item(
                TableName=self.table,
                Item=_key(work.work_id) | to_dynamodb(values),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            refused_item(error)  # another call has left the same work

    def _advance(self, work_id: str, row: _Row, progress: Progress, now: float) -> None:
        idle_hops = 0 if progress > row.progress else row.idle_hops + 1
        if idle_hops > MAX_IDLE_HOPS or row.hops >= self.max_hops:
            raise NoProgressError(f"{row.source.uri}, at {row.progress} after {row.hops} hops")
        values = {
            ":progress": max(progress, row.progress),
            ":idleHops": idle_hops,
            ":hops": row.hops + 1,
            ":was": row.hops,
            ":until": int(now) + MAX_JOB_SECONDS,
        }
        try:
            self.client.update_item(
                TableName=self.table,
                Key=_key(work_id),
                UpdateExpression="SET progress = :progress, idleHops = :idleHops, hops = :hops, "
                f"{TIME_TO_LIVE} = :until",
                ConditionExpression="hops = :was",
                ExpressionAttributeValues=to_dynamodb(values),
            )
        except ClientError as error:
            refused_item(error)  # another call has counted its hop at the same time

    def _row(self, work_id: str) -> _Row | None:
        values = self._get(_key(work_id))
        if values is None:
            return None
        source = values["source"]
        return _Row(
            source=Source(**{each.name: source[each.name] for each in fields(Source) if each.name in source}),
            progress=tuple(values["progress"]),
            idle_hops=values["idleHops"],
            hops=values["hops"],
            chunks=values["chunks"],
            first_chunk=values["body"],
        )

    def _chunk(self, work_id: str, number: int) -> bytes:
        values = self._get(_key(work_id, f"BODY#{number}"))
        if values is None:
            raise KeyError(f"part {number} of the body of continuation {work_id}")
        chunk: bytes = values["body"]
        return chunk

    def _get(self, key: Mapping[str, Any]) -> dict[str, Any] | None:
        item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return None if item is None else from_dynamodb(item)


def _key(work_id: str, sk: str = STATE) -> dict[str, Any]:
    return to_dynamodb({"pk": f"CONTINUATION#{work_id}", "sk": sk})
