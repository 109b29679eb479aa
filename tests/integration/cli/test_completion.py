"""Completion of ids and names, over moto."""

from dataclasses import replace
from threading import Event
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from jobchute.cli import completion
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.job import State
from tests.builders import a_job, a_source
from tests.integration.cli.test_finding import counted_reads

NIGHTLY = replace(a_job("nightly", state=State.RUNNING), job_id=f"jc-0123{'a' * 60}")
WEEKLY = replace(a_job("weekly", state=State.FAILED), job_id=f"jc-0123{'b' * 60}")
ODD = replace(a_job("odd name; rm -rf \x1b[2J"), job_id=f"jc-9{'c' * 63}")
LINES = (
    ["jobs", "show"],
    ["jobs", "history"],
    ["jobs", "watch"],
    ["jobs", "wait"],
    ["cancel"],
    ["retry"],
    ["results"],
    ["logs"],
    ["sweep"],
)


@pytest.fixture(autouse=True)
def ledger(deployment: Deployment) -> None:
    for job in (NIGHTLY, WEEKLY, ODD):
        deployment.ledger.add(job)


def completed(line: list[str], incomplete: str) -> str:
    """As zsh asks for it: the whole line in the environment."""
    words = ["jobchute", *line, incomplete]
    environment = {
        "_JOBCHUTE_COMPLETE": "complete_zsh",
        "_TYPER_COMPLETE_ARGS": " ".join(words),
    }
    result = CliRunner(env=environment).invoke(app, [], prog_name="jobchute")
    assert result.stderr == ""
    return result.stdout


def offered(incomplete: str, **params: Any) -> dict[str, str]:
    context = typer.Context(get_command(app))
    context.params = params
    return dict(completion.complete_jobs(context, incomplete))


@pytest.mark.parametrize("line", LINES)
def test_ids_are_completed_wherever_one_is_taken(line: list[str]) -> None:
    text = completed(line, "jc-01")
    assert "jc-0123aaaaaaaa" in text
    assert "RUNNING nightly" in text


@pytest.mark.parametrize(
    ("incomplete", "expected"),
    [
        ("jc-0123", {"jc-0123aaaaaaaa": "RUNNING nightly", "jc-0123bbbbbbbb": "FAILED weekly"}),
        ("jc-0123b", {"jc-0123bbbbbbbb": "FAILED weekly"}),
        ("jc-0123bbbbbbbbbb", {WEEKLY.job_id: "FAILED weekly"}),
        ("ni", {"nightly": "RUNNING jc-0123aaaaaaaa"}),
        ("odd", {}),
        ("jc-9", {"jc-9ccccccccccc": r"QUEUED odd name; rm -rf \u001b[2J"}),
        ("jc-ffff", {}),
    ],
)
def test_what_was_typed_is_completed(incomplete: str, expected: dict[str, str]) -> None:
    assert offered(incomplete) == expected


def test_four_digits_need_a_query_and_a_read() -> None:
    with counted_reads() as asked:
        offered("jc-0123")
    assert asked == ["Query", "BatchGetItem"]


def test_less_is_looked_for_in_a_bounded_number_of_reads() -> None:
    with counted_reads() as asked:
        assert len(offered("")) == 3
    assert len(asked) <= 27


def test_only_jobs_of_the_named_owner_are_offered(deployment: Deployment) -> None:
    owned = replace(a_job("mine"), job_id=f"jc-0123{'d' * 60}", source=a_source(owner="ada"))
    deployment.ledger.add(owned)
    assert offered("jc-0123", owner="ada") == {"jc-0123dddddddd": "QUEUED mine"}


def test_what_goes_wrong_is_left_to_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_TABLE", "gone")
    assert offered("jc-0123") == {}
    assert completed(["jobs", "show"], "jc-0123") == completed(["jobs", "show"], "jc-ffff")


def test_a_ledger_that_does_not_answer_is_not_waited_for() -> None:
    answered = Event()

    def find() -> list[completion.Candidate]:
        answered.wait(60)
        return [("jc-1", "late")]

    assert completion._in_time(find, seconds=0.01) == []
    answered.set()
