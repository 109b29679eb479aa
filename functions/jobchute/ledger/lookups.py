"""The ids of jobs that are known by less than an id: by its beginning, or by a job's name.

The indexes hold keys alone, and lag behind the table by less than a second.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.ledger.items import beginning_of, from_dynamodb, to_dynamodb
from jobchute.ledger.table import BY_BEGINNING, BY_NAME

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class LookupRows(NamedTuple):
    """Each look-up is one query of at most `limit` entries."""

    client: "DynamoDBClient"
    table: str

    def beginning_with(self, text: str, *, limit: int) -> list[str]:
        """Ids of jobs and rejections. text: at least BEGINNING_LENGTH characters of an id."""
        values = {":beginning": beginning_of(text), ":text": text}
        condition = "beginning = :beginning AND begins_with(jobId, :text)"
        return self._ids(BY_BEGINNING, condition, values, limit)

    def named(self, name: str, *, limit: int) -> list[str]:
        """Ids of jobs with this name, whole, the latest first. name: not empty."""
        return self._ids(BY_NAME, "#name = :name", {":name": name}, limit, ExpressionAttributeNames=NAME)

    def _ids(self, index: str, condition: str, values: dict[str, str], limit: int, **options: Any) -> list[str]:
        answer = self.client.query(
            TableName=self.table,
            IndexName=index,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=to_dynamodb(values),
            ScanIndexForward=False,
            Limit=limit,
            **options,
        )
        return [from_dynamodb(item)["pk"] for item in answer["Items"]]


NAME = {"#name": "name"}
"""A reserved word of DynamoDB's expressions."""
