"""The items of one job: how they are read, made and changed. Everything else about jobs is built on this.

A job is some items under its id: `REQUEST`, the canonical body, written once, `JOB`, the small row that moves,
and `TOKEN#…`, the task tokens of its execution.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from jobchute.errors import UnknownJobError
from jobchute.job import Job
from jobchute.ledger.conditions import refused_item
from jobchute.ledger.items import JOB, Item, job_of, to_dynamodb
from jobchute.ledger.table import MAX_JOB_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from jobchute.ledger.update import Update


Key = tuple[str, str]
"""`pk` and `sk`."""

MAX_BATCH = 100
"""Keys that BatchGetItem takes."""


class Batches(NamedTuple):
    """Items read by their keys, a hundred with each call: what indexes find, as they hold keys.

    consistent: whether a read shows every write before it. One that does not costs half as much.
    on_error: called for a read that fails, whose items are then left out; without it the error is raised.
    """

    client: "DynamoDBClient"
    table: str
    consistent: bool = True
    on_error: Callable[[Exception], None] | None = None

    def read(self, keys: Iterable[Key]) -> Iterator[Item]:
        """The items of those keys that exist, in the order of the keys.

        Keys are taken and items are read as the caller goes on: one call for MAX_BATCH keys, and further ones
        where 16 MB are exceeded or the table is throttled.
        """
        left = iter(keys)
        while chunk := list(dict.fromkeys(islice(left, MAX_BATCH))):
            try:
                found = self._read_chunk(chunk)
            except (BotoCoreError, ClientError) as error:
                if self.on_error is None:
                    raise
                self.on_error(error)
                continue
            yield from (found[key] for key in chunk if key in found)

    def _read_chunk(self, chunk: list[Key]) -> dict[Key, Item]:
        keys: Any = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in chunk]
        found: dict[Key, Item] = {}
        while keys:
            request: Any = {self.table: {"Keys": keys, "ConsistentRead": self.consistent}}
            answer: Any = self.client.batch_get_item(RequestItems=request)
            items = answer["Responses"].get(self.table, [])
            found |= {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
            keys = answer["UnprocessedKeys"].get(self.table, {}).get("Keys", [])
        return found


class JobRows(NamedTuple):
    """Consistent reads and conditional writes. A dry run has its own, which write nothing."""

    client: "DynamoDBClient"
    table: str

    def get(self, job_id: str, sk: str = JOB) -> Item:
        """One item. Raises UnknownJobError."""
        key = to_dynamodb({"pk": job_id, "sk": sk})
        item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        if item is None:
            raise UnknownJobError(job_id)
        return item

    def beginning(self, job_id: str, sk: str) -> list[Item]:
        """The first items, at most 1 MB, whose sort keys begin so."""
        answer = self.client.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues=to_dynamodb({":pk": job_id, ":sk": sk}),
            ConsistentRead=True,
        )
        return answer["Items"]

    def get_many(self, job_ids: Iterable[str]) -> Iterator[Item]:
        """The `JOB` items of those jobs that exist, in this order. One call for 100 of them."""
        return Batches(self.client, self.table).read((job_id, JOB) for job_id in job_ids)

    def put_new(self, item: Item) -> Item | None:
        """Write an item that does not exist yet. Returns the existing item, or None if this call wrote it."""
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

    def put(self, item: Item) -> None:
        """Write an item that has only one possible content."""
        self.client.put_item(TableName=self.table, Item=item)

    def update(self, job_id: str, update: "Update", condition: str) -> tuple[Job, bool]:
        """Change a job's row if the condition holds. Returns the row as it is then, and whether it was changed.

        Raises UnknownJobError.
        """
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


def expiry_of(created_at: str, retention: int) -> int:
    """When an item that belongs to a job may go, in epoch seconds: not before the job's row, which stays for
    `retention` seconds after the job's end.
    """
    return int(datetime.fromisoformat(created_at).timestamp()) + retention + MAX_JOB_SECONDS
