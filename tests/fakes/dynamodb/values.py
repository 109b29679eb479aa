"""Attribute values as they travel, `{"S": "text"}`: checked, brought to one form, compared.

Stored values have one form (numbers without leading zeros, sets sorted), so equal ones are equal as Python
values. They are never changed in place.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from botocore.exceptions import ParamValidationError

Value = dict[str, Any]
Item = dict[str, Value]
Number = int | Decimal

ORDERED = frozenset("SNB")
SETS = frozenset({"SS", "NS", "BS"})


class InvalidError(Exception):
    """What DynamoDB answers as a ValidationException."""


def number(text: str) -> Number:
    try:
        return int(text)
    except ValueError:
        return Decimal(text)


def number_text(value: Number) -> str:
    """As DynamoDB shows it: without an exponent, leading or trailing zeros."""
    if isinstance(value, int):
        return str(value)
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text


def kind_of(value: Value) -> str:
    return next(iter(value))


def sortable(value: Value) -> Any:
    """What a value is compared by, within its kind."""
    kind, content = next(iter(value.items()))
    return number(content) if kind == "N" else content


def admit(value: Any) -> tuple[Value, int]:
    """A value in its one form, and its size in bytes as DynamoDB counts. Raises what botocore would."""
    if type(value) is not dict or len(value) != 1:
        raise ParamValidationError(report=f"an attribute value has one type: {value!r}")
    kind, content = next(iter(value.items()))
    if kind == "S" and type(content) is str:
        return value, len(content) if content.isascii() else len(content.encode())
    check = ADMIT.get(kind)
    if check is None:
        raise ParamValidationError(report=f"unknown type of value: {value!r}")
    return check(value, content)


def admit_item(item: Mapping[str, Any]) -> tuple[Item, int]:
    size = 0
    admitted: Item = {}
    for name, value in item.items():
        admitted[name], bytes_ = admit(value)
        size += len(name) + bytes_
    return admitted, size


def _must(value: Any, kind: type) -> None:
    if not isinstance(value, kind):
        raise ParamValidationError(report=f"{value!r} is no {kind.__name__}")


def _text(value: Value, content: Any) -> tuple[Value, int]:
    _must(content, str)
    return value, len(content.encode())


def _number(value: Value, content: Any) -> tuple[Value, int]:
    _must(content, str)
    if content.isdigit() and content[0] != "0":
        return value, len(content) // 2 + 2
    try:
        text = number_text(number(content))
    except ArithmeticError as error:
        raise InvalidError(f"The parameter cannot be converted to a numeric value: {content}") from error
    return {"N": text}, len(text) // 2 + 2


def _binary(value: Value, content: Any) -> tuple[Value, int]:
    data = bytes(content) if isinstance(content, bytes | bytearray) else bytes(content.value)
    return {"B": data}, len(data)


def _flag(value: Value, content: Any) -> tuple[Value, int]:
    _must(content, bool)
    return value, 1


def _list(value: Value, content: Any) -> tuple[Value, int]:
    _must(content, list)
    pairs = [admit(entry) for entry in content]
    return {"L": [entry for entry, _ in pairs]}, 3 + sum(size + 1 for _, size in pairs)


def _map(value: Value, content: Any) -> tuple[Value, int]:
    _must(content, dict)
    inner, size = admit_item(content)
    return {"M": inner}, 3 + size + len(inner)


def _set(kind: str, one: str) -> Callable[[Value, Any], tuple[Value, int]]:
    def admit_set(value: Value, content: Any) -> tuple[Value, int]:
        _must(content, list)
        if not content:
            raise InvalidError("One or more parameter values were invalid: An set may not be empty")
        pairs = [admit({one: entry}) for entry in content]
        entries = sorted({entry[one] for entry, _ in pairs})
        if len(entries) < len(content):
            raise InvalidError(f"Input collection {content} contains duplicates.")
        return {kind: entries}, sum(size for _, size in pairs)

    return admit_set


ADMIT: Mapping[str, Callable[[Value, Any], tuple[Value, int]]] = {
    "S": _text,
    "N": _number,
    "B": _binary,
    "BOOL": _flag,
    "NULL": _flag,
    "L": _list,
    "M": _map,
    "SS": _set("SS", "S"),
    "NS": _set("NS", "N"),
    "BS": _set("BS", "B"),
}
