# ruff: noqa: ARG005 - all terms take the same
"""One write: what it needs to hold, what it makes of the item, what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.dynamodb.errors import RefusalError
from tests.fakes.dynamodb.expressions import Expressions, expressions_of
from tests.fakes.dynamodb.table import MAX_ITEM_BYTES, Key, Table
from tests.fakes.dynamodb.values import InvalidError, Item, admit_item

RETURNS: Mapping[str, frozenset[str]] = {
    "put": frozenset({"NONE", "ALL_OLD"}),
    "delete": frozenset({"NONE", "ALL_OLD"}),
    "update": frozenset({"NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"}),
    "check": frozenset({"NONE"}),
}


@dataclass(slots=True)
class Write:
    """outcome: the item after it (None for none), and its size in bytes, not too low."""

    table: Table
    key: Key
    old: Item | None
    said: Expressions
    values: Item
    returns: str
    shows_what_refused: bool
    outcome: Callable[["Write"], tuple[Item | None, int]]
    new: Item | None = None
    size: int = 0

    def holds(self) -> bool:
        condition = self.said.condition
        return condition is None or condition(self.old or {}, self.values)

    def prepare(self) -> None:
        """Raises InvalidError for an item that cannot be."""
        self.new, self.size = self.outcome(self)
        if self.new is None:
            return
        if self.size > MAX_ITEM_BYTES:
            self.size = admit_item(self.new)[1]
        self.table.check(self.new, self.old or {}, self.size)

    def check(self) -> None:
        if not self.holds():
            item = {"Item": dict(self.old)} if self.shows_what_refused and self.old is not None else {}
            raise RefusalError("ConditionalCheckFailedException", "The conditional request failed", **item)
        self.prepare()

    def run(self) -> None:
        self.table.write(self.key, self.new, self.size)

    def answer(self) -> dict[str, Any]:
        update = self.said.update
        item = self.old if self.returns.endswith("OLD") else self.new
        if self.returns == "NONE" or item is None:
            return {}
        if self.returns.startswith("ALL"):
            return {"Attributes": dict(item)}
        touched = update.attributes if update else set()
        return {"Attributes": {name: value for name, value in item.items() if name in touched}}


def write_of(kind: str, table: Table, request: Mapping[str, Any]) -> Write:
    """kind: put, update, delete or check (of a condition, in a transaction)."""
    said, values, growth = expressions_of(request)
    given, size = admit_item(request["Item"] if kind == "put" else request["Key"])
    key = table.key_of(given)
    if kind != "put" and len(given) > len(key):
        raise InvalidError("The provided key element does not match the schema")
    returns = request.get("ReturnValues", "NONE")
    if returns not in RETURNS[kind]:
        raise InvalidError(f"Return values set to invalid value: {returns}")
    if said.update is not None and said.update.attributes & {*table.schema.names}:
        raise InvalidError("Cannot update attribute that is part of the key")
    outcomes: Mapping[str, Callable[[Write], tuple[Item | None, int]]] = {
        "put": lambda write: (given, size),
        "update": lambda write: _updated(write, given, size + growth),
        "delete": lambda write: (None, 0),
        "check": lambda write: (write.old, write.table.sizes.get(key, 0)),
    }
    shows = request.get("ReturnValuesOnConditionCheckFailure", "NONE") == "ALL_OLD"
    return Write(table, key, table.items.get(key), said, values, returns, shows, outcomes[kind])


def _updated(write: Write, key: Item, growth: int) -> tuple[Item | None, int]:
    """The size grows by the values; what they replace is taken off when it matters (Write.prepare)."""
    old, update = write.old, write.said.update
    base = key if old is None else old
    new = base if update is None else update.apply(base, write.values)
    if update is not None and update.copies:
        return new, admit_item(new)[1]
    names = 0 if update is None else sum(map(len, update.attributes))
    return new, write.table.sizes.get(write.key, 0) + growth + names
