"""The ledger's rows of objects: the newest version that is known of each, so that no older one replaces it."""

from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.conditions import refused_item
from jobchute.job import Source
from jobchute.rows import from_dynamodb, to_dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NEWEST = "NEWEST"


class VersionRows(NamedTuple):
    """Versions are told apart by S3's sequencer; a source without one has no versions, and is the newest."""

    client: "DynamoDBClient"
    table: str

    def remember(self, source: Source) -> bool:
        """Note the newest version of an object. Returns whether this one is it (no newer one came before)."""
        if not source.sequencer:
            return True
        values = to_dynamodb({":sequencer": source.sequencer, ":version": source.version})
        try:
            self.client.update_item(
                TableName=self.table,
                Key=_key(source.uri),
                UpdateExpression="SET sequencer = :sequencer, version = :version",
                ConditionExpression="attribute_not_exists(pk) OR sequencer <= :sequencer",
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            refused_item(error)
            return False
        return True

    def is_newest(self, source: Source) -> bool:
        """Whether no newer version of the object is known."""
        if not source.sequencer:
            return True
        key = _key(source.uri)
        item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return item is None or from_dynamodb(item)["sequencer"] <= source.sequencer


def _key(uri: str) -> dict[str, Any]:
    return to_dynamodb({"pk": f"SOURCE#{uri}", "sk": NEWEST})
