"""The ledger's row of what operators set for pools without a deployment: rules, and pauses."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.ledger.items import from_dynamodb, to_dynamodb
from jobchute.pools.limits import Limits, json_of_rules, rules_of_json
from jobchute.pools.pauses import Pauses

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SETTINGS = {"pk": "POOLS", "sk": "SETTINGS"}


class PoolSettings(NamedTuple):
    """overrides: rules of pools, over the deployment's. prices_at: when prices were loaded; empty if they
    never were (jobchute.ledger.price_rows).
    """

    overrides: Mapping[str, Limits]
    pauses: Pauses
    prices_at: str = ""


class PoolSettingsRow(NamedTuple):
    """One item, read consistently: the tool writes back what it read."""

    client: "DynamoDBClient"
    table: str

    def get(self) -> PoolSettings:
        """All of it, in one read; empty if nothing was set."""
        answer = self.client.get_item(TableName=self.table, Key=to_dynamodb(SETTINGS), ConsistentRead=True)
        values = from_dynamodb(answer.get("Item", {}))
        rules = rules_of_json(values.get("rules", "{}"))
        return PoolSettings(rules, values.get("pauses", {}), values.get("pricesAt", ""))

    def put_overrides(self, rules: Mapping[str, Limits]) -> None:
        """Replace the rules that operators set. Pauses stay."""
        self._set("rules", json_of_rules(rules))

    def put_pauses(self, pauses: Pauses) -> None:
        """Replace the pauses. Rules stay."""
        self._set("pauses", dict(pauses))

    def put_prices_at(self, loaded_at: str) -> None:
        """Have functions read the prices again."""
        self._set("pricesAt", loaded_at)

    def _set(self, name: str, value: Any) -> None:
        self.client.update_item(
            TableName=self.table,
            Key=to_dynamodb(SETTINGS),
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues=to_dynamodb({":value": value}),
        )
