"""The ledger's row of the check for lost announcements, and the rows that the check reads."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.job import Job, State
from jobchute.ledger.items import JOB, attribute, from_dynamodb, job_of, to_dynamodb
from jobchute.ledger.job_rows import Batches
from jobchute.ledger.table import BY_STATE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOOK = {"pk": "RETELLING", "sk": "LOOK"}


class DueCheck(NamedTuple):
    """How far the check has come. `*_at` are epoch seconds, the other times ISO 8601.

    executions_at: when all running executions were last seen. page: Step Functions' token of the next page.
    statuses_at: when status documents were last sampled. told_until: every job that had ended by then has its
    status document.

    An unfinished walk through all rows that have ended since then: walked_state and walked_until, its
    position; walk_until, its end; oldest_behind, when the first job ended whose status document is out of
    date; is_moving, whether newer jobs than these were announced.
    """

    executions_at: int = 0
    page: str | None = None
    statuses_at: int = 0
    told_until: str | None = None
    walk_until: str | None = None
    walked_state: str | None = None
    walked_until: str | None = None
    oldest_behind: str | None = None
    is_moving: bool = False


class RetellingRows(NamedTuple):
    """The row of the check, and queries of jobs that have ended."""

    client: "DynamoDBClient"
    table: str

    def get(self) -> DueCheck:
        item = self.client.get_item(TableName=self.table, Key=to_dynamodb(LOOK)).get("Item")
        if item is None:
            return DueCheck()
        values = from_dynamodb(item)
        return DueCheck(
            **{name: values[attribute(name)] for name in DueCheck._fields if attribute(name) in values}
        )

    def put(self, look: DueCheck) -> None:
        values = {attribute(name): value for name, value in look._asdict().items() if value is not None}
        self.client.put_item(TableName=self.table, Item=to_dynamodb(LOOK | values))

    def sample(self, states: Sequence[State], *, after: str, until: str, limit: int, samples: int) -> list[Job]:
        """Some jobs that ended within a time, the latest first: of each state, about `samples` of the latest
        `limit`. One query for each state, and one read.
        """
        found: list[str] = []
        for state in states:
            answer = self.client.query(**self._ended(state, after, until), ScanIndexForward=False, Limit=limit)
            latest = [item["pk"]["S"] for item in answer["Items"]]
            found += latest[:: max(len(latest) // samples, 1)]
        return list(self._rows(found))

    def ended(self, state: State, *, after: str, until: str) -> Iterator[Job]:
        """All jobs that ended within a time, the earliest first. One query, and one read for 100 jobs."""
        pages = self.client.get_paginator("query").paginate(**self._ended(state, after, until))
        return self._rows(item["pk"]["S"] for page in pages for item in page["Items"])

    def _rows(self, job_ids: Iterable[str]) -> Iterator[Job]:
        """A final row does not move, so it need not be the newest."""
        batches = Batches(self.client, self.table, consistent=False)
        return map(job_of, batches.read((job_id, JOB) for job_id in job_ids))

    def _ended(self, state: State, after: str, until: str) -> dict[str, Any]:
        return {
            "TableName": self.table,
            "IndexName": BY_STATE,
            "KeyConditionExpression": "listed = :list AND updatedAt BETWEEN :after AND :until",
            "ExpressionAttributeValues": to_dynamodb({":list": str(state), ":after": after, ":until": until}),
        }
