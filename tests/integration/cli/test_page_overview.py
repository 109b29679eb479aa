"""The overview: what it counts, what failed and what to do, what waits, and what an empty one says."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.facts.advice import ADVICE
from jobchute.cli.facts.failures import MAX_EXAMPLES
from jobchute.job import OPEN_STATES, Job, State, iso
from jobchute.ledger.dead_letters import DeadLetter, DeadLetterRows
from jobchute.outcomes import Cause
from jobchute.runtime import Clock
from jobchute.runtime.clients import AwsClients
from tests.builders import NOW, a_job, a_source
from tests.integration.cli.conftest import tool_with
from tests.integration.cli.page import browser
from tests.seeded_ledger import HOSTILE, hostile_jobs

TILE = re.compile(r'<span class="figure">([^<]*)</span> <span class="label">([a-z ]+)')
Add = Callable[..., Job]


@pytest.fixture
def add(deployment: Deployment) -> Add:
    def added(name: str, state: State, *, ago: float = 60, **changes: object) -> Job:
        """A job that moved so many seconds ago."""
        at = iso(NOW - ago)
        history = ({"state": "QUEUED", "at": iso(NOW - ago - 60)}, {"state": str(state), "at": at})
        job = replace(
            a_job(name, state=state, created_at=iso(NOW - ago - 60), **changes), name=name, updated_at=at
        )
        job = replace(job, history=history)
        deployment.ledger.add(job)
        return job

    return added


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_POOLS", "{}")
    monkeypatch.setenv("JOBCHUTE_BUDGETS", "{}")


def shown(clients: AwsClients, address: str = "") -> str:
    """The page as it is at NOW."""
    with tool_with(clients, Clock(now=lambda: NOW)):
        answer = browser().get(address)
    assert answer.status_code == 200
    return answer.text


def part(text: str, name: str) -> str:
    """The element with this id, up to the next section."""
    return text.partition(f'id="{name}"')[2].partition("</section>")[0]


def test_jobs_are_counted_by_state_within_the_time(clients: AwsClients, add: Add) -> None:
    for number, state in enumerate(State):
        add(f"now-{number}", state)
        add(f"old-{number}", state, ago=2 * 24 * 3600)
    tiles = {label.strip(" ,"): figure for figure, label in TILE.findall(shown(clients))}
    assert tiles["running now"] == "2"
    assert tiles["starting now"] == "4"
    assert tiles["waiting now"] == "2"
    assert tiles["succeeded"] == "1"
    assert tiles["failed"] == "2", "FAILED and TIMED_OUT"
    assert tiles["rejected"] == "1"
    week = {label.strip(" ,"): figure for figure, label in TILE.findall(shown(clients, "?since=7d"))}
    assert (week["running now"], week["succeeded"], week["failed"]) == ("2", "2", "4")


@pytest.mark.parametrize("since", ["", "nonsense", "9999d", "%00"])
def test_another_time_is_the_usual_one(clients: AwsClients, deployment: Deployment, since: str) -> None:
    assert "24 hours" in part(shown(clients, f"?since={since}"), "axis")


def test_jobs_are_bars_with_their_states_in_words(clients: AwsClients, add: Add) -> None:
    add("busy", State.RUNNING, ago=3600)
    axis = part(shown(clients), "axis")
    assert ">busy</a>" in axis
    assert ">RUNNING</span>" in axis
    assert "QUEUED for 1m, RUNNING for 1h" in axis
    assert "phase-running" in axis


def test_what_failed_stands_by_cause_with_what_to_do(clients: AwsClients, add: Add) -> None:
    for number in range(MAX_EXAMPLES + 2):
        add(f"code-{number}", State.FAILED, cause=Cause.CODE, reason="exit code 1")
    add("role", State.REJECTED, cause=Cause.PERMISSION)
    add("stopped", State.CANCELLED, cause=Cause.CANCELLED)
    failed = part(shown(clients), "failed")
    assert failed.index("CODE</a>") < failed.index("PERMISSION</a>") < failed.index("CANCELLED</a>")
    assert f"{MAX_EXAMPLES + 2} jobs" in failed
    assert failed.count("exit code 1") == MAX_EXAMPLES
    assert ADVICE[Cause.CODE] in failed
    assert "jobchute retry jc-" in failed


def test_what_waits_says_for_what(clients: AwsClients, add: Add) -> None:
    first = add("first", State.RUNNING)
    add(
        "second",
        State.QUEUED,
        waits_for=frozenset({first.job_id}),
        after=({"job": first.job_id, "on": ["SUCCEEDED"]},),
    )
    waiting = part(shown(clients), "waiting")
    assert ">second</a>" in waiting
    assert f"the end of {first.job_id}" in waiting


def test_dead_letters_have_a_command(clients: AwsClients, deployment: Deployment) -> None:
    rows = DeadLetterRows(runtime.client("dynamodb"), deployment.table)
    at = iso(NOW - 60)
    rows.add(
        DeadLetter(
            queue="q",
            place="intake",
            message_id="12345678-abcd",
            first_seen_at=at,
            sent_at=at,
            deliveries=5,
            about=("s3://drop/<b>.json",),
        )
    )
    text = shown(clients)
    letters = part(text, "letters")
    assert "s3://drop/&lt;b&gt;.json" in letters
    assert "jobchute dlq show 12345678" in letters
    assert ("1", "dead letters") in TILE.findall(text)


def test_spending_stands_against_its_budget(
    clients: AwsClients, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBCHUTE_BUDGETS", '{"label": "team", "amounts": {"growth": 100}, "default": 5}')
    month = iso(NOW)[:7]
    item = {
        "pk": {"S": "BUDGET#growth"},
        "sk": {"S": month},
        "used": {"N": "90000000"},
        "reserved": {"N": "30000000"},
    }
    runtime.client("dynamodb").put_item(TableName=deployment.table, Item=item)
    money = part(shown(clients), "money")
    cells = re.findall(r'data-label="(\w+)">([^<]+)<', money)
    assert cells[:4] == [("spent", "$60.00"), ("reserved", "$30.00"), ("budget", "$100.00"), ("used", "90 %")]
    assert "all others" in money


@pytest.mark.parametrize("missing", ["JOBCHUTE_POOLS", "JOBCHUTE_BUDGETS"])
def test_without_the_stack_the_rest_is_shown(
    clients: AwsClients, add: Add, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """The rules of pools and the budgets are read from the stack; a reader may lack that permission."""
    add("busy", State.RUNNING)
    monkeypatch.delenv(missing)
    text = shown(clients)
    assert "could not be read" in text
    assert "there is no stack Jobchute here" in text
    assert ">busy</a>" in text


def test_an_empty_deployment_has_an_overview(clients: AwsClients, deployment: Deployment) -> None:
    text = shown(clients)
    for words in ("Nothing failed", "Nothing waits", "No pool is in use", "has no budgets"):
        assert words in text
    assert '<p class="unseen" role="status" id="news">no jobs</p>' in text


@pytest.mark.parametrize("address", ["", "jobs", "jobs?sort=name", "files"])
def test_hostile_texts_stay_texts(clients: AwsClients, deployment: Deployment, address: str) -> None:
    for job in hostile_jobs(NOW):
        deployment.ledger.add(job)
    text = shown(clients, address)
    for raw in ("<script>window", "onerror='window", "<svg onload", "\x00", "\x1b", "\u202e", "\u200b"):
        assert raw not in text
    assert "javascript:" not in "".join(re.findall(r'(?:href|src|action)="([^"]*)"', text))
    assert len(HOSTILE) > 5


def test_a_long_reason_is_short_with_a_way_to_see_all(clients: AwsClients, add: Add) -> None:
    add("wordy", State.FAILED, cause=Cause.CODE, reason="word " * 2_000)
    failed = part(shown(clients), "failed")
    assert "all 9,999 characters" in failed
    assert '<details class="long">' in failed


def test_every_open_state_is_shown_as_it_is_now(clients: AwsClients, add: Add) -> None:
    """However long ago a job moved."""
    for state in OPEN_STATES:
        add(f"long-{state}", state, ago=20 * 24 * 3600, source=a_source())
    assert "0 running" not in shown(clients)
