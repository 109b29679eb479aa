"""A table: its items, in order within each partition, its indexes, and who is told of changes."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sortedcontainers import SortedList

from tests.fakes.dynamodb.values import InvalidError, Item, sortable

MAX_ITEM_BYTES = 400 * 1024
MAX_PARTITION_KEY_BYTES = 2048
MAX_SORT_KEY_BYTES = 1024
"""Of a table's keys and of its indexes' (DynamoDB developer guide, "Service, account, and table quotas")."""
Key = tuple[Any, ...]
"""An item's primary key, as Python values."""


class Change(NamedTuple):
    """A record of the table's stream. old: None for a new item; new: None for one that was deleted."""

    number: int
    keys: Item
    old: Item | None
    new: Item | None


class Schema(NamedTuple):
    """The key attributes of a table or an index: partition, and sort where there is one."""

    partition: str
    sort: str | None = None

    @classmethod
    def of(cls, key_schema: list[Mapping[str, str]]) -> "Schema":
        names = {part["KeyType"]: part["AttributeName"] for part in key_schema}
        return cls(names["HASH"], names.get("RANGE"))

    @property
    def names(self) -> tuple[str, ...]:
        return (self.partition,) if self.sort is None else (self.partition, self.sort)


@dataclass
class Order:
    """Keys by partition, in the order of the sort attribute: a table's own, or an index's.

    attributes: what an index holds of an item, the keys among them; None for all.
    """

    schema: Schema
    attributes: frozenset[str] | None = None
    partitions: dict[Any, "SortedList[tuple[Any, ...]]"] = field(
        default_factory=lambda: defaultdict(SortedList)
    )

    def entry(self, item: Item, key: Key) -> tuple[Any, tuple[Any, ...]] | None:
        """The partition, and the place in it; None for an item without the key attributes."""
        partition, sort = self.schema
        first = item.get(partition)
        if first is None:
            return None
        if sort is None:
            return sortable(first), (None, *key)
        second = item.get(sort)
        return None if second is None else (sortable(first), (sortable(second), *key))

    def held(self, item: Item) -> Item:
        """What an entry holds of an item."""
        if self.attributes is None:
            return item
        return {name: value for name, value in item.items() if name in self.attributes}

    def replace(self, key: Key, old: Item | None, new: Item | None) -> None:
        if old is not None and new is not None and self._is_kept(old, new):
            return
        before = None if old is None else self.entry(old, key)
        after = None if new is None else self.entry(new, key)
        if before == after:
            return
        if before is not None:
            entries = self.partitions[before[0]]
            entries.remove(before[1])
            if not entries:
                del self.partitions[before[0]]
        if after is not None:
            self.partitions[after[0]].add(after[1])

    def _is_kept(self, old: Item, new: Item) -> bool:
        """Whether the key attributes are the very same objects, as after an update of others."""
        partition, sort = self.schema
        if old.get(partition) is not new.get(partition):
            return False
        return sort is None or old.get(sort) is new.get(sort)


class Table:
    """indexes: by name, the keys of each and the other attributes that it holds; None for all.

    types: of the key attributes of the table and its indexes. is_lagging: whether a write reaches the
    indexes, and reads that are not consistent, at `catch_up` alone.
    """

    def __init__(
        self,
        schema: Schema,
        indexes: Mapping[str, tuple[Schema, frozenset[str] | None]],
        types: Mapping[str, str],
        is_lagging: Callable[[], bool],
    ) -> None:
        self.schema = schema
        self.types = types
        self.items: dict[Key, Item] = {}
        self.sizes: dict[Key, int] = {}
        self.order = Order(schema)
        self.indexes = {
            name: Order(index, None if others is None else others.union(schema.names, index.names))
            for name, (index, others) in indexes.items()
        }
        self._index_names = {name for index, _ in indexes.values() for name in index.names}
        self._limits = _key_limits([schema, *(index for index, _ in indexes.values())])
        self.listeners: list[Callable[[Change], None]] = []
        self.is_lagging = is_lagging
        self._behind: dict[Key, Item | None] = {}
        self._changes = 0

    def key_of(self, item: Item) -> Key:
        """Raises InvalidError where a key attribute is missing, empty, too long or of another type."""
        key = []
        for name in self.schema.names:
            value = item.get(name)
            if value is None:
                raise InvalidError(f"One of the required keys was not given a value: {name}")
            self.check_key(name, value)
            key.append(sortable(value))
        return tuple(key)

    def visible(self, key: Key) -> Item | None:
        """What the indexes, and reads that are not consistent, show."""
        return self._behind[key] if key in self._behind else self.items.get(key)

    def check(self, item: Item, old: Item, size: int) -> None:
        """What every item must satisfy; of what was so before, nothing is looked at."""
        for name in self._index_names:
            value = item.get(name)
            if value is not None and value is not old.get(name):
                self.check_key(name, value)
        if size > MAX_ITEM_BYTES:
            raise InvalidError("Item size has exceeded the maximum allowed size")

    def write(self, key: Key, new: Item | None, size: int) -> None:
        """A write that changes nothing is in no stream."""
        old = self.items.get(key)
        if new is None:
            self.items.pop(key, None)
            self.sizes.pop(key, None)
        else:
            self.items[key], self.sizes[key] = new, size
        if old == new:
            return
        self.order.replace(key, old, new)
        if key not in self._behind:
            if self.is_lagging():
                self._behind[key] = old
            else:
                self._index(key, old, new)
        self._changes += 1
        keys = {name: (new or old or {})[name] for name in self.schema.names}
        for listener in self.listeners:
            listener(Change(self._changes, keys, old, new))

    def catch_up(self) -> None:
        """Let indexes and reads show what was written."""
        for key, old in self._behind.items():
            self._index(key, old, self.items.get(key))
        self._behind.clear()

    def _index(self, key: Key, old: Item | None, new: Item | None) -> None:
        for index in self.indexes.values():
            index.replace(key, old, new)

    def check_partition(self, name: str, content: Any) -> None:
        """The same of the partition that a query names."""
        self.check_key(name, {self.types[name]: content if isinstance(content, str | bytes) else str(content)})

    def check_key(self, name: str, value: Mapping[str, Any]) -> None:
        """Raises InvalidError for what cannot be in a key attribute of the table or of an index."""
        kind = self.types[name]
        if kind not in value:
            raise InvalidError(f"Type mismatch for key {name} expected: {kind}")
        content = value[kind]
        if content in ("", b""):
            text = "The AttributeValue for a key attribute cannot contain an empty string value."
            raise InvalidError(f"One or more parameter values are not valid. {text} Key: {name}")
        limit = self._limits[name]
        # A character has at most four bytes, so most keys need not be encoded.
        if len(content) > limit // 4 and _bytes_of(content) > limit:
            key = "hashkey" if limit == MAX_PARTITION_KEY_BYTES else "rangekey"
            text = f"Size of {key} has exceeded the maximum size limit of{limit} bytes"
            raise InvalidError(f"One or more parameter values were invalid: {text}")


def _key_limits(schemas: list[Schema]) -> dict[str, int]:
    """Bytes by attribute; of one that is a sort key anywhere, those of a sort key."""
    limits = {schema.partition: MAX_PARTITION_KEY_BYTES for schema in schemas}
    return limits | {schema.sort: MAX_SORT_KEY_BYTES for schema in schemas if schema.sort is not None}


def _bytes_of(content: str | bytes) -> int:
    return len(content.encode() if isinstance(content, str) else content)
