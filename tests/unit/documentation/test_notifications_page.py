"""docs/notifications.md names every member of an event, what `waiting` has, and what `history` keeps."""

import re
from typing import Any

import pytest

from jobchute.job import Job, State, iso
from jobchute.ledger.items import item_of, job_of
from jobchute.outcomes import Cause
from jobchute.status.documents import status_of
from tests.builders import NOW, a_job, a_source
from tests.paths import DOCS
from tests.unit.documentation.tried_jobs import between_attempts, tried_job

PAGE = (DOCS / "notifications.md").read_text()
OF_EVENTS = {"truncated", "links"}
"""Members that status documents do not have."""
EVERYTHING = tried_job(
    "everything",
    state=State.FAILED,
    reason="no capacity",
    cause=Cause.CAPACITY,
    native_status="Failed",
    output="s3://out/x",
    logs="/aws/sagemaker/TrainingJobs",
    result={"version": 1},
    labels={"team": "growth"},
    changes=({"at": iso(NOW), "document": "sqs://1", "priority": 5, "priorityBefore": 4},),
    pool="pool",
    objective={"metric": "loss", "goal": "minimize"},
    after=({"job": "jc-1", "on": ["SUCCEEDED"]},),
    awaits=({"name": "never-came", "on": ["SUCCEEDED"]},),
    awaits_until=NOW,
    idempotency_key="everything",
    retry_of="jc-1",
    source=a_source(owner="ada"),
    cost={"bound": 1, "priced": "2026-11-27"},
    refused=({"at": iso(NOW), "kind": "quota", "code": "Full", "message": "full"},),
    times_refused=1,
)
REJECTED = a_job("rejected", state=State.REJECTED, problems=({"path": "a", "code": "B", "message": "c"},))
WAITING = {
    "turn": a_job("turn", pool="pool", waiting="pool"),
    "attempt": between_attempts("between"),
    "budget": a_job("budget", awaits_budget="growth", reason="no room"),
    "jobs": a_job("jobs", waits_for=frozenset({"jc-1"}), awaits=({"name": "late", "on": ["SUCCEEDED"]},)),
}


def table_below(head: str) -> list[list[str]]:
    """The names in each cell of a table."""
    rows = PAGE.partition(head)[2].partition("\n\n")[0].splitlines()[1:]
    return [[*map(names_in, row.strip("|").split(" | "))] for row in rows]


def names_in(cell: str) -> Any:
    return re.findall(r"`(\w+)`", cell)


def waiting_of(job: Job) -> dict[str, Any]:
    waiting: dict[str, Any] = status_of(job)["waiting"]
    return waiting


def test_the_table_has_every_member_of_an_event() -> None:
    documented = {name for row in table_below("| field of `detail` | value |\n") for name in row[0]}
    printed = {name for job in (EVERYTHING, REJECTED, *WAITING.values()) for name in status_of(job)}
    assert documented == printed | OF_EVENTS


def test_the_table_has_every_kind_of_wait() -> None:
    rows = table_below("| `for` | the job waits for | other members |\n")
    documented = {row[0][0]: {*row[2]} | {"for"} for row in rows}
    assert documented == {name: waiting_of(job).keys() for name, job in WAITING.items()}
    assert all(waiting_of(job)["for"] == name for name, job in WAITING.items())


@pytest.mark.parametrize(("attempt", "with_reason"), [(1, 0), (2, 1), (3, 4)])
def test_what_is_kept_of_the_moves_of_an_attempt(attempt: int, with_reason: int) -> None:
    """All of the newest one's, which is the third."""
    job = job_of(item_of(tried_job("tried")))
    moves = [move for move in status_of(job)["history"] if move.get("attempt", 1) == attempt]
    assert all(("attempt" in move) == (attempt > 1) for move in moves)
    assert not any(State(move["state"]).is_final for move in moves)
    assert ["reason" in move for move in moves] == [True] * with_reason + [False] * (4 - with_reason)
    assert all(move["at"].endswith(".000Z") for move in moves) == (attempt < 3)
