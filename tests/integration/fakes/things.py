"""A table of things, and the calls that the tests of DynamoDB make there."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

TABLE = "things"
Item = dict[str, Any]


def create(dynamodb: Any) -> None:
    def schema(*names: str) -> list[dict[str, str]]:
        kinds = ("HASH", "RANGE")
        return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, kinds, strict=False)]

    def index(name: str, *keys: str) -> dict[str, Any]:
        return {"IndexName": name, "KeySchema": schema(*keys), "Projection": {"ProjectionType": "ALL"}}

    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "N" if name == "due" else "S"}
            for name in ("pk", "sk", "open", "due", "owner")
        ],
        KeySchema=schema("pk", "sk"),
        GlobalSecondaryIndexes=[index("byDue", "open", "due"), index("byOwner", "owner")],
        BillingMode="PAY_PER_REQUEST",
    )


def key(pk: str = "a", sk: str = "1") -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def text(value: str) -> Item:
    return {"S": value}


def number(value: object) -> Item:
    return {"N": str(value)}


RICH: Item = {
    **key(),
    "state": text("OPEN"),
    "count": number(3),
    "half": number("0.5"),
    "flag": {"BOOL": True},
    "nothing": {"NULL": True},
    "tags": {"SS": ["red", "blue"]},
    "steps": {"L": [text("one"), text("two")]},
    "source": {"M": {"uri": text("s3://b/k"), "deep": {"M": {"n": number(1)}}}},
    "body": {"B": b"\x00\x01"},
}


def put(dynamodb: Any, item: Item, **options: Any) -> Any:
    return dynamodb.put_item(TableName=TABLE, Item=item, **options)


def get(dynamodb: Any, pk: str = "a", sk: str = "1") -> Item | None:
    answer = dynamodb.get_item(TableName=TABLE, Key=key(pk, sk), ConsistentRead=True)
    return plain(answer["Item"]) if "Item" in answer else None


def plain(item: Item) -> Item:
    """With sets in order, which they have none of."""
    return {
        name: {kind: sorted(content) if kind in ("SS", "NS") else content for kind, content in value.items()}
        for name, value in item.items()
    }


def update(dynamodb: Any, expression: str, condition: str = "", **options: Any) -> Any:
    values = {f":{name}": value for name, value in options.pop("values", {}).items()}
    names = {f"#{name}": name for name in options.pop("names", ())}
    said = {
        "ConditionExpression": condition,
        "ExpressionAttributeValues": values,
        "ExpressionAttributeNames": names,
    }
    request = {name: value for name, value in said.items() if value}
    return dynamodb.update_item(
        TableName=TABLE, Key=options.pop("key", key()), UpdateExpression=expression, **request, **options
    )


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def shown(error: pytest.ExceptionInfo[ClientError]) -> Item:
    """The item that made a condition fail, where the error shows it."""
    response: Item = {**error.value.response}
    return response.get("Item") or {}


def due(dynamodb: Any, upper: int, condition: str = "#o = :o AND due <= :upper", **options: Any) -> list[str]:
    """The sort keys of what a query on an index finds, page by page."""
    pages = dynamodb.get_paginator("query").paginate(
        TableName=TABLE,
        IndexName="byDue",
        KeyConditionExpression=condition,
        ExpressionAttributeNames={"#o": "open"},
        ExpressionAttributeValues={":o": text("OPEN"), ":upper": number(upper)},
        **options,
    )
    return [item["sk"]["S"] for page in pages for item in page["Items"]]
