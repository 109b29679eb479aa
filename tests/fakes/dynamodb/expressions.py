"""The expressions of one request, parsed once for all requests of the same form."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from tests.fakes.dynamodb.conditions import Test, read_condition
from tests.fakes.dynamodb.errors import NotFakedError
from tests.fakes.dynamodb.queries import Clause, read_key_condition
from tests.fakes.dynamodb.syntax import Path, Reader
from tests.fakes.dynamodb.updates import Update, read_update
from tests.fakes.dynamodb.values import InvalidError, Item, Value, admit_item

NO_VALUES: Item = {}
T = TypeVar("T")


class Expressions(NamedTuple):
    """What a request says; None for what it does not say."""

    condition: Test | None
    update: Update | None
    key_condition: tuple[Clause, ...] | None
    selection: Test | None
    projection: tuple[Path, ...] | None


def expressions_of(request: Mapping[str, Any]) -> tuple[Expressions, Item, int]:
    """Returns the values of the request too, each in its one form, and their size in bytes."""
    names = request.get("ExpressionAttributeNames")
    given = request.get("ExpressionAttributeValues")
    found = _parsed(
        request.get("ConditionExpression"),
        request.get("UpdateExpression"),
        request.get("KeyConditionExpression"),
        request.get("FilterExpression"),
        request.get("ProjectionExpression"),
        None if names is None else tuple(names.items()),
        None if given is None else tuple(given),
    )
    values, size = (NO_VALUES, 0) if given is None else admit_item(given)
    return found, values, size


@lru_cache(maxsize=4096)
def _parsed(
    condition: str | None,
    update: str | None,
    key_condition: str | None,
    selection: str | None,
    projection: str | None,
    names: tuple[tuple[str, str], ...] | None,
    values: tuple[str, ...] | None,
) -> Expressions:
    known = dict(names or ())
    used: list[Reader] = []

    def parsed(text: str | None, read: Callable[[Reader], T]) -> T | None:
        if text is None:
            return None
        used.append(Reader(text, known))
        return read(used[-1])

    found = Expressions(
        parsed(condition, read_condition),
        parsed(update, read_update),
        parsed(key_condition, read_key_condition),
        parsed(selection, read_condition),
        parsed(projection, _read_projection),
    )
    _check_used(
        "names",
        None if names is None else known.keys(),
        {name for reader in used for name in reader.used_names},
    )
    _check_used("values", values, {name for reader in used for name in reader.used_values})
    return found


def _check_used(what: str, given: Any, used: set[str]) -> None:
    if given is not None and not given:
        raise InvalidError(f"ExpressionAttribute{what.capitalize()} must not be empty")
    if missing := used - {*(given or ())}:
        text = "An expression attribute value used in expression is not defined; attribute value"
        raise InvalidError(f"{text}: {sorted(missing)[0]}")
    if unused := {*(given or ())} - used:
        text = f"Value provided in ExpressionAttribute{what.capitalize()} unused in expressions: keys"
        raise InvalidError(f"{text}: {sorted(unused)}")


def _read_projection(reader: Reader) -> tuple[Path, ...]:
    paths = [reader.path()]
    while reader.accepts(","):
        paths.append(reader.path())
    if not reader.at_end():
        raise reader.syntax_error()
    return tuple(paths)


def projected(item: Item, paths: tuple[Path, ...] | None) -> dict[str, Value]:
    """The item, or only what a projection asks for, which must be whole attributes."""
    if paths is None:
        return dict(item)
    if any(len(path) > 1 for path in paths):
        raise NotFakedError("a projection of nested attributes")
    return {str(path[0]): item[str(path[0])] for path in paths if path[0] in item}
