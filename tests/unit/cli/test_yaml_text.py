"""Documents that are printed as YAML are read back as they were."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobchute.cli.yaml_text import yaml_of
from jobchute.parsing.strict_yaml import read_yaml
from jobchute.parsing.text import TextPosition, character_fault

TEXTS = [
    "",
    "on",
    "yes",
    "null",
    "~",
    "010",
    "0x1f",
    "1e3",
    "2026-11-27",
    "12:30",
    "<<",
    "=",
    "- a",
    "a: b",
    "#",
    "*a",
    "ü",
    "\u202e",
    "a\nb",
    " a ",
    "1",
    "true",
]
SENDABLE = st.text().filter(lambda text: character_fault(text) is None)


def read(text: str) -> Any:
    document = read_yaml(text, TextPosition())
    assert not document.faults
    return document.value


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_stays_that_text(text: str) -> None:
    document = {"text": text, "list": [text, [text]], "inner": {"a": text}}
    assert read(yaml_of(document)) == document


@given(
    st.recursive(
        st.booleans() | st.integers(-(2**53), 2**53) | SENDABLE,
        lambda inner: st.lists(inner) | st.dictionaries(SENDABLE.filter(bool), inner),
        max_leaves=20,
    )
)
def test_any_document_is_read_back(value: Any) -> None:
    assert read(yaml_of({"request": value})) == {"request": value}


def test_a_value_twice_is_written_twice() -> None:
    same = {"a": [1]}
    assert "&" not in yaml_of({"first": same, "second": same})


def test_nothing_invisible_is_printed() -> None:
    assert yaml_of({"name": "safe\u202etxt\x1b[2J"}).isascii()
