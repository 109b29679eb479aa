"""The embedded moto's resources, made from the definitions that the stack is made from."""

from typing import Any

import boto3

from jobchute.ledger.table import INCLUDED, INDEXES, NUMERIC_KEYS

REGION = "us-east-1"
TABLE = "ledger"
CREDENTIALS = {"region_name": REGION, "aws_access_key_id": "test", "aws_secret_access_key": "test"}


def client(service: str, **options: Any) -> Any:
    """A client that needs no environment."""
    return boto3.client(service, **CREDENTIALS, **options)  # type: ignore[call-overload]


def create_table(client: Any, name: str = TABLE) -> None:
    """The ledger's table with its indexes and its stream."""
    keys = {"pk", "sk", *(key for pair in INDEXES.values() for key in pair if key)}
    client.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": key, "AttributeType": "N" if key in NUMERIC_KEYS else "S"} for key in sorted(keys)
        ],
        KeySchema=_schema("pk", "sk"),
        GlobalSecondaryIndexes=[
            {"IndexName": index, "KeySchema": _schema(*pair), "Projection": _projection(index)}
            for index, pair in INDEXES.items()
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )


def _projection(index: str) -> dict[str, Any]:
    if index in INCLUDED:
        return {"ProjectionType": "INCLUDE", "NonKeyAttributes": [*INCLUDED[index]]}
    return {"ProjectionType": "KEYS_ONLY"}


def _schema(partition: str, sort: str | None) -> list[dict[str, str]]:
    schema = [{"AttributeName": partition, "KeyType": "HASH"}]
    return schema + ([{"AttributeName": sort, "KeyType": "RANGE"}] if sort else [])
