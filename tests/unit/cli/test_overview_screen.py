"""The overview on a terminal: it fits the width and the height, and no state is left out."""

import re
from dataclasses import replace
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from jobchute.cli.facts.failures import Failures, groups_of
from jobchute.cli.facts.lines import PoolLine, WaitingJob
from jobchute.cli.facts.overview import Count, Counts, Letters
from jobchute.cli.facts.pools import PoolFacts
from jobchute.cli.facts.spending import BudgetFacts, Spending
from jobchute.cli.facts.waiting import WaitingElsewhere, WaitingInPool, Waits
from jobchute.cli.forecast.starts import Start
from jobchute.cli.terminal.bars import bar_of
from jobchute.cli.terminal.reading import Overview
from jobchute.cli.terminal.screen import drawn, print_as_text, shares
from jobchute.job import Api, Job, State, iso
from jobchute.ledger.dead_letters import DeadLetter
from jobchute.lifecycle.holding import Held
from jobchute.outcomes import Cause
from tests.builders import NOW, a_job

WIDTHS = (80, 100, 120, 200)
HEIGHTS = (16, 24, 40, 100)
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
POOL = "sagemaker:CreateTrainingJob/ml.m5.24xlarge"
HOSTILE = "\x1b[2J\n<b>日本語のエラー</b>" * 40


def job(number: int, state: State) -> Job:
    moves = ({"state": "QUEUED", "at": iso(NOW - 600)}, {"state": str(state), "at": iso(NOW - 300)})
    bad = state.is_final and state is not State.SUCCEEDED
    return a_job(
        f"customer-churn-prediction-with-gradient-boosting-depth-8-{number:03}",
        state=state,
        api=[*Api][number % len(Api)],
        created_at=iso(NOW - 600),
        history=moves,
        cause=[*Cause][number % len(Cause)] if bad else None,
        reason=HOSTILE if bad else None,
        pool=POOL,
    )


def overview(number: int) -> Overview:
    """With so many jobs of each state."""
    per_state = {state: [job(each, state) for each in range(number)] for state in State}
    waiting = [
        WaitingInPool(
            POOL, WaitingJob(each.job_id, place, 5, "", iso(NOW), Start(NOW, NOW + 3600 * 12)), each, HOSTILE
        )
        for place, each in enumerate(per_state[State.QUEUED][:12], 1)
    ]
    elsewhere = [WaitingElsewhere(each, HOSTILE) for each in per_state[State.QUEUED][:12]]
    held = Held("quota", HOSTILE, {})
    pools = [
        PoolFacts(f"{POOL}{each}", 999, 1000, 999, held, None, None, 1.0, POOL, 0.0, PoolLine(POOL, number))
        for each in range(min(number, 12))
    ]
    budgets = [BudgetFacts(f"team {each}", 10**12, 10**11, 10**10) for each in range(min(number, 25))]
    letters = [DeadLetter("q", "intake", str(each), iso(NOW), iso(NOW), 8, (), ()) for each in range(number)]
    ended = [each for state, jobs in per_state.items() if state.is_final for each in jobs]
    groups = groups_of(each for each in ended if each.cause)
    jobs = [each for state, found in per_state.items() if state is not State.REJECTED for each in found]
    return Overview(
        name="Jobchute",
        region="eu-central-1",
        span="24h",
        now=NOW,
        since=NOW - 86_400,
        counts=Counts(
            tuple(Count(state, len(found) * 1234, number > 99) for state, found in per_state.items())
        ),
        jobs=tuple(jobs[:24]),
        waits=Waits(tuple(pools), 0, tuple(waiting), tuple(elsewhere)),
        failures=Failures(groups, sum(group.jobs for group in groups), number < 99),
        letters=Letters(tuple(letters[:100]), number > 99),
        spending=Spending("team", "2026-11", tuple(budgets)) if budgets else None,
        notes=(HOSTILE,) if number == 300 else (),
    )


def lines(shown: Overview, width: int, height: int, foot: str = "") -> list[str]:
    output = StringIO()
    console = Console(file=output, force_terminal=True, width=width, height=height, highlight=False)
    console.print(drawn(shown, width=width, height=height, stack="a-stack", foot=foot))
    return COLOURS.sub("", output.getvalue()).splitlines()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("height", HEIGHTS)
@pytest.mark.parametrize("number", [0, 1, 12, 300])
def test_it_fits_the_screen(width: int, height: int, number: int) -> None:
    found = lines(overview(number), width, height, foot="q quits")
    assert len(found) <= height
    assert max(map(cell_len, found)) <= width
    assert found[-1] == "q quits" or found[-1].startswith("q quits ")
    text = " ".join(found)
    for word in ("running", "starting", "waiting", "succeeded", "failed", "cancelled", "rejected"):
        assert re.search(rf"\d\+? {word}\b", text)


@pytest.mark.parametrize("width", range(40, 220, 3))
def test_each_job_keeps_its_state(width: int) -> None:
    shown = overview(12)
    found = lines(shown, width, 300)
    start = next(index for index, line in enumerate(found) if line.startswith("JOBS "))
    states = [next(word for word in line.split() if word in {*State}) for line in found[start + 1 : start + 25]]
    assert sorted(states) == sorted(str(job.state) for job in shown.jobs)
    assert max(map(cell_len, found)) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_what_to_do_next_can_be_copied_at_every_width(width: int) -> None:
    shown = overview(1)
    shown = shown._replace(failures=Failures(groups_of([job(1, State.FAILED)])))
    found = lines(shown, width, 100)
    assert any("--stack a-stack" in line for line in found)


def test_a_deployment_without_jobs_is_shown_in_a_few_lines() -> None:
    assert [line.strip() for line in lines(overview(0), 80, 24)] == [
        f"Jobchute · eu-central-1 · {iso(NOW)[:10]} {iso(NOW)[11:19]} UTC",
        "now       0 running   0 starting   0 waiting",
        "last 24h  0 succeeded   0 failed   0 cancelled   0 rejected",
    ]


def test_running_jobs_come_first_and_waiting_ones_last() -> None:
    shown = overview(1)
    found = lines(shown, 100, 100)
    start = next(index for index, line in enumerate(found) if line.startswith("JOBS "))
    states = [line.split()[1] for line in found[start + 1 : start + 1 + len(shown.jobs)]]
    assert states[:4] == ["RUNNING", "CANCELLING", "SUBMITTED", "SUBMITTING"]
    assert states[-1] == "QUEUED"


def test_a_time_is_shown_as_one() -> None:
    shown = overview(0)._replace(span="2026-11-17T04:00:00Z")
    assert "since 11-17" in lines(shown, 80, 24)[2]


@pytest.mark.parametrize(
    ("room", "wanted", "expected"),
    [
        (30, [5, 5], [5, 5]),
        (9, [9, 4], [5, 4]),
        (10, [3, 30, 30], [3, 4, 3]),
        (7, [9, 9, 9], [4, 3, 0]),
        (2, [9], [0]),
        (0, [], []),
    ],
)
def test_lists_share_the_height(room: int, wanted: list[int], expected: list[int]) -> None:
    assert shares(room, wanted) == expected


@pytest.mark.parametrize(
    ("since", "expected"),
    [(NOW - 600, "░░░░░█████"), (NOW - 1200, "·····░░███"), (NOW - 300, "██████████")],
)
def test_a_bar_shows_the_states_on_the_axis(since: float, expected: str) -> None:
    assert bar_of(job(1, State.RUNNING), since=since, now=NOW, cells=10) == expected


def test_a_bar_ends_with_the_job() -> None:
    ended = replace(
        job(1, State.RUNNING),
        history=(
            {"state": "QUEUED", "at": iso(NOW - 900)},
            {"state": "SUBMITTING", "at": iso(NOW - 700)},
            {"state": "RUNNING", "at": iso(NOW - 500)},
            {"state": "SUCCEEDED", "at": iso(NOW - 150)},
        ),
        state=State.SUCCEEDED,
    )
    assert bar_of(ended, since=NOW - 1000, now=NOW, cells=10) == "·░░▒▒████·"


def test_a_pipe_gets_every_row_without_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    shown = overview(300)
    print_as_text(shown, None)
    text = capsys.readouterr().out
    assert "\x1b" not in text
    rows = [line.split("\t") for line in text.splitlines()]
    assert ["running", "370,200+"] in rows
    assert len([row for row in rows if row[0].startswith("customer")]) == 24 + 12 + 12
