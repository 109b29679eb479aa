# ruff: noqa: N803 - the names are boto3's
"""boto3's DynamoDB client. A call that fails in its parameters fails as botocore, or the service, lets it."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ParamValidationError

from tests.fakes.dynamodb.errors import Exceptions, RefusalError, refused
from tests.fakes.dynamodb.expressions import expressions_of, projected
from tests.fakes.dynamodb.pages import Answer, Pages, Request, Shown, page_of
from tests.fakes.dynamodb.queries import stretch_of
from tests.fakes.dynamodb.table import Change, Key, Order, Schema, Table
from tests.fakes.dynamodb.transactions import Transactions
from tests.fakes.dynamodb.values import InvalidError, Item, admit_item
from tests.fakes.dynamodb.writes import write_of
from tests.fakes.wire import Io, undisturbed

MAX_GETS = 100

CONDITIONAL = {
    "TableName",
    "ConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ReturnValues",
    "ReturnValuesOnConditionCheckFailure",
}
READING = {"TableName", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"}
PAGING = {"FilterExpression", "ExpressionAttributeValues", "Limit", "ExclusiveStartKey", "Select", "IndexName"}
PARAMETERS: Mapping[str, set[str]] = {
    "put_item": {"Item", *CONDITIONAL},
    "delete_item": {"Key", *CONDITIONAL},
    "update_item": {"Key", "UpdateExpression", *CONDITIONAL},
    "get_item": {"Key", *READING},
    "query": {"KeyConditionExpression", "ScanIndexForward", *READING, *PAGING},
    "scan": {*READING, *PAGING} - {"IndexName"},
    "batch_get_item": {"RequestItems"},
    "transact_write_items": {"TransactItems", "ClientRequestToken"},
}


def plain_name(operation: str, request: Request) -> str:
    return operation


class FakeDynamoDB:
    """name_of: what a call is called at the border, by its operation and parameters."""

    exceptions = Exceptions

    def __init__(
        self,
        *,
        io: Io = undisturbed,
        name_of: Callable[[str, Request], str] = plain_name,
        is_lagging: Callable[[], bool] = lambda: False,
    ) -> None:
        self.io = io
        self.name_of = name_of
        self.is_lagging = is_lagging
        self.tables: dict[str, Table] = {}
        self._transactions = Transactions(self._table)
        self._tokens = itertools.count()

    def create_table(
        self,
        *,
        TableName: str,
        AttributeDefinitions: list[Mapping[str, str]],
        KeySchema: list[Mapping[str, str]],
        GlobalSecondaryIndexes: list[Mapping[str, Any]],
        **_: object,
    ) -> None:
        types = {each["AttributeName"]: each["AttributeType"] for each in AttributeDefinitions}
        indexes = {
            each["IndexName"]: (Schema.of(each["KeySchema"]), _held_by(each["Projection"]))
            for each in GlobalSecondaryIndexes
        }
        schemas = (schema for schema, _ in indexes.values())
        used = {name for schema in (Schema.of(KeySchema), *schemas) for name in schema.names}
        if used != types.keys():
            raise refused("CreateTable", InvalidError("some AttributeDefinitions are not used, or missing"))
        self.tables[TableName] = Table(Schema.of(KeySchema), indexes, types, self.is_lagging)

    def listen(self, table: str, listener: Callable[[Change], None]) -> None:
        """Tell of every change of the table, as its stream does."""
        self.tables[table].listeners.append(listener)

    def put_item(self, **request: Any) -> Answer:
        return self._call("put_item", "PutItem", request, lambda: self._write("put", request))

    def update_item(self, **request: Any) -> Answer:
        return self._call("update_item", "UpdateItem", request, lambda: self._write("update", request))

    def delete_item(self, **request: Any) -> Answer:
        return self._call("delete_item", "DeleteItem", request, lambda: self._write("delete", request))

    def get_item(self, **request: Any) -> Answer:
        return self._call("get_item", "GetItem", request, lambda: self._get(request))

    def batch_get_item(self, **request: Any) -> Answer:
        return self._call("batch_get_item", "BatchGetItem", request, lambda: self._get_many(request))

    def query(self, **request: Any) -> Answer:
        return self._call("query", "Query", request, lambda: self._query(request))

    def scan(self, **request: Any) -> Answer:
        return self._call("scan", "Scan", request, lambda: self._scan(request))

    def transact_write_items(self, **request: Any) -> Answer:
        """botocore gives a request without a token one, which stays the same when it tries again."""
        whole = {"ClientRequestToken": f"token-{next(self._tokens)}", **request}
        return self._call(
            "transact_write_items", "TransactWriteItems", whole, lambda: self._transactions.write(whole)
        )

    def get_paginator(self, operation: str) -> "Pages":
        return Pages({"query": self.query, "scan": self.scan}[operation])

    def _call(self, name: str, operation: str, request: Request, effect: Callable[[], Answer]) -> Answer:
        if unknown := request.keys() - PARAMETERS[name]:
            raise ParamValidationError(report=f"{operation}: unknown, or not known to this fake: {unknown}")

        def answer() -> Answer:
            try:
                return effect()
            except (InvalidError, RefusalError) as error:
                raise refused(operation, error) from error

        return self.io(self.name_of(name, request), answer)

    def _table(self, request: Request) -> Table:
        found = self.tables.get(request["TableName"])
        if found is None:
            raise RefusalError("ResourceNotFoundException", "Requested resource not found")
        return found

    def _write(self, kind: str, request: Request) -> Answer:
        write = write_of(kind, self._table(request), request)
        write.check()
        write.run()
        return write.answer()

    def _get(self, request: Request) -> Answer:
        table = self._table(request)
        said, *_ = expressions_of(request)
        item = _read(table, request["Key"], is_consistent=request.get("ConsistentRead", False))
        return {} if item is None else {"Item": projected(item, said.projection)}

    def _get_many(self, request: Request) -> Answer:
        found: dict[str, list[Item]] = {}
        if sum(len(wanted["Keys"]) for wanted in request["RequestItems"].values()) > MAX_GETS:
            raise InvalidError("Too many items requested for the BatchGetItem call")
        for name, wanted in request["RequestItems"].items():
            table = self._table({"TableName": name})
            if unknown := wanted.keys() - READING - {"Keys"}:
                raise ParamValidationError(report=f"not known to this fake: {unknown}")
            said, *_ = expressions_of(wanted)
            keys = [table.key_of(admit_item(key)[0]) for key in wanted["Keys"]]
            if len({*keys}) < len(keys):
                raise InvalidError("Provided list of item keys contains duplicates")
            is_consistent = wanted.get("ConsistentRead", False)
            items = (_read(table, key, is_consistent=is_consistent) for key in wanted["Keys"])
            found[name] = [projected(item, said.projection) for item in items if item is not None]
        return {"Responses": found, "UnprocessedKeys": {}}

    def _query(self, request: Request) -> Answer:
        table = self._table(request)
        said, values, _ = expressions_of(request)
        order = _order(table, request)
        if said.key_condition is None:
            raise InvalidError("Either the KeyConditions or KeyConditionExpression parameter must be specified")
        stretch = stretch_of(said.key_condition, order.schema, table.types, values)
        table.check_partition(order.schema.partition, stretch.partition)
        after = request.get("ExclusiveStartKey")
        entry = None if after is None else order.entry(after, table.key_of(after))
        is_forward = request.get("ScanIndexForward", True)
        entries = stretch.entries(order, after=entry and entry[1], is_forward=is_forward)
        is_fresh = order is table.order and request.get("ConsistentRead", False)
        keys = (entry[1:] for entry in entries)
        return page_of(Shown(table, order, is_fresh=is_fresh), keys, said, values, request)

    def _scan(self, request: Request) -> Answer:
        table = self._table(request)
        said, values, _ = expressions_of(request)
        keys: Iterator[Key] = iter(table.items)
        after = request.get("ExclusiveStartKey")
        if after is not None:
            last = table.key_of(after)
            keys = itertools.islice(itertools.dropwhile(lambda key: key != last, keys), 1, None)
        is_fresh = request.get("ConsistentRead", False)
        return page_of(Shown(table, table.order, is_fresh=is_fresh), keys, said, values, request)


def _read(table: Table, key: Item, *, is_consistent: bool) -> Item | None:
    admitted, _ = admit_item(key)
    place = table.key_of(admitted)
    if len(admitted) > len(place):
        raise InvalidError("The provided key element does not match the schema")
    return table.items.get(place) if is_consistent else table.visible(place)


def _held_by(projection: Mapping[str, Any]) -> frozenset[str] | None:
    """The attributes that an index holds beside keys; None for all."""
    kind = projection["ProjectionType"]
    return None if kind == "ALL" else frozenset(projection.get("NonKeyAttributes", ()))


def _order(table: Table, request: Request) -> Order:
    name = request.get("IndexName")
    if name is None:
        return table.order
    if name not in table.indexes:
        raise InvalidError(f"The table does not have the specified index: {name}")
    if request.get("ConsistentRead"):
        raise InvalidError("Consistent reads are not supported on global secondary indexes")
    return table.indexes[name]
