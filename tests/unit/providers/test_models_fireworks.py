"""Every constraint of Fireworks' batch job, each broken alone, against the schema as it was published."""

# ruff: noqa: E501 (a table with one case a line)

import json
from typing import Any

import pytest

from jobchute.job import Api
from jobchute.providers.fireworks.batch_job import model
from jobchute.providers.fireworks.batch_job.model import ELSEWHERE, READ_ONLY
from jobchute.requests.body import problems_in
from jobchute.validation.codes import Code
from jobchute.validation.explain import is_required, members_of
from tests.paths import EXAMPLES

PYTHON = {"targetType": "MODULE", "target": "train"}
WHOLE: dict[str, Any] = {
    "nodePoolId": "pool",
    "displayName": "My Batch Job",
    "environmentId": "env",
    "snapshotId": "snap",
    "numRanks": 1,
    "envVars": {"LEVEL": "info"},
    "role": "arn:aws:iam::123456789012:role/Jobs",
    "annotations": {"team": "growth"},
    "shared": True,
    "pythonExecutor": {**PYTHON, "args": ["--epochs", "1"]},
}

# (path of the problem, code, changes that break it, changes that keep it)
CASES: list[tuple[str, Code, dict[str, Any], dict[str, Any]]] = [
    ("request.nodePoolId", Code.TOO_SHORT, {"nodePoolId": ""}, {"nodePoolId": "p"}),
    ("request.displayName", Code.TOO_LONG, {"displayName": "ä" * 64}, {"displayName": "ä" * 63}),
    ("request.numRanks", Code.TOO_SMALL, {"numRanks": -1}, {"numRanks": 0}),
    ("request.numRanks", Code.TOO_LARGE, {"numRanks": 2**31}, {"numRanks": 2**31 - 1}),
    ("request.role", Code.PATTERN, {"role": "Jobs"}, {"role": "arn:aws-us-gov:iam::123456789012:role/a/b"}),
    ("request.pythonExecutor.target", Code.TOO_SHORT, {"pythonExecutor": {**PYTHON, "target": ""}}, {"pythonExecutor": PYTHON}),
    ("request.pythonExecutor.targetType", Code.NOT_ALLOWED_VALUE, {"pythonExecutor": {**PYTHON, "targetType": "TARGET_TYPE_UNSPECIFIED"}}, {"pythonExecutor": {**PYTHON, "targetType": "FILENAME"}}),
    ("request.pythonExecutor.target", Code.MISSING, {"pythonExecutor": {"targetType": "MODULE"}}, {}),
    ("request.pythonExecutor.targetType", Code.MISSING, {"pythonExecutor": {"target": "train"}}, {}),
    ("request.pythonExecutor.args", Code.WRONG_TYPE, {"pythonExecutor": {**PYTHON, "args": "x"}}, {"pythonExecutor": {**PYTHON, "args": []}}),
    ("request.pythonExecutor.args[0]", Code.WRONG_TYPE, {"pythonExecutor": {**PYTHON, "args": [1]}}, {"pythonExecutor": {**PYTHON, "args": ["1"]}}),
    ("request.pythonExecutor.x", Code.UNKNOWN_KEY, {"pythonExecutor": {**PYTHON, "x": 1}}, {}),
    ("request.notebookExecutor.notebookFilename", Code.MISSING, {"pythonExecutor": None, "notebookExecutor": {}}, {}),
    ("request.notebookExecutor.notebookFilename", Code.TOO_SHORT, {"pythonExecutor": None, "notebookExecutor": {"notebookFilename": ""}}, {"pythonExecutor": None, "notebookExecutor": {"notebookFilename": "n"}}),
    ("request.shellExecutor.command", Code.MISSING, {"pythonExecutor": None, "shellExecutor": {}}, {}),
    ("request.shellExecutor.command", Code.TOO_SHORT, {"pythonExecutor": None, "shellExecutor": {"command": ""}}, {"pythonExecutor": None, "shellExecutor": {"command": "c"}}),
    ("request.envVars.A", Code.WRONG_TYPE, {"envVars": {"A": 1}}, {"envVars": {"A": "1"}}),
    ("request.annotations.a", Code.WRONG_TYPE, {"annotations": {"a": 1}}, {"annotations": {"a": "1"}}),
    ("request.node_pool_id", Code.UNKNOWN_KEY, {"node_pool_id": "p"}, {}),
]  # fmt: skip

WRONG_TYPES: dict[str, Any] = {
    name: [] if not isinstance(value, str) else 1 for name, value in WHOLE.items()
} | {"numRanks": "1", "shared": "true"}


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**WHOLE, **changes}.items() if value is not None}


def found(request: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in problems_in(Api.FIREWORKS_JOB, request)]


@pytest.mark.parametrize(("path", "code", "broken", "kept"), CASES)
def test_a_broken_constraint_is_refused_and_its_twin_accepted(
    path: str, code: Code, broken: dict[str, Any], kept: dict[str, Any]
) -> None:
    assert found(changed(broken)) == [(path, code)]
    assert found(changed(kept)) == []


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_a_member_of_the_wrong_type_is_refused(name: str) -> None:
    assert (f"request.{name}", "WRONG_TYPE") in found(changed({name: WRONG_TYPES[name]}))


def test_nothing_but_the_node_pool_is_required() -> None:
    assert found({"nodePoolId": "pool"}) == []
    assert found({}) == [("request.nodePoolId", "MISSING")]


@pytest.mark.parametrize("member", sorted(READ_ONLY))
def test_what_the_service_returns_is_refused(member: str) -> None:
    name = member.partition(".")[2]
    assert found(changed({name: "x"})) == [(f"request.{name}", "READ_ONLY")]


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_a_key_of_the_other_batch_api_is_explained(name: str) -> None:
    (problem,) = problems_in(Api.FIREWORKS_JOB, changed({name: "x"}))
    assert (problem.path, problem.code) == (f"request.{name}", "OTHER_API")
    assert "batchInferenceJobs" in problem.message
    assert "nodePoolId" in problem.message


def test_the_model_has_the_members_of_the_published_one() -> None:
    """`fireworks-members.json` holds the rows of the protocol buffer descriptor: path, required, read-only."""
    published = json.loads((EXAMPLES / "fireworks-members.json").read_text())
    structures = {
        "": model.BatchJob,
        "pythonExecutor.": model.PythonExecutor,
        "notebookExecutor.": model.NotebookExecutor,
        "shellExecutor.": model.ShellExecutor,
    }
    ours = {
        f"{prefix}{name}": is_required(annotation)
        for prefix, structure in structures.items()
        for name, annotation in members_of(structure).items()
    }
    assert ours == published["input"]
    assert sorted(READ_ONLY) == sorted(f"BatchJob.{name}" for name in published["output_only"])
