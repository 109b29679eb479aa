"""What a request file may look like, and where its problems are."""

import itertools
import re
import tracemalloc
from typing import Any

import pytest

from jobchute.parsing.documents import RawDocument, read_documents
from jobchute.parsing.strict_yaml import read_yaml
from jobchute.parsing.text import MAX_DOCUMENTS, MAX_FAULTS, TextPosition
from jobchute.problems import Problem


def read(data: bytes | str, name: str) -> list[RawDocument]:
    return list(read_documents(data.encode() if isinstance(data, str) else data, name=name))


def values(data: bytes | str, name: str) -> list[Any]:
    documents = read(data, name)
    assert [document.problems for document in documents] == [()] * len(documents)
    assert [document.index for document in documents] == list(range(len(documents)))
    return [document.value for document in documents]


def codes(documents: list[RawDocument]) -> list[list[str]]:
    return [[problem.code for problem in document.problems] for document in documents]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.json", '{"a": 1}', [{"a": 1}]),
        ("A.JSON", '\ufeff \n{"a": 1}\r\n\n', [{"a": 1}]),
        ("a.json", '[{"a": 1}, {"b": 2}]\n', [{"a": 1}, {"b": 2}]),
        ("a.json", ' [\n{"a": "]"}\n]', [{"a": "]"}]),
        ("a.json", '{"a": 1}\n{"b": 2}\n', [{"a": 1}, {"b": 2}]),
        ("a.json", '{"a": 1}\r\n\r\n  {"b": 2}', [{"a": 1}, {"b": 2}]),
        ("a.json", '{"a": {}\n}', [{"a": {}}]),
        ("a.jsonl", '{"a": 1}\n\n  {"b": 2}\n', [{"a": 1}, {"b": 2}]),
        ("b.c/a.ndjson", '{"a": 1}', [{"a": 1}]),
        ("a.yaml", "a: 1", [{"a": 1}]),
        ("a.yml", "\ufeffa: 1\n---\nb: [x, 2.5, true, ~]\n", [{"a": 1}, {"b": ["x", 2.5, True, None]}]),
        ("a.yaml", "---\na: 1\n...\n# b\n---\nb: 2\n...\n", [{"a": 1}, {"b": 2}]),
        ("a.yaml", "a: 1\r\n--- {b: 2}\r\n", [{"a": 1}, {"b": 2}]),
        (
            "a.yaml",
            "# a\n---\n# b\n---\na: 1\n--- # c\n\n---\n  # d\n---\nb: 2\n---\n# e\n",
            [{"a": 1}, {"b": 2}],
        ),
        ("a.yaml", "---\n---\na: 1\n---\n# b\n...\n---\n", [{"a": 1}]),
        ("a.yaml", "a: 1\r---\rb: 2\r", [{"a": 1}, {"b": 2}]),
        ("a.yaml", "# c\na: 1\n... # d\n# e\nb: 2\n...\n# f", [{"a": 1}, {"b": 2}]),
        ("a.yaml", "a: |\n  x\n  ---\nb: ----\nc: a---\n", [{"a": "x\n---\n", "b": "----", "c": "a---"}]),
        (
            "a.yaml",
            "on: off\nn: [no, Yes, y]\ny: {NO: ON}\nt: [true, False]",
            [{"on": "off", "n": ["no", "Yes", "y"], "y": {"NO": "ON"}, "t": [True, False]}],
        ),
        ("a.yaml", '{"a": "no", "b": [1, {"c": null}]}', [{"a": "no", "b": [1, {"c": None}]}]),
        (
            "a.yaml",
            "a: [b: 1, c]\n? d\n: 'no'\ne:\nf: {}",
            [{"a": [{"b": 1}, "c"], "d": "no", "e": None, "f": {}}],
        ),
        ("a.yaml", 'a: "\\U0001F600 \\t \\L"\nb: "<<"\n"<<": 1', [{"a": "😀 \t \u2028", "b": "<<", "<<": 1}]),
        ("message", ' {"a": 1}', [{"a": 1}]),
        ("message", '[{"a": 1}]', [{"a": 1}]),
        ("message", "a: 1\n---\nb: 2", [{"a": 1}, {"b": 2}]),
        ("requests/v1.2/a", "a: 1", [{"a": 1}]),
        ("a.json", '{"a": "\\ud83d\\ude00 \\\\b \\u2028 \\u000a\\n"}', [{"a": "😀 \\b \u2028 \n\n"}]),
        ("a.json", '{"a": [-0, 1E2, 0.0e-999, 9223372036854775807]}', [{"a": [0, 100.0, 0.0, 2**63 - 1]}]),
        ("a.json", '{"": {"": ""}}', [{"": {"": ""}}]),
    ],
)
def test_documents_of_a_file(name: str, text: str, expected: list[object]) -> None:
    assert repr(values(text, name)) == repr(expected)


def test_a_second_yaml_document_is_never_passed_over() -> None:
    (fault,) = read_yaml("a: 1\n---\nb: 2", TextPosition()).faults
    assert fault.code == "INVALID_YAML"
    assert fault.message.endswith("more text follows the document")


def test_a_key_that_is_no_string_has_a_path_too() -> None:
    for text in ("a: {? [b] : 1}", "a: {*b : 1}"):
        assert [problem.path for document in read(text, "a.yaml") for problem in document.problems] == ["a.?"]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ndjson"])
def test_the_name_decides_before_the_first_character_does(name: str) -> None:
    assert codes(read("a: 1", name)) == [["INVALID_JSON"]]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_lines_of_yaml_are_counted_with_any_line_break(line_break: str) -> None:
    lines = ["a: 1", "...", "# b", "", "b: 012", "---", "", "c: 012", "... # end", "---", "---", "d: 012"]
    documents = read(line_break.join(lines), "a.yaml")
    assert [document.line for document in documents] == [1, 5, 6, 11]
    last = [problem.message.rpartition(" (line ")[2] for document in documents for problem in document.problems]
    assert last == ["5, column 4)", "8, column 4)", "12, column 4)"]


def test_one_broken_line_does_not_stop_the_others() -> None:
    documents = read(b'{"a": 1}\n{"a": \n\xff\n\n{"a": 1, "a": 2} \nnull\n{"b": 2}', "a.jsonl")
    assert codes(documents) == [[], ["INVALID_JSON"], ["NOT_UTF8"], ["DUPLICATE_KEY"], ["NOT_AN_OBJECT"], []]
    assert [document.line for document in documents] == [1, 2, 3, 5, 6, 7]
    assert "(line 5, column 10)" in documents[3].problems[0].message


def test_an_array_that_is_not_utf8_is_refused_where_it_is_not() -> None:
    (document,) = read(b'[{"a": 1},\n {"a": "\xe9"}]', "a.json")
    assert (document.problems[0].code, document.line) == ("NOT_UTF8", 2)
    assert "(line 2, column 9)" in document.problems[0].message


def test_json_lines_named_json_are_recognised_with_a_broken_line() -> None:
    assert codes(read(b'{"a":"\xe9"}\n{}', "a.json")) == [["NOT_UTF8"], []]
    assert codes(read(b'{"a":1}\n{"b":\n{}', "a.json")) == [[], ["INVALID_JSON"], []]


def test_one_broken_yaml_document_does_not_stop_the_others() -> None:
    text = b"a: [\n---\n# c\n\nb: 012\n---\n\xff: 1\n---\n- 1\n--- \n'\n---\nc: 1\n"
    documents = read(text, "a.yaml")
    expected = [
        ["INVALID_YAML"],
        ["YAML_AMBIGUOUS_SCALAR"],
        ["NOT_UTF8"],
        ["NOT_AN_OBJECT"],
        ["INVALID_YAML"],
        [],
    ]
    assert codes(documents) == expected
    assert [document.line for document in documents] == [1, 2, 6, 8, 10, 12]
    assert documents[-1].value == {"c": 1}
    assert "(line 5, column 4)" in documents[1].problems[0].message
    assert "(line 7, column 1)" in documents[2].problems[0].message


def test_comments_before_a_document_belong_to_it() -> None:
    documents = read("# a\n\n---\na: 012\n...\n# b\nb: 012", "a.yaml")
    assert [document.line for document in documents] == [3, 7]
    assert [document.problems[0].message.split()[-3:] for document in documents] == [
        ["4,", "column", "4)"],
        ["7,", "column", "4)"],
    ]


def test_a_syntax_error_in_an_array_refuses_it_as_a_whole() -> None:
    assert codes(read(b'[{"a": 1}, {"a": 1 "b": 2}, {}]', "a.json")) == [["INVALID_JSON"]]
    documents = read(b'[{"a": 1},\n {"a": 1,\n "a": 2}, {}]', "a.json")
    assert codes(documents) == [[], ["DUPLICATE_KEY"], []]
    assert [document.line for document in documents] == [1, 2, 2 + 1]
    assert "(line 3, column 2)" in documents[1].problems[0].message


def test_all_problems_of_a_document_are_told_with_their_paths() -> None:
    (in_json,) = read(
        '{"a": NaN, "b": [{"c": "\\u0000"}, 1e999], "b": 1, "d\\u0001": {"e.f": "\\ud800"}}', "a.json"
    )
    assert [(problem.path, problem.code) for problem in in_json.problems] == [
        ("a", "NOT_A_FINITE_NUMBER"),
        ("b[0].c", "NUL_CHARACTER"),
        ("b[1]", "NOT_A_FINITE_NUMBER"),
        ("b", "DUPLICATE_KEY"),
        ("d\\u0001", "CONTROL_CHARACTER"),
        ("d\\u0001.e.f", "LONE_SURROGATE"),
    ]
    (in_yaml,) = read(
        "a: .nan\nb: [{c: 0o7}, &d 1, *d, !!str x]\nb: 1\nd: {'e.f': 012}\n<<: {}\n1: 2\n]", "a.yaml"
    )
    assert [(problem.path, problem.code) for problem in in_yaml.problems] == [
        ("a", "NOT_A_FINITE_NUMBER"),
        ("b[0].c", "YAML_AMBIGUOUS_SCALAR"),
        ("b[1]", "YAML_ANCHOR"),
        ("b[2]", "YAML_ALIAS"),
        ("b[3]", "YAML_TAG"),
        ("b", "DUPLICATE_KEY"),
        ("d.e.f", "YAML_AMBIGUOUS_SCALAR"),
        ("<<", "YAML_MERGE_KEY"),
        ("1", "KEY_NOT_A_STRING"),
        ("", "INVALID_YAML"),
    ]


@pytest.mark.parametrize(("name", "item"), [("a.json", "NaN"), ("a.yaml", ".nan")])
def test_problems_have_an_end(name: str, item: str) -> None:
    (document,) = read(f'{{"a": [{",".join([item] * 1000)}]}}', name)
    assert len(document.problems) == MAX_FAULTS


def test_a_problem_never_shows_the_value() -> None:
    secret = "012345670123"
    for name, text in (
        ("a.yaml", f"a: {secret}"),
        ("a.yaml", f'a: "{secret}\\0"'),
        ("a.json", f'{{"a": "{secret}\\u0000"}}'),
        ("a.json", f'{{"a": {secret}}}'),
        ("a.json", f'{{"a": {secret[1:]}9999999999999999}}'),
        ("a.json", f'{{"a": "{secret}'),
        ("a.yaml", f'a: "{secret}'),
    ):
        (document,) = read(text, name)
        assert document.problems
        assert secret[1:] not in repr(document.problems)


def test_long_keys_are_cut_in_paths() -> None:
    (document,) = read('{"%s": NaN}' % ("k" * 5000), "a.json")
    assert document.problems[0].path == "k" * 128 + "…"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{'a': 1}", "put strings and keys in double quotes"),
        ('{"a": 1 # b\n}', "a file with comments can be YAML"),
        ('{"a": 1 /* b */}', "JSON has no comments"),
        ('{"a": None}', "write null for no value"),
        ('{"a": True}', "write true for yes"),
        ('{"a": False}', "write false for no"),
        ('{"a": +1}', "a number has no plus sign"),
        ('{"a": }', "a value is missing"),
        ('{"a": [1, 2', "the text ends too early"),
        ('{"a": "b\n"}', "a string must end on the line where it begins"),
        ('{"a": "b\tc"}', "write \\t for a tab"),
        ('{"a": "b', "Unterminated string"),
        ('{"a": @}', "Expecting value (line 1, column 7)"),
    ],
)
def test_a_syntax_error_says_what_to_do(text: str, hint: str) -> None:
    (document,) = read(text, "a.json")
    assert re.search(rf"(: |; ){re.escape(hint)}", document.problems[0].message)


def test_tab_in_yaml_is_named() -> None:
    (document,) = read("a:\n\tb: 1", "a.yaml")
    assert document.problems[0].message.endswith("; indent with spaces, not with tabs (line 2, column 1)")


def test_json_lines_are_read_one_at_a_time() -> None:
    data = b"\n".join(b'{"n": %d, "s": "%s"}' % (n, b"x" * 1000) for n in range(MAX_DOCUMENTS))
    tracemalloc.start()
    try:
        documents = read_documents(data, name="a.jsonl")
        assert [document.value["n"] for document in itertools.islice(documents, 3)] == [0, 1, 2]  # type: ignore[call-overload, index]
        assert sum(1 for document in documents if document.value is not None) == MAX_DOCUMENTS - 3
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(data) / 10


def test_problems_are_the_ones_of_the_package() -> None:
    (document,) = read("", "a.json")
    assert document.problems == (
        Problem("", "EMPTY_FILE", "the file is empty: write a request document into it (line 1, column 1)"),
    )


@pytest.mark.parametrize("text", ["# a\n# b\n", "---\n", "# a\n---\n# b\n---\n", "---\n...\n---\n# c"])
def test_a_file_of_comments_alone_is_said_to_hold_nothing_else(text: str) -> None:
    (document,) = read(text, "a.yaml")
    (problem,) = document.problems
    assert (problem.code, document.line) == ("EMPTY_FILE", 1)
    assert "contains no document, only white space and comments" in problem.message


def test_a_directive_without_a_document_is_refused_nonetheless() -> None:
    assert codes(read("%YAML 1.2\n---\n---\na: 1", "a.yaml")) == [["YAML_DIRECTIVE"], []]
    assert codes(read("---\n%TAG x\n---\na: 1", "a.yaml"))[0] != []
