"""The ids of jobs, found by the beginning of an id or by a job's name.

One index has both, as CloudFormation adds one index an update. The row of a job or rejection is in it under the
beginning of its id, and the row of a job's request under the job's name. Both are written once. The index holds
keys only, and is less than a second behind the table.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.ledger.items import from_dynamodb, to_dynamodb, word_of_beginning, word_of_name
from jobchute.ledger.table import BY_WORD

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class LookupRows(NamedTuple):
    """Each look-up is one query of at most `limit` entries."""

    client: "DynamoDBClient"
    table: str

    def beginning_with(self, text: str, *, limit: int) -> list[str]:
        """Ids of jobs and rejections. text: at least BEGINNING_LENGTH characters of an id."""
        values = {":word": word_of_beginning(text), ":text": text}
        return self._ids("word = :word AND begins_with(wordOrder, :text)", values, limit)

    def named(self, name: str, *, limit: int) -> list[str]:
        """Ids of jobs with this name, whole, the latest first. Some of them may be gone."""
        return self._ids("word = :word", {":word": word_of_name(name)}, limit)

    def _ids(self, condition: str, values: dict[str, Any], limit: int) -> list[str]:
        answer = self.client.query(
            TableName=self.table,
            IndexName=BY_WORD,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=to_dynamodb(values),
            ScanIndexForward=False,
            Limit=limit,
        )
        return [from_dynamodb(item)["pk"] for item in answer["Items"]]
