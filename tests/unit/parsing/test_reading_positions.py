"""Where in a request file the path of a problem is."""

import pytest

from jobchute.parsing.documents import position_of, read_documents

JSON = b"""{
  "api": "x",
  "request": {
    "List": [{"Name": 1}, {"Name": 2},
      3],
    "a.b": {"c": "}"}
  }
}"""
YAML = b"""# comment
a: 1
---
api: x
request:
  List:
    - Name: 1
    - {Name: 2}
    - 3
  a.b: {c: '}'}
"""


@pytest.mark.parametrize(
    ("path", "in_json", "in_yaml"),
    [
        ("", (1, 1), (4, 1)),
        ("api", (2, 3), (4, 1)),
        ("request", (3, 3), (5, 1)),
        ("request.List", (4, 5), (6, 3)),
        ("request.List[0]", (4, 14), (7, 7)),
        ("request.List[1].Name", (4, 28), (8, 8)),
        ("request.List[2]", (5, 7), (9, 7)),
        ("request.a.b.c", (6, 13), (10, 9)),
        ("request.Missing", (3, 3), (5, 1)),
        ("request.List[0].Missing.Deeper", (4, 14), (7, 7)),
        ("request.List[9]", (4, 5), (6, 3)),
        ("req", (1, 1), (4, 1)),
    ],
)
def test_position_of_a_path(path: str, in_json: tuple[int, int], in_yaml: tuple[int, int]) -> None:
    assert position_of(JSON, name="a.json", index=0, path=path) == in_json
    assert position_of(YAML, name="a.yaml", index=1, path=path) == in_yaml


def test_position_in_other_documents_of_a_file() -> None:
    lines = b'{"a": 1}\n\n  {"b": {"c": 1}}'
    assert position_of(lines, name="a.jsonl", index=1, path="b.c") == (3, 10)
    assert position_of(lines, name="a.jsonl", index=2, path="b.c") is None
    assert position_of(b'[{"a": 1}, {"b":\n1}]', name="a.json", index=1, path="b") == (1, 13)


def test_position_of_a_problem_of_reading() -> None:
    for data, name in ((b'{"a": {"b": NaN}}', "a.json"), (b"a:\n b: 012", "a.yaml"), (b'{"a"', "a.json")):
        (document,) = read_documents(data, name=name)
        (problem,) = document.problems
        place = position_of(data, name=name, index=0, path=problem.path)
        assert place is not None
        assert problem.message.endswith(f"(line {place[0]}, column {place[1]})")
        assert position_of(data, name=name, index=0, path="else") is None
