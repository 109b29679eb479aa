"""Files whose documents wait for each other in a circle are refused before they are sent."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobchute.cli.main import app
from jobchute.job import Api, job_id_for_key
from tests.harness.faults.documents import document_of

run = CliRunner().invoke


def files(folder: Path, **after: list[object]) -> list[str]:
    """A file for each name, with a job of that key, and what it waits for."""
    paths = []
    for number, (name, targets) in enumerate(after.items()):
        envelope = {"after": targets} if targets else {}
        path = folder / f"{name}.json"
        path.write_text(json.dumps(document_of(Api.BRAKET_JOB, number, idempotencyKey=name, **envelope)))
        paths.append(str(path))
    return paths


def test_documents_in_any_order_are_valid(tmp_path: Path) -> None:
    result = run(app, ["validate", *files(tmp_path, c=["a", "b"], b=["a"], a=[], d=["elsewhere"])])
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("4 documents valid, 0 invalid\n")


@pytest.mark.parametrize("target", ["a", job_id_for_key("a")])
def test_a_circle_among_files_is_answered_no_and_named(tmp_path: Path, target: str) -> None:
    paths = files(tmp_path, a=["b"], b=["c"], c=[{"job": target, "on": "ENDED"}], d=["a"])
    result = run(app, ["validate", *paths])
    assert result.exit_code == 1
    assert (
        "wait for each other in a circle; remove one of them from `after`: a after b after c after a"
        in result.stdout
    )


def test_a_circle_is_an_object_of_its_own_in_json(tmp_path: Path) -> None:
    result = run(app, ["validate", "--json", *files(tmp_path, a=["b"], b=["a"])])
    assert json.loads(result.stdout.splitlines()[-1]) == {"circle": "a after b after a", "valid": False}


def test_a_document_that_names_itself_is_told_at_its_place(tmp_path: Path) -> None:
    result = run(app, ["validate", *files(tmp_path, a=["b", "a"], b=[])])
    assert result.exit_code == 1
    assert "after[1]: OWN_JOB: this is the document's own idempotencyKey" in result.stdout


def test_a_circle_is_not_sent(tmp_path: Path) -> None:
    result = run(app, ["submit", *files(tmp_path, a=["b"], b=["a"])])
    assert result.exit_code == 1
    assert "nothing was sent: these documents wait for each other in a circle" in result.stderr
