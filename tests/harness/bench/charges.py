"""What a call of DynamoDB writes and reads, by its request and its answer as the API has them."""

from collections.abc import Mapping
from typing import Any

from jobchute.ledger.items import to_dynamodb
from jobchute.ledger.reconciliations import LOOK
from tests.harness.bench.units import Item, read_units, size_of

WRITES = ("PutItem", "UpdateItem", "DeleteItem")
TRANSACTION = "TransactWriteItems"
NOTES = ("SET mendedAt", "SET retiringAt")

Request = Mapping[str, Any]


def written(operation: str, request: Request) -> list[tuple[str, Item]]:
    """Table and key of every item that the call writes; of a put, the item itself.

    Without the sweep's notes of when it last looked at all jobs, mended a pool or found it unused: one each in
    five minutes, independent of the number of jobs.
    """
    if operation in WRITES:
        item = request.get("Key") or request["Item"]
        key = {name: item[name] for name in LOOK}
        is_note = key == to_dynamodb(LOOK) or request.get("UpdateExpression", "").startswith(NOTES)
        return [] if is_note else [(request["TableName"], key)]
    if operation == TRANSACTION:
        actions = [action for entry in request["TransactItems"] for action in entry.values() if action]
        keys = [action.get("Key") or action["Item"] for action in actions]
        return [
            (action["TableName"], {name: key[name] for name in LOOK})
            for action, key in zip(actions, keys, strict=True)
        ]
    return []


def read(operation: str, request: Request, answer: Mapping[str, Any]) -> float:
    """Units of what the call read."""
    match operation:
        case "GetItem":
            found = answer.get("Item", {})
            return read_units(size_of(found), consistent=request.get("ConsistentRead", False))
        case "Query":
            size = sum(map(size_of, answer.get("Items", ())))
            return read_units(size, consistent=request.get("ConsistentRead", False))
        case "BatchGetItem":
            consistent = any(table.get("ConsistentRead", False) for table in request["RequestItems"].values())
            items = [item for found in answer["Responses"].values() for item in found]
            return sum(read_units(size_of(item), consistent=consistent) for item in items)
    return 0.0
