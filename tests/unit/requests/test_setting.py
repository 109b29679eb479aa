"""The document that changes a job that waits."""

from typing import Any

import pytest

from jobchute.requests.document import Setting, SettingProblems, parse_document


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"set": "jc-1", "priority": 7}, Setting("jc-1", 7)),
        ({"set": "nightly", "labels": {"a": "b"}}, Setting("nightly", None, {"a": "b"})),
        ({"set": "nightly", "priority": 0, "labels": {"a": ""}}, Setting("nightly", 0, {"a": ""})),
    ],
)
def test_it_names_a_job_and_what_to_set(document: dict[str, Any], expected: Setting) -> None:
    assert parse_document(document) == expected
    assert parse_document(document, path="requests/braket/create-job/x.json") == expected


@pytest.mark.parametrize(
    ("document", "path", "code"),
    [
        ({"set": "jc-1"}, "", "MISSING"),
        ({"set": "jc-1", "labels": {}}, "", "MISSING"),
        ({"set": "", "priority": 1}, "set", "TOO_SHORT"),
        ({"set": "x" * 257, "priority": 1}, "set", "TOO_LONG"),
        ({"set": 7, "priority": 1}, "set", "WRONG_TYPE"),
        ({"set": "jc-1", "priority": 10}, "priority", "TOO_LARGE"),
        ({"set": "jc-1", "priority": True}, "priority", "WRONG_TYPE"),
        ({"set": "jc-1", "labels": {"a": 1}}, "labels.a", "PATTERN"),
        ({"set": "jc-1", "priority": 1, "api": "x"}, "api", "UNKNOWN_KEY"),
    ],
)
def test_what_is_wrong_is_said_by_field(document: dict[str, Any], path: str, code: str) -> None:
    found = parse_document(document)
    assert isinstance(found, SettingProblems)
    assert [(problem.path, problem.code) for problem in found] == [(path, code)]
