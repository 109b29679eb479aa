"""The ledger's rows of files whose jobs are counted: which are due, and how far a count has come.

A file's jobs are counted from the index of their sources, page by page in the order of their creation, so jobs
that are accepted meanwhile come last. Every write requires that the row's `due` is the one that was read: if
two reconciliations count the same file, one of them continues.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.job import Source, iso
from jobchute.ledger.conditions import refused_item
from jobchute.ledger.files import OPEN_FILE, FileRow, file_row_of
from jobchute.ledger.items import attribute, from_dynamodb, to_dynamodb
from jobchute.ledger.object_order import modified_at
from jobchute.ledger.table import BY_DUE, BY_SOURCE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_PAGE_ROWS = 1000
"""DynamoDB ends a page before that at 1 MB, which some 500 rows of jobs have."""
CLOCKS_DIFFER_SECONDS = 60
"""Between S3's clock, which says when a file was written, and those of the functions."""


class Count(NamedTuple):
    """What a count has found so far. begun_at: in epoch seconds. states: the file's rows, by state.

    latest: when the last of these moved. place: the key in the index after which the count continues; None at
    the start and at the end.
    """

    begun_at: int
    states: Mapping[str, int] = MappingProxyType({})
    latest: str = ""
    place: Mapping[str, str] | None = None


class FileCountRows(NamedTuple):
    """The rows of files that are still counted, and the pages of their jobs."""

    client: "DynamoDBClient"
    table: str
    max_page_rows: int = MAX_PAGE_ROWS

    def due(self, now: float) -> Iterator[FileRow]:
        """Files whose count is due, the longest overdue first."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            IndexName=BY_DUE,
            KeyConditionExpression="#open = :file AND due <= :now",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues=to_dynamodb({":file": OPEN_FILE, ":now": int(now)}),
        )
        for page in pages:
            yield from map(file_row_of, page["Items"])

    def claim(self, row: FileRow, *, due: int) -> FileRow | None:
        """Move a file behind the others that are due. Returns the row; None if another reconciliation did
        so.
        """
        return self._write(row, "SET due = :due", {"due": due})

    def next_page(self, row: FileRow, count: Count) -> Count:
        """Read one more page of the index."""
        condition, values = "sourceUri = :uri", {":uri": row.source.uri}
        written_at = modified_at(row.source)
        if written_at is not None:
            # Without this, each count would read every older version of the file again.
            condition += " AND createdAt >= :since"
            values[":since"] = iso(written_at - CLOCKS_DIFFER_SECONDS)
        start = {} if count.place is None else {"ExclusiveStartKey": to_dynamodb(count.place)}
        page = self.client.query(
            TableName=self.table,
            IndexName=BY_SOURCE,
            KeyConditionExpression=condition,
            ProjectionExpression="#state, updatedAt, sourceVersion, sourceSequencer, sourceOwner",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues=to_dynamodb(values),
            Limit=self.max_page_rows,
            **start,  # type: ignore[arg-type]
        )
        found = [values for values in map(from_dynamodb, page["Items"]) if _is_of(row.source, values)]
        place = page.get("LastEvaluatedKey")
        return count._replace(
            states=Counter(count.states) + Counter(str(values["state"]) for values in found),
            latest=max([count.latest, *(str(values["updatedAt"]) for values in found)]),
            place=None if place is None else from_dynamodb(place),
        )

    def keep(self, row: FileRow, count: Count, *, due: int) -> None:
        """Leave the rest of a count to the next reconciliation."""
        partial = {attribute(name): value for name, value in count._asdict().items()}
        self._write(row, "SET due = :due, partialCount = :partial", {"due": due, "partial": partial})

    def save(self, row: FileRow, *, due: int) -> FileRow | None:
        """Write what was counted. Returns the row; None if the file was cancelled or counted meanwhile."""
        values: dict[str, Any] = {"due": due, "states": row.states, "countedAt": row.counted_at}
        if row.ended_at is not None:
            values["endedAt"] = row.ended_at
        update = ", ".join(f"{name} = :{name}" for name in values)
        return self._write(row, f"SET {update} REMOVE partialCount", values)

    def close(self, row: FileRow) -> None:
        """Stop counting a file."""
        self._write(row, "REMOVE #open, due, partialCount", {})

    def _write(self, row: FileRow, update: str, values: Mapping[str, Any]) -> FileRow | None:
        known = {":file": OPEN_FILE, ":was": row.due}
        try:
            answer = self.client.update_item(
                TableName=self.table,
                Key=row.key,
                UpdateExpression=update,
                ConditionExpression="#open = :file AND due = :was",
                ExpressionAttributeNames={"#open": "open"},
                ExpressionAttributeValues=to_dynamodb(
                    known | {f":{name}": value for name, value in values.items()}
                ),
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            refused_item(error)
            return None
        return file_row_of(answer["Attributes"])


def count_of(row: FileRow, now: float) -> Count:
    """The count that a reconciliation left unfinished, or a new one."""
    if row.partial_count is None:
        return Count(begun_at=int(now))
    return Count(**{name: row.partial_count[attribute(name)] for name in Count._fields})


def _is_of(source: Source, values: Mapping[str, Any]) -> bool:
    """Whether a row's document is of this version of the file, and of its owner."""
    if values.get("sourceOwner") != source.owner:
        return False
    version = values.get("sourceVersion", "")
    if version or source.version:
        return bool(version == source.version)
    return bool(values.get("sourceSequencer", "") == source.sequencer)
