"""The deployment's table of prices: one item, which the tool writes and functions read where a price is needed.

The item of the pools' settings, which functions read anyway, says when prices were loaded (`pricesAt`). So a
deployment without prices reads nothing for them, and one with prices reads them again only when they change.
The mark is written after the table: a reader that sees the mark finds the table that it is about, or a later
one.
"""

from typing import TYPE_CHECKING, NamedTuple

from jobchute.ledger.items import from_dynamodb, to_dynamodb
from jobchute.ledger.pool_settings import PoolSettingsRow
from jobchute.money.prices import Prices

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"pk": "PRICES", "sk": "PRICES"}


class PriceRow(NamedTuple):
    """Reads and writes the table of prices."""

    client: "DynamoDBClient"
    table: str

    def get(self) -> Prices | None:
        """None if no prices were ever loaded."""
        import zlib

        answer = self.client.get_item(TableName=self.table, Key=to_dynamodb(KEY), ConsistentRead=True)
        item = answer.get("Item")
        return None if item is None else Prices.of_json(zlib.decompress(from_dynamodb(item)["prices"]).decode())

    def put(self, prices: Prices, *, loaded_at: str) -> None:
        """Replace all prices. loaded_at: ISO 8601."""
        import zlib

        packed = zlib.compress(prices.to_json().encode(), level=9)
        item = {**KEY, "prices": packed, "loadedAt": loaded_at}
        self.client.put_item(TableName=self.table, Item=to_dynamodb(item))
        PoolSettingsRow(self.client, self.table).put_prices_at(loaded_at)
