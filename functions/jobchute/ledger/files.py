"""The ledger's rows of files of several jobs: how far each has been read, and what became of its documents."""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.job import Source, iso
from jobchute.ledger.conditions import refused_item
from jobchute.ledger.items import from_dynamodb, to_dynamodb
from jobchute.ledger.job_rows import Batches, Key
from jobchute.ledger.table import BY_DUE, MAX_JOB_SECONDS, TIME_TO_LIVE
from jobchute.parsing.documents import Position

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from jobchute.requests.objective import Best

OUTCOMES = ("accepted", "duplicate", "rejected", "answered")
MAX_REJECTIONS = 100
"""Rejected documents of a file that its row and its status document list."""
OPEN_FILE = "FILE"
"""In the index of what is due, beside open jobs: files whose jobs reconciliation counts."""
FIRST_COUNT_SECONDS = 45
"""From the first time that a file is read to its first count."""
MAX_PUT_OFF_SECONDS = 300
"""A file that is still being read is counted no later than this."""


class ReadProgress(NamedTuple):
    """What a checkpoint holds. position: of the next document. combination: the next job of that document.

    rejections: the first rejected documents, as `index` or `index/combination`. note: why reading has stopped.
    """

    position: Position = Position()
    combination: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    answered: int = 0
    rejections: tuple[str, ...] = ()
    finished: bool = False
    note: str | None = None

    @property
    def processed(self) -> int:
        """Documents, with each combination of a matrix counted by itself."""
        return self.accepted + self.duplicate + self.rejected + self.answered


class FileRow(NamedTuple):
    """source: the file, at one version. etag: tells its bytes from others if there are no versions.
    documents: how many it holds. reader: the call that wrote last.
    cancelled_at: when it was cancelled, in epoch seconds; it is read no further.

    What reconciliation has counted (jobchute.lifecycle.count_files): states, its jobs and rejections by state;
    counted_at, when these last changed; ended_at, when the last job ended, once all have; best, the best of
    them by the objective that their documents give. due: when the next count is due, in epoch seconds; None if
    nothing can change, and in rows of earlier versions. partial_count: an unfinished count.
    """

    source: Source
    documents: int
    updated_at: str
    etag: str = ""
    reading: ReadProgress = ReadProgress()
    reader: str = ""
    cancelled_at: int | None = None
    states: Mapping[str, int] = MappingProxyType({})
    counted_at: str | None = None
    ended_at: str | None = None
    best: "Best | None" = None
    due: int | None = None
    partial_count: Mapping[str, Any] | None = None

    @property
    def key(self) -> dict[str, Any]:
        return _key(self.source, self.etag)


class FileRows(NamedTuple):
    """A file is a partition of the table, and each of its versions a row."""

    client: "DynamoDBClient"
    table: str

    def get(self, source: Source, etag: str) -> FileRow | None:
        key = _key(source, etag)
        item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return None if item is None else file_row_of(item)

    def add(self, source: Source, etag: str, documents: int, now: float) -> FileRow:
        """Write the row of a file that is read for the first time. Returns it, or the one that another call
        wrote.
        """
        due = int(now) + FIRST_COUNT_SECONDS
        row = FileRow(source=source, etag=etag, documents=documents, updated_at=iso(now), due=due)
        watched = {"open": OPEN_FILE, "due": due, TIME_TO_LIVE: int(now) + MAX_JOB_SECONDS}
        try:
            self.client.put_item(
                TableName=self.table,
                Item=_item(row) | to_dynamodb(watched),
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            return file_row_of(refused_item(error))
        return row

    def advance(self, row: FileRow, reading: ReadProgress, *, reader: str, now: float) -> tuple[FileRow, bool]:
        """Write a checkpoint, unless another reader wrote one since, or the file was cancelled.

        Returns the row as it is then, and whether this call wrote it, now or in a try whose answer was lost.
        """
        after = row._replace(reading=reading, reader=reader, updated_at=iso(now), due=_next_count(row, now))
        changes = _reading_values(after)
        if after.due != row.due:
            changes |= {"open": OPEN_FILE, "due": after.due}
        values = {f":{name}": value for name, value in changes.items()}
        try:
            self.client.update_item(
                TableName=self.table,
                Key=_key(row.source, row.etag),
                UpdateExpression=f"SET {', '.join(f'#{name[1:]} = {name}' for name in values)}",
                ConditionExpression="#index = :wasIndex AND #combination = :wasCombination "
                "AND #finished = :no AND attribute_not_exists(cancelledAt)",
                ExpressionAttributeNames={f"#{name[1:]}": name[1:] for name in values},
                ExpressionAttributeValues=to_dynamodb(
                    {
                        **values,
                        ":wasIndex": row.reading.position.index,
                        ":wasCombination": row.reading.combination,
                        ":no": False,
                    }
                ),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            found = file_row_of(refused_item(error))
            return found, found.reader == reader and found.reading == reading
        return after, True

    def cancel(self, uri: str, version: str | None, now: float, *, owner: str | None = None) -> list[FileRow]:
        """Stop reading all versions of an owner's file, or one version. Returns their rows."""
        rows = (row for row in self.versions(uri) if row.source.owner == owner)
        return [self._mark(row, now) for row in rows if version in (None, row.source.version)]

    def _mark(self, row: FileRow, now: float) -> FileRow:
        """The next reconciliation writes it into the status document."""
        answer = self.client.update_item(
            TableName=self.table,
            Key=_key(row.source, row.etag),
            UpdateExpression="SET cancelledAt = if_not_exists(cancelledAt, :now), #open = :file, due = :now",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues=to_dynamodb({":now": int(now), ":file": OPEN_FILE}),
            ReturnValues="ALL_NEW",
        )
        return file_row_of(answer["Attributes"])

    def versions(self, uri: str) -> Iterator[FileRow]:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_dynamodb({":pk": f"FILE#{uri}"}),
            ConsistentRead=True,
        )
        for page in pages:
            yield from map(file_row_of, page["Items"])

    def open(self, limit: int) -> Iterator[FileRow]:
        """Files whose jobs are still counted, at most so many. One query, and one read for 100 files."""
        answer = self.client.query(
            TableName=self.table,
            IndexName=BY_DUE,
            KeyConditionExpression="#open = :file",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues=to_dynamodb({":file": OPEN_FILE}),
            ScanIndexForward=False,
            Limit=limit,
        )
        return self._read((item["pk"]["S"], item["sk"]["S"]) for item in answer["Items"])

    def of_sources(self, sources: Iterable[Source]) -> Iterator[FileRow]:
        """The rows of those sources that are files of several documents. One read for 100 of them."""
        keys = (_key(source, "") for source in sources if source.version or source.sequencer)
        return self._read((key["pk"]["S"], key["sk"]["S"]) for key in keys)

    def _read(self, keys: Iterable[Key]) -> Iterator[FileRow]:
        return map(file_row_of, Batches(self.client, self.table, consistent=False).read(keys))


def _next_count(row: FileRow, now: float) -> int:
    """When the next count of a file that is still being read is due. A row of an earlier version does not say.

    It is changed only if it is far off: the write of a count that is under way depends on it.
    """
    if row.due is not None and row.due <= now + MAX_PUT_OFF_SECONDS:
        return row.due
    return int(now) + FIRST_COUNT_SECONDS


def _key(source: Source, etag: str) -> dict[str, Any]:
    version = source.version or source.sequencer or etag
    return to_dynamodb({"pk": f"FILE#{source.uri}", "sk": f"VERSION#{version}"})


def _reading_values(row: FileRow) -> dict[str, Any]:
    values = row.reading._asdict()
    position = values.pop("position")
    values |= {**dataclasses.asdict(position), "reader": row.reader, "updatedAt": row.updated_at}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _item(row: FileRow) -> dict[str, Any]:
    source = {name: getattr(row.source, name) for name in ("uri", "version", "sequencer")}
    source |= {"statusKey": row.source.status_key, "etag": row.etag}
    source |= {} if row.source.owner is None else {"owner": row.source.owner}
    values = {**source, "documents": row.documents, **_reading_values(row)}
    return _key(row.source, row.etag) | to_dynamodb(values)


def file_row_of(item: dict[str, Any]) -> FileRow:
    """The row in an item as DynamoDB returns it."""
    values = from_dynamodb(item)
    position = Position(**{field.name: values[field.name] for field in dataclasses.fields(Position)})
    names = set(ReadProgress._fields) - {"position", "rejections"}
    read = {name: values[name] for name in names}
    rejections = tuple(values["rejections"])
    return FileRow(
        source=Source(
            uri=values["uri"],
            status_key=values["statusKey"],
            version=values["version"],
            sequencer=values["sequencer"],
            owner=values.get("owner"),
        ),
        etag=values["etag"],
        documents=values["documents"],
        reading=ReadProgress(position=position, rejections=rejections, **read),
        updated_at=values["updatedAt"],
        reader=values["reader"],
        cancelled_at=values.get("cancelledAt"),
        states=values.get("states", {}),
        counted_at=values.get("countedAt"),
        ended_at=values.get("endedAt"),
        best=best_in(values.get("best")),
        due=values.get("due"),
        partial_count=values.get("partialCount"),
    )


def text_of_best(best: "Best | None") -> str | None:
    """JSON, as numbers of items have no fractions."""
    return None if best is None else json.dumps([*best], separators=(",", ":"))


def best_in(text: str | None) -> "Best | None":
    if text is None:
        return None
    # Few files have an objective.
    from jobchute.requests.objective import Best

    return Best(*json.loads(text))
