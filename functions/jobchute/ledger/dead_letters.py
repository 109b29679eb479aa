"""The ledger's rows of dead letters: one for each message, until it is redriven or its queue deletes it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.ledger.conditions import refused_item
from jobchute.ledger.items import attribute, from_dynamodb, to_dynamodb
from jobchute.ledger.table import TIME_TO_LIVE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DEAD_LETTER = "DEAD_LETTER"
# A queue keeps a message for 14 days from when it was first sent.
KEPT_SECONDS = 15 * 24 * 3600


class DeadLetter(NamedTuple):
    """What is known of a message, without its body. Times are ISO 8601.

    queue: its name; place: which of the three it is. deliveries: how many there were.
    about: `s3://bucket/key?version=…`, `sqs://<message id>`, a provider's ARN, or a part of the stream.
    """

    queue: str
    place: str
    message_id: str
    first_seen_at: str
    sent_at: str
    deliveries: int
    about: tuple[str, ...] = ()
    job_ids: tuple[str, ...] = ()


class DeadLetterRows(NamedTuple):
    """Rows of the ledger's table under one partition key."""

    client: "DynamoDBClient"
    table: str

    def is_known(self, queue: str, message_id: str) -> bool:
        answer = self.client.get_item(
            TableName=self.table, Key=_key(queue, message_id), ProjectionExpression="pk"
        )
        return "Item" in answer

    def add(self, letter: DeadLetter) -> bool:
        """Write the row of a new letter. Returns whether it is new; the row of a known one stays as it is."""
        sent_at = datetime.fromisoformat(letter.sent_at).timestamp()
        values = {attribute(name): _plain(value) for name, value in letter._asdict().items()}
        values[TIME_TO_LIVE] = int(sent_at) + KEPT_SECONDS
        try:
            self.client.put_item(
                TableName=self.table,
                Item=_key(letter.queue, letter.message_id) | to_dynamodb(values),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            refused_item(error)
            return False
        return True

    def all(self) -> list[DeadLetter]:
        """The longest known first."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_dynamodb({":pk": DEAD_LETTER}),
            ConsistentRead=True,
        )
        letters = (_letter(item) for page in pages for item in page["Items"])
        return sorted(letters, key=lambda letter: letter.first_seen_at)

    def some(self, limit: int) -> list[DeadLetter]:
        """At most so many letters. One query."""
        answer = self.client.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_dynamodb({":pk": DEAD_LETTER}),
            Limit=limit,
        )
        return sorted(map(_letter, answer["Items"]), key=lambda letter: letter.first_seen_at)

    def job_ids(self) -> frozenset[str]:
        """The jobs that letters are about, as far as it is known."""
        return frozenset(job_id for letter in self.all() for job_id in letter.job_ids)

    def remove(self, queue: str, message_id: str) -> None:
        self.client.delete_item(TableName=self.table, Key=_key(queue, message_id))


def _key(queue: str, message_id: str) -> dict[str, Any]:
    return to_dynamodb({"pk": DEAD_LETTER, "sk": f"{queue}#{message_id}"})


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _letter(item: dict[str, Any]) -> DeadLetter:
    values = from_dynamodb(item)
    known = {name: values[attribute(name)] for name in DeadLetter._fields}
    return DeadLetter(**known | {"about": tuple(known["about"]), "job_ids": tuple(known["job_ids"])})
