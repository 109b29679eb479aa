"""Python values as DynamoDB's AttributeValue and back, for the types that the ledger holds. Pure.

boto3's serializer does the same for every type; importing it takes 150 ms of a cold start, and each of its
calls several times as long as these. tests/unit/ledger/test_attribute_values.py compares them.
"""

from collections.abc import Callable, Mapping
from typing import Any

AttributeValue = dict[str, Any]

# DynamoDB holds numbers to 38 digits.
MAX_NUMBER = 10**38 - 1


def encode(value: Any) -> AttributeValue:
    """`{"S": "text"}` for "text"; str, int, bool, None, bytes, lists, tuples, mappings and sets of str.

    Raises TypeError for any other type (floats too: DynamoDB has decimals), ValueError for an empty set and a
    number of more than 38 digits, which DynamoDB refuses.
    """
    if type(value) is str:  # what most values are
        return {"S": value}
    encoder = _ENCODERS.get(type(value)) or _encoder_of_subclass(value)
    return encoder(value)


def decode(value: AttributeValue) -> Any:
    """The inverse of `encode`: numbers are int, lists and tuples are lists, sets are frozensets.

    Binary values are bytes in boto3's answers, and base64 text in the records of a stream, which Lambda gets as
    JSON.

    Raises KeyError for a type that `encode` does not write, ValueError for a number with a fraction.
    """
    if "S" in value:  # what most values are
        return value["S"]
    ((kind, content),) = value.items()
    return _DECODERS[kind](content)


def _number(value: int) -> AttributeValue:
    if abs(value) > MAX_NUMBER:
        raise ValueError(f"DynamoDB holds numbers to 38 digits, not {value}")
    return {"N": str(value)}


def _boolean(value: bool) -> AttributeValue:
    return {"BOOL": value}


def _null(value: None) -> AttributeValue:  # noqa: ARG001
    return {"NULL": True}


def _binary(value: bytes) -> AttributeValue:
    return {"B": value}


def _list(value: list[Any] | tuple[Any, ...]) -> AttributeValue:
    return {"L": [encode(entry) for entry in value]}


def _map(value: Mapping[str, Any]) -> AttributeValue:
    return {"M": {name: encode(entry) for name, entry in value.items()}}


def _string_set(value: set[str] | frozenset[str]) -> AttributeValue:
    if not value:
        raise ValueError("DynamoDB has no empty set")
    if not all(isinstance(entry, str) for entry in value):
        raise TypeError("only sets of str are stored")
    return {"SS": list(value)}


_ENCODERS: dict[type, Callable[[Any], AttributeValue]] = {
    int: _number,
    bool: _boolean,
    type(None): _null,
    bytes: _binary,
    list: _list,
    tuple: _list,
    dict: _map,
    set: _string_set,
    frozenset: _string_set,
}


def _text(value: str) -> AttributeValue:
    return {"S": str(value)}


def _encoder_of_subclass(value: Any) -> Callable[[Any], AttributeValue]:
    """For a StrEnum, and for mappings other than dict."""
    if isinstance(value, str):
        return _text
    if isinstance(value, Mapping):
        return _map
    raise TypeError(f"a {type(value).__name__} is not stored")


def _same(content: Any) -> Any:
    return content


def _bytes(content: bytes | str) -> bytes:
    if isinstance(content, str):
        from binascii import a2b_base64

        return a2b_base64(content)
    return bytes(content)


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "N": int,
    "BOOL": _same,
    "NULL": lambda _: None,
    "B": _bytes,
    "L": lambda content: [decode(entry) for entry in content],
    "M": lambda content: {name: decode(entry) for name, entry in content.items()},
    "SS": frozenset,
}
