"""Reading of request files, for inputs that nobody thought of."""

import json
import os
import random
import re

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from jobchute.parsing.documents import JsonValue, read_documents
from jobchute.parsing.yaml_scalars import scalar_fault, scalar_value
from tests.harness.fuzz.checks import NAMES, check_reading
from tests.paths import EVENTS

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
SAMPLES = [path.read_bytes() for path in EVENTS.rglob("*") if path.is_file()] or [
    b'{"api": "braket:CreateJob", "request": {"jobName": "a", "n": [1, 2.5, true, null]}}',
    b"api: braket:CreateJob\nrequest:\n  jobName: a\n  list: [1, 'b']\n---\ncancel: jc-1\n",
]
HOSTILE_BITS = [
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b'"',
        b"'",
        b"\\",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\n",
        b"\r",
        b"\t",
    ),
    *(
        b"\\u0000",
        b"\\ud800",
        b"\\ud83d\\ude00",
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"9" * 30,
        b"-0",
        b"1.",
        b".5",
    ),
    *(
        b"---\n",
        b"\n---\n",
        b"...\n",
        b"# ",
        b"&a ",
        b"*a ",
        b"!!str ",
        b"<<: ",
        b"? ",
        b"- ",
        b": ",
        b"| ",
        b"%A\n",
    ),
    *("\u2028".encode(), "\x85".encode(), "\ufffe".encode(), b"no", b"012", b"1:30", b"2026-11-21", b"[" * 70),
]
fuzzed = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

characters = st.characters(
    exclude_categories=["Cs", "Cc"], include_characters="\t\n\r\x7f\x85", exclude_characters="\ufffe\uffff"
)
texts = st.text(characters, max_size=12)
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts
values = st.recursive(
    scalars | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=12,
)
objects = st.dictionaries(texts, values, max_size=6)


class QuotingDumper(yaml.SafeDumper):
    """Puts quotes around every string, as not every reader's YAML 1.1 needs the same ones."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


QuotingDumper.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


@given(st.binary(max_size=200), st.sampled_from(NAMES))
@fuzzed
def test_nothing_that_bytes_hold_raises(data: bytes, name: str) -> None:
    check_reading(data, name)


@given(st.lists(st.sampled_from(HOSTILE_BITS) | st.binary(max_size=3), max_size=30), st.sampled_from(NAMES))
@fuzzed
def test_nothing_that_syntax_can_hold_raises(bits: list[bytes], name: str) -> None:
    check_reading(b"".join(bits), name)


@given(st.sampled_from(SAMPLES), st.integers(0, 2**32), st.sampled_from(NAMES))
@fuzzed
def test_no_damaged_sample_raises(sample: bytes, seed: int, name: str) -> None:
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 4)):
        start = chance.randint(0, len(sample))
        end = min(len(sample), start + chance.choice((0, 1, 1, 2, 30)))
        bit = chance.choice([b"", *HOSTILE_BITS, sample[start:end] * 2])
        sample = sample[:start] + bit + sample[end:]
    check_reading(sample, name)


def one(data: bytes, name: str) -> JsonValue:
    (document,) = read_documents(data, name=name)
    assert document.problems == ()
    return document.value


@given(objects, st.booleans(), st.sampled_from([None, 1]))
@fuzzed
def test_json_comes_back_as_it_was_written(value: JsonValue, is_ascii: bool, indent: int | None) -> None:
    data = json.dumps(value, ensure_ascii=is_ascii, indent=indent).encode()
    assert repr(one(data, "f.json")) == repr(value)


@given(st.lists(objects, min_size=1, max_size=5))
@fuzzed
def test_json_lines_come_back_as_they_were_written(written: list[JsonValue]) -> None:
    lines = "\n\n".join(json.dumps(value) for value in written).encode()
    array = json.dumps(written, indent=1).encode()
    for data, name in ((lines, "f.jsonl"), (lines, "f.json"), (array, "message")):
        read = list(read_documents(data, name=name))
        assert repr([document.value for document in read]) == repr(written)


@given(st.lists(objects, min_size=1, max_size=3), st.sampled_from([None, True, False]))
@fuzzed
def test_yaml_comes_back_as_it_was_written(written: list[JsonValue], is_flow: bool | None) -> None:
    data = yaml.dump_all(written, Dumper=QuotingDumper, default_flow_style=is_flow, sort_keys=False).encode()
    read = list(read_documents(data, name="f.yml"))
    assert [document.problems for document in read] == [()] * len(written)
    assert repr([document.value for document in read]) == repr(written)


@given(st.text("0123456789+-._:eExXobnNyYtTzZ ~=<fFalsruiIdD", min_size=1, max_size=12))
@fuzzed
def test_an_unquoted_scalar_is_accepted_if_yaml_versions_agree(text: str) -> None:
    assume(is_plain_scalar(text))
    if scalar_fault(text) is None:
        value = scalar_value(text)
        assert repr(value) == repr(value_in_yaml_12(text))
        if text.lower() not in BOOLEANS_OF_YAML_11_ALONE:
            assert repr(value) == repr(yaml.safe_load(f"- {text}")[0])


BOOLEANS_OF_YAML_11_ALONE = ("y", "n", "yes", "no", "on", "off")


@pytest.mark.parametrize("word", BOOLEANS_OF_YAML_11_ALONE)
def test_a_boolean_of_yaml_11_alone_is_text(word: str) -> None:
    for text in (word, word.title(), word.upper()):
        assert scalar_fault(text) is None
        assert scalar_value(text) == value_in_yaml_12(text) == text
        assert one(f"{text}: {text}".encode(), "f.yaml") == {text: text}


BOOLEANS = ["true", "True", "TRUE", "false", "False", "FALSE"]


@pytest.mark.parametrize(
    "text", ["", "~", "null", "Null", "NULL", *BOOLEANS, "0", "-1", "+1", "1.5", ".5", "1."]
)
def test_an_unquoted_scalar_of_both_versions_has_their_value(text: str) -> None:
    assert scalar_fault(text) is None
    assert repr(scalar_value(text)) == repr(value_in_yaml_12(text)) == repr(yaml.safe_load(text or "~"))


@pytest.mark.parametrize(
    "text", ["a", "no.", "1.2.3", "10.0.0.1", "nope", "-", ".", "1:90", "0x", "s3://b/k:1", "2026-11", "yess"]
)
def test_an_unquoted_scalar_that_only_looks_odd_is_a_string(text: str) -> None:
    assert scalar_fault(text) is None
    assert scalar_value(text) == text


def is_plain_scalar(text: str) -> bool:
    try:
        events = list(yaml.parse(f"- {text}", yaml.CSafeLoader))
    except yaml.YAMLError:
        return False
    scalar = events[3]
    return (
        isinstance(scalar, yaml.ScalarEvent) and len(events) == 7 and scalar.value == text and not scalar.style
    )


def value_in_yaml_12(text: str) -> JsonValue:
    """The core schema's table: https://yaml.org/spec/1.2.2/#1032-tag-resolution."""
    if re.fullmatch("null|Null|NULL|~|", text):
        return None
    if re.fullmatch("true|True|TRUE|false|False|FALSE", text):
        return text.lower() == "true"
    if re.fullmatch("[-+]?[0-9]+", text):
        return int(text)
    if re.fullmatch("0o[0-7]+|0x[0-9a-fA-F]+", text):
        return int(text, 0)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", text):
        return float(text)
    assert not re.fullmatch(r"[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN", text)
    return text
