"""DynamoDB in memory: boto3's client, as far as the ledger may use it, and its tables.

Expressions are parsed by DynamoDB's grammar and kept as functions; what they do not know is refused. Held to
moto's behaviour by tests/integration/fakes/test_dynamodb_*.py. It knows no schema but that of `create_table`.
"""

from tests.fakes.dynamodb.client import FakeDynamoDB
from tests.fakes.dynamodb.table import Change, Table
from tests.fakes.dynamodb.values import Item

__all__ = ["Change", "FakeDynamoDB", "Item", "Table"]
