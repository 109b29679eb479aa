"""Which calls leave the same behind in whatever order they come: those of different things, and reads."""

from functools import cache
from typing import NamedTuple

READS = ("get", "head", "describe", "list", "search", "find", "query", "scan", "batch_get")


class _Touch(NamedTuple):
    """kind: of items in the table; None where the call's name does not say which."""

    service: str
    kind: str | None
    is_read: bool


@cache
def commute(one: str | None, other: str | None) -> bool:
    """By the names of calls, as the wire has them. In doubt they do not.

    None is what comes before a delivery's first call, which may be a person's act on the fakes (a redrive).
    """
    if one is None or other is None:
        return False
    first, second = _touch(one), _touch(other)
    if first.service != second.service or (first.is_read and second.is_read):
        return True
    return None not in (first.kind, second.kind) and first.kind != second.kind


def is_read(name: str) -> bool:
    """Whether a call changes nothing."""
    return _touch(name).is_read


def _touch(name: str) -> _Touch:
    service, _, call = name.partition(":")
    operation, _, what = call.partition("/")
    kind = "JOB" if what.startswith("by") else what.partition(":")[0]
    # A transaction touches several kinds of items.
    is_of_one = not operation.startswith("transact")
    return _Touch(service, (kind or None) if is_of_one else None, operation.startswith(READS))
