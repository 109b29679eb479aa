"""The ledger's row of what one sweep leaves to the next: when it looked at all jobs, and where it stopped."""

from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.ledger.items import from_dynamodb, to_dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOOK = {"pk": "POOLS", "sk": "LOOK"}


class Notes(NamedTuple):
    """looked_at: when the last look at all submitted jobs came to its end, in epoch seconds; 0 if none did.

    pool: the last pool that the sweep before had time for; empty where it had time for all.
    job: `STATE|updatedAt` of the last submitted job that a look at all had time for; empty at the start of one.
    """

    looked_at: float = 0.0
    pool: str = ""
    job: str = ""


class ReconciliationRows(NamedTuple):
    client: "DynamoDBClient"
    table: str

    def notes(self) -> Notes:
        item = self.client.get_item(TableName=self.table, Key=to_dynamodb(LOOK)).get("Item")
        if item is None:
            return Notes()
        values = from_dynamodb(item)
        return Notes(float(values.get("at", 0)), values.get("pool", ""), values.get("job", ""))

    def stopped_at_pool(self, pool: str) -> None:
        """Where the next sweep goes on; empty: anywhere."""
        self._set({"pool": pool})

    def stopped_at_job(self, job: str) -> None:
        """Where the next sweep goes on with the look at all jobs; empty: at its start."""
        self._set({"job": job})

    def mark_looked(self, now: float) -> None:
        """A look at all jobs has come to its end."""
        self._set({"at": int(now), "job": ""})

    def _set(self, changes: dict[str, Any]) -> None:
        self.client.update_item(
            TableName=self.table,
            Key=to_dynamodb(LOOK),
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
            ExpressionAttributeNames={f"#{name}": name for name in changes},
            ExpressionAttributeValues=to_dynamodb({f":{name}": value for name, value in changes.items()}),
        )
