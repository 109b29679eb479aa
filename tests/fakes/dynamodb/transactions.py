"""TransactWriteItems: all or nothing, once per token."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.dynamodb.errors import NotFakedError, RefusalError, cancelled
from tests.fakes.dynamodb.table import Table
from tests.fakes.dynamodb.values import InvalidError
from tests.fakes.dynamodb.writes import Write, write_of

MAX_ITEMS = 100
KINDS = {"Put": "put", "Update": "update", "Delete": "delete", "ConditionCheck": "check"}
PARAMETERS = {
    "TableName",
    "Item",
    "Key",
    "UpdateExpression",
    "ConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ReturnValuesOnConditionCheckFailure",
}


class Transactions:
    """A token counts for ten minutes; runs here are shorter than that between two tries."""

    def __init__(self, table_of: Callable[[Mapping[str, Any]], Table]) -> None:
        self.table_of = table_of
        self._done: dict[str, list[Mapping[str, Any]]] = {}

    def write(self, request: Mapping[str, Any]) -> dict[str, Any]:
        items, token = request["TransactItems"], request["ClientRequestToken"]
        if token in self._done:
            if self._done[token] != items:
                raise RefusalError("IdempotentParameterMismatchException", "another request had this token")
            return {}
        writes = [self._write(item) for item in items]
        if not 0 < len(writes) <= MAX_ITEMS:
            raise InvalidError(f"Member must have length less than or equal to {MAX_ITEMS}")
        if len({(id(write.table), write.key) for write in writes}) < len(writes):
            raise InvalidError("Transaction request cannot include multiple operations on one item")
        reasons = [_reason(write) for write in writes]
        if any(reason["Code"] != "None" for reason in reasons):
            raise cancelled(reasons)
        for write in writes:
            write.run()
        self._done[token] = items
        return {}

    def _write(self, item: Mapping[str, Mapping[str, Any]]) -> Write:
        if len(item) != 1 or not item.keys() <= KINDS.keys():
            raise InvalidError("TransactItems can only contain one of Check, Put, Update or Delete")
        name, request = next(iter(item.items()))
        if unknown := request.keys() - PARAMETERS:
            raise NotFakedError(f"{name} with {unknown}")
        return write_of(KINDS[name], self.table_of(request), request)


def _reason(write: Write) -> dict[str, Any]:
    if not write.holds():
        item = {"Item": dict(write.old)} if write.shows_what_refused and write.old is not None else {}
        return {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", **item}
    try:
        write.prepare()
    except InvalidError as error:
        return {"Code": "ValidationError", "Message": str(error)}
    return {"Code": "None"}
