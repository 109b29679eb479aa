"""The ledger's row of what one reconciliation leaves to the next: when all jobs were polled, and where it
stopped.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.ledger.items import from_dynamodb, to_dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOOK = {"pk": "POOLS", "sk": "LOOK"}


class Notes(NamedTuple):
    """looked_at: when the last poll of all submitted jobs was complete, in epoch seconds; 0 if none was.

    pool: the last pool for which the last reconciliation had time; empty if it had time for all.
    job: `STATE|updatedAt` of the last job for which an unfinished poll of all had time; empty if none is
    unfinished.
    """

    looked_at: float = 0.0
    pool: str = ""
    job: str = ""


class ReconciliationRows(NamedTuple):
    """One item, for all reconciliations."""

    client: "DynamoDBClient"
    table: str

    def notes(self) -> Notes:
        item = self.client.get_item(TableName=self.table, Key=to_dynamodb(LOOK)).get("Item")
        if item is None:
            return Notes()
        values = from_dynamodb(item)
        return Notes(float(values.get("at", 0)), values.get("pool", ""), values.get("job", ""))

    def stopped_at_pool(self, pool: str) -> None:
        """Set the pool after which the next reconciliation continues; empty: it may begin with any."""
        self._set({"pool": pool})

    def stopped_at_job(self, job: str) -> None:
        """Set the job after which the next reconciliation continues to poll; empty: from the start."""
        self._set({"job": job})

    def mark_looked(self, now: float) -> None:
        """A poll of all jobs is complete."""
        self._set({"at": int(now), "job": ""})

    def _set(self, changes: dict[str, Any]) -> None:
        self.client.update_item(
            TableName=self.table,
            Key=to_dynamodb(LOOK),
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
            ExpressionAttributeNames={f"#{name}": name for name in changes},
            ExpressionAttributeValues=to_dynamodb({f":{name}": value for name, value in changes.items()}),
        )
