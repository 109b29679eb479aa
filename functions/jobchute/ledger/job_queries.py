"""Jobs found by what they have in common: a state, a source, a provider id, a label, or that they are due.

The indexes are eventually consistent: a row may show up in one a moment after it was written.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.errors import UnknownJobError
from jobchute.job import Job, State
from jobchute.ledger.items import LOOK, OPEN, from_dynamodb, job_of, to_dynamodb
from jobchute.ledger.job_rows import JobRows
from jobchute.ledger.table import BY_DUE, BY_PROVIDER_ID, BY_SOURCE, BY_STATE, INDEXES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class JobQueries(NamedTuple):
    """Each reads page after page, as long as its caller goes on."""

    client: "DynamoDBClient"
    table: str

    def due(self, now: float) -> Iterator[Job]:
        """Open jobs whose next check is due, the longest overdue first."""
        yield from self._query(BY_DUE, OPEN, upper=("due", int(now)))

    def due_name_checks(self, now: float) -> Iterator[Job]:
        """Jobs that wait for names and whose next look is overdue, the longest first."""
        yield from self._query(BY_DUE, LOOK, upper=("due", int(now)))

    def by_state(self, state: State, *, until: str | None = None) -> Iterator[Job]:
        """Jobs in a state, the latest moved first. until: those that moved then or before, as ISO 8601 text."""
        upper = None if until is None else ("updatedAt", until)
        yield from self._query(BY_STATE, str(state), upper=upper, newest_first=True)

    def by_source(self, uri: str) -> Iterator[Job]:
        """Jobs that came from a file or message, the latest first."""
        yield from self._query(BY_SOURCE, uri, newest_first=True)

    def by_provider_id(self, provider_id: str) -> Job | None:
        return next(self._query(BY_PROVIDER_ID, provider_id), None)

    def by_label(self, name: str, value: str) -> Iterator[Job]:
        """Jobs that carry a label, the latest first."""
        rows = JobRows(self.client, self.table)
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_dynamodb({":pk": f"LABEL#{name}={value}"}),
            ScanIndexForward=False,
        )
        for page in pages:
            for item in page["Items"]:
                with suppress(UnknownJobError):  # the pointer may outlive the row
                    yield job_of(rows.get(from_dynamodb(item)["jobId"]))

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
