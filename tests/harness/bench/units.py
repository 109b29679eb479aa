"""DynamoDB's capacity units from item images, table and indexes apart.

Sizes as in the Developer Guide, "DynamoDB item sizes and formats"; units as in "Capacity unit consumption for
write operations" and "Global secondary indexes: provisioned throughput considerations".
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobchute.ledger.table import INCLUDED, INDEXES

WRITE_BYTES, READ_BYTES = 1024, 4096
TABLE_KEYS = ("pk", "sk")

Item = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Units:
    """Of the table, and of each index that was written."""

    table: float = 0
    by_index: Mapping[str, int] = field(default_factory=Counter)

    @property
    def index(self) -> int:
        return sum(self.by_index.values())

    def __add__(self, other: "Units") -> "Units":
        return Units(self.table + other.table, Counter(self.by_index) + Counter(other.by_index))

    def times(self, factor: int) -> "Units":
        return Units(self.table * factor, {name: units * factor for name, units in self.by_index.items()})


def size_of(item: Item) -> int:
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return math.ceil(len(content.strip("-").strip("0.")) / 2) + 1
        case "B":
            return len(content) * 3 // 4 if isinstance(content, str) else len(content)
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(len(text.encode()) for text in content)
        case "L":
            return 3 + sum(1 + _size(entry) for entry in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _size(entry) for name, entry in content.items())
    raise ValueError(f"no type of the ledger's: {kind}")


def write_units(before: Item | None, after: Item | None) -> Units:
    """Of one write that went through; an item is counted by its larger image."""
    table = _writes(max(size_of(image) for image in (before, after, {}) if image is not None))
    return Units(table, +Counter({name: _index_units(name, before, after) for name in INDEXES}))


def _index_units(index: str, before: Item | None, after: Item | None) -> int:
    """None where the entry stays; one for an entry put, changed or deleted; two where its key changes."""
    old, new = _entry(index, before), _entry(index, after)
    if old == new:
        return 0
    if old is None or new is None:
        return _writes(size_of(old or new or {}))
    keys = [key for key in INDEXES[index] if key is not None]
    if all(old[key] == new[key] for key in keys):
        return _writes(max(size_of(old), size_of(new)))
    return _writes(size_of(old)) + _writes(size_of(new))


def _entry(index: str, item: Item | None) -> Item | None:
    """What the index holds of an item, None where it lacks a key."""
    keys = [key for key in INDEXES[index] if key is not None]
    if item is None or any(key not in item for key in keys):
        return None
    names = (*TABLE_KEYS, *keys, *INCLUDED.get(index, ()))
    return {name: item[name] for name in names if name in item}


def _writes(size: int) -> int:
    return max(1, math.ceil(size / WRITE_BYTES))


def read_units(size: int, *, consistent: bool) -> float:
    """Of so many bytes; half as many where the read is eventually consistent."""
    units = max(1, math.ceil(size / READ_BYTES))
    return units if consistent else units / 2
