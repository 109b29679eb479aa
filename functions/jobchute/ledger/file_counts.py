"""The ledger's rows of files whose jobs are counted: which are due, and how far a count has come.

A file's jobs are found in the index of their sources, page by page in the order of their creation, so jobs
that are accepted meanwhile come last. Their states are read from their rows. Every write requires that the
row's `due` is the one that was read: if two reconciliations count the same file, one of them continues.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import reduce
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.job import Source, iso
from jobchute.ledger.conditions import refused_item
from jobchute.ledger.files import OPEN_FILE, FileRow, best_in, file_row_of, text_of_best
from jobchute.ledger.items import attribute, from_dynamodb, job_of, to_dynamodb
from jobchute.ledger.job_rows import Batches
from jobchute.ledger.object_order import modified_at
from jobchute.ledger.table import BY_DUE, BY_SOURCE
from jobchute.requests.objective import Best, better_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_PAGE_ROWS = 1000
"""Of jobs, which ten calls read."""
CLOCKS_DIFFER_SECONDS = 60
"""Between S3's clock, which says when a file was written, and those of the functions."""


class Count(NamedTuple):
    """What a count has found so far. begun_at: in epoch seconds. states: the file's rows, by state.

    latest: when the last of these moved. best: the best of them by their objective; None if they have none.
    place: the key in the index after which the count continues; None at the start and at the end.
    """

    begun_at: int
    states: Mapping[str, int] = MappingProxyType({})
    latest: str = ""
    best: Best | None = None
    place: Mapping[str, str] | None = None


class FileCountRows(NamedTuple):
    """The rows of files that are still counted, and the pages of their jobs."""

    client: "DynamoDBClient"
    table: str
    max_page_rows: int = MAX_PAGE_ROWS

    def due(self, now: float) -> Iterator[FileRow]:
        """Files whose count is due, the longest overdue first. One query, and one read for 100 files."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            IndexName=BY_DUE,
            KeyConditionExpression="#open = :file AND due <= :now",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues=to_dynamodb({":file": OPEN_FILE, ":now": int(now)}),
        )
        keys = ((item["pk"]["S"], item["sk"]["S"]) for page in pages for item in page["Items"])
        rows = map(file_row_of, Batches(self.client, self.table).read(keys))
        # Another reconciliation may have counted it meanwhile, or may be counting it.
        return (row for row in rows if row.due is not None and row.due <= now)

    def claim(self, row: FileRow, *, due: int) -> FileRow | None:
        """Move a file behind the others that are due. Returns the row; None if another reconciliation did
        so.
        """
        return self._write(row, "SET due = :due", {"due": due})

    def next_page(self, row: FileRow, count: Count) -> Count:
        """Read one more page of the index, and the rows of its jobs: one read for 100 of them."""
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
            ExpressionAttributeValues=to_dynamodb(values),
            Limit=self.max_page_rows,
            **start,  # type: ignore[arg-type]
        )
        keys = [(item["pk"]["S"], item["sk"]["S"]) for item in page["Items"]]
        jobs = map(job_of, Batches(self.client, self.table).read(keys))
        found = [job for job in jobs if _is_of(row.source, job.source)]
        place = page.get("LastEvaluatedKey")
        return count._replace(
            states=Counter(count.states) + Counter(str(job.state) for job in found),
            latest=max([count.latest, *(job.updated_at for job in found)]),
            best=reduce(better_of, found, count.best),
            place=None if place is None else from_dynamodb(place),
        )

    def keep(self, row: FileRow, count: Count, *, due: int) -> None:
        """Leave the rest of a count to the next reconciliation."""
        partial = {attribute(name): value for name, value in count._asdict().items()}
        partial["best"] = text_of_best(count.best)
        self._write(row, "SET due = :due, partialCount = :partial", {"due": due, "partial": partial})

    def save(self, row: FileRow, *, due: int) -> FileRow | None:
        """Write what was counted. Returns the row; None if the file was cancelled or counted meanwhile."""
        values: dict[str, Any] = {"due": due, "states": row.states, "countedAt": row.counted_at}
        if row.ended_at is not None:
            values["endedAt"] = row.ended_at
        if row.best is not None:
            values["best"] = text_of_best(row.best)
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
    values = {name: row.partial_count[attribute(name)] for name in Count._fields}
    return Count(**{**values, "best": best_in(values["best"])})


def _is_of(file: Source, source: Source) -> bool:
    """Whether a job's document is of this version of the file, and of its owner."""
    if source.owner != file.owner:
        return False
    if source.version or file.version:
        return source.version == file.version
    return source.sequencer == file.sequencer
