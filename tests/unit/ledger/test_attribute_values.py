"""Our AttributeValues are boto3's, for every value that the ledger holds."""

import json
import subprocess
import sys
from base64 import b64encode
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from jobchute.job import State
from jobchute.ledger.attribute_values import MAX_NUMBER, decode, encode

NUMBERS = st.integers(-MAX_NUMBER, MAX_NUMBER)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text() | st.binary() | st.sampled_from(State)
SETS = st.sets(st.text(), min_size=1)
VALUES = st.recursive(
    SCALARS | SETS | SETS.map(frozenset),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=4)
    ),
)


def _unordered(value: Any) -> Any:
    """A set is written as a list in any order."""
    match value:
        case {"SS": list(entries)} if len(value) == 1:
            return {"SS": sorted(entries)}
        case dict():
            return {key: _unordered(inner) for key, inner in value.items()}
        case list():
            return [_unordered(inner) for inner in value]
        case _:
            return value


def _as_ours(value: Any) -> Any:
    """What boto3 reads, in the types that we read: it has Decimal for int and Binary for bytes."""
    match value:
        case Decimal():
            return int(value)
        case dict():
            return {key: _as_ours(inner) for key, inner in value.items()}
        case list():
            return [_as_ours(inner) for inner in value]
        case set():
            return frozenset(value)
        case None | bool() | str():
            return value
        case _:
            return bytes(value)


def _listed(value: Any) -> Any:
    """A value as it comes back: tuples as lists, sets as frozensets."""
    match value:
        case dict():
            return {key: _listed(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_listed(inner) for inner in value]
        case set():
            return frozenset(value)
        case _:
            return value


@given(VALUES)
def test_values_are_written_as_boto3_writes_them(value: Any) -> None:
    assert _unordered(encode(value)) == _unordered(TypeSerializer().serialize(_listed(value)))


@given(VALUES)
def test_values_are_read_as_boto3_reads_them(value: Any) -> None:
    written: Any = TypeSerializer().serialize(_listed(value))
    assert decode(written) == _as_ours(TypeDeserializer().deserialize(written))


@given(VALUES)
def test_values_come_back_as_they_were(value: Any) -> None:
    read = decode(encode(value))
    assert read == _listed(value)
    assert _types(read) == _types(_listed(value))


@given(VALUES)
def test_values_of_a_stream_record_are_read_alike(value: Any) -> None:
    """Lambda gets records as JSON, with base64 text for binary values."""
    record = json.dumps(encode(value), default=lambda content: b64encode(content).decode())
    assert decode(json.loads(record)) == _listed(value)


def _types(value: Any) -> Any:
    """Types of a value and all in it: `1 == True`, and a StrEnum comes back as str."""
    match value:
        case dict():
            return {key: _types(inner) for key, inner in value.items()}
        case list():
            return [_types(inner) for inner in value]
        case _:
            return str if isinstance(value, str) else type(value)


def test_a_mapping_of_any_kind_is_a_map() -> None:
    assert encode(MappingProxyType({"a": 1})) == {"M": {"a": {"N": "1"}}}


@pytest.mark.parametrize("value", [1.5, object(), {1, 2}, frozenset({b"a"}), bytearray(b"a")])
def test_what_the_ledger_does_not_hold_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        encode([value])


@pytest.mark.parametrize("value", [MAX_NUMBER + 1, -MAX_NUMBER - 1, set(), frozenset()])
def test_what_dynamodb_refuses_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="DynamoDB"):
        encode(value)


@pytest.mark.parametrize("value", [{"N": "1.5"}, {"N": "NaN"}])
def test_a_number_with_a_fraction_is_not_cut_to_an_integer(value: Any) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        decode(value)


@pytest.mark.parametrize("kind", ["NS", "BS"])
def test_a_type_that_is_never_written_is_not_read(kind: str) -> None:
    with pytest.raises(KeyError):
        decode({kind: []})


def test_rows_need_no_sdk() -> None:
    loaded = "[m for m in sys.modules if m.startswith(('boto', 's3transfer'))]"
    code = f"import jobchute.ledger.items, sys; print({loaded})"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
