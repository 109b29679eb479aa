"""Tables on a terminal: one line a row at any width, and the state in every one of them."""

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from jobchute.cli import sent_jobs
from jobchute.cli.columns import Column, cut, cut_middle, short_id, widths_of
from jobchute.cli.commands import dlq, queue
from jobchute.cli.document_checks import Checked
from jobchute.cli.facts.lines import PoolLine
from jobchute.cli.following import Awaited, Row
from jobchute.cli.job_columns import COLUMNS, DEFAULT, chosen, print_jobs
from jobchute.cli.live_view import board
from jobchute.cli.request_files import RequestFile
from jobchute.cli.sending import Sent
from jobchute.job import Api, Job, State
from jobchute.ledger.dead_letters import DeadLetter
from jobchute.lifecycle.holding import Held
from jobchute.lifecycle.queue_metrics import PoolFigures
from jobchute.pools.limits import QueuePosition
from tests.builders import NOW, a_job, a_source

WIDTHS = (80, 100, 120, 200)
NUMBERS = (0, 1, 12, 48, 300)
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
REASON = "ClientError: no such image 123456789012.dkr.ecr.us-west-2.amazonaws.com/ours:latest, or no permission"


def a_long_job(number: int) -> Job:
    return a_job(
        f"customer-churn-prediction-with-gradient-boosting-eta-0.1-max-depth-8-{number:03}",
        api=[*Api][number % len(Api)],
        state=[*State][number % len(State)],
        reason=REASON if number % 2 else "日本語のエラー" * 9,
        provider_id=f"arn:aws:sagemaker:us-east-1:123456789012:training-job/a-rather-long-name-{number}",
        source=a_source(uri=f"s3://a-bucket-of-some-name/requests/team-growth/2026/11/26/sweep-{number}.jsonl"),
    )


def letter(number: int) -> DeadLetter:
    job = a_long_job(number)
    message_id = f"{number:08}-89ab-cdef-0123-456789abcdef"
    return DeadLetter(
        "queue", "intake", message_id, job.created_at, job.created_at, 8, (job.source.uri,), (job.job_id,)
    )


def figures(number: int) -> PoolFigures:
    places = tuple(QueuePosition.of(a_long_job(each)) for each in range(3))
    pool = f"sagemaker:CreateProcessingJob/ml.m{number}.24xlarge"
    return PoolFigures(pool, 1000, 999, number, 10 * number, 1000.0 * number, False, places)


def sent(number: int) -> Sent:
    file = RequestFile(shown="sweep.jsonl", name="sweep.jsonl", path="", data=b"")
    return Sent(Checked(file=file, index=number, asked=None, mistakes=()), a_long_job(number).source)


def draw_jobs(number: int) -> None:
    print_jobs(map(a_long_job, range(number)), [COLUMNS[name] for name in DEFAULT])


def draw_pools(number: int) -> None:
    shown = [figures(each) for each in range(number)]
    held = Held("quota", f"cut to 3 of 1000 until 2026-11-21T10:00:00.000Z by a quota error: {'é' * 200}", {})
    print_figures(shown, held)


def print_figures(shown: list[PoolFigures], held: Held | None) -> None:
    lines = {each.pool: PoolLine(each.pool) for each in shown}
    queue._print_figures(shown, {each.pool: held for each in shown}, lines, NOW)


def draw_letters(number: int) -> None:
    dlq._print_letters([letter(each) for each in range(number)])


def draw_sent(number: int) -> None:
    sent_jobs.print_sent([sent(each) for each in range(number)], as_json=False)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def resize(width: int) -> None:
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)

    return resize


@pytest.mark.parametrize("draw", [draw_jobs, draw_pools, draw_letters, draw_sent])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("number", NUMBERS)
def test_a_list_has_one_line_a_row_at_any_width(
    terminal: Callable[[int], None],
    capsys: pytest.CaptureFixture[str],
    draw: Callable[[int], None],
    width: int,
    number: int,
) -> None:
    terminal(width)
    draw(number)
    lines = COLOURS.sub("", capsys.readouterr().out).splitlines()
    assert len(lines) == number + 1
    assert max(map(cell_len, lines)) <= width
    if draw is draw_jobs:
        for each, line in enumerate(lines[1:]):
            assert str(a_long_job(each).state) in line.split()
            assert line.startswith(f"{a_long_job(each).job_id[:15]} ")


@pytest.mark.parametrize("width", range(40, 220, 9))
def test_of_chosen_columns_the_last_give_way_first(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str], width: int
) -> None:
    terminal(width)
    print_jobs(map(a_long_job, range(12)), chosen(("reason", "name", "state", "provider-id", "id")))
    first, *lines = COLOURS.sub("", capsys.readouterr().out).splitlines()
    assert len(lines) == 12
    assert max(map(cell_len, (first, *lines))) <= width
    order = ["REASON", "NAME", "PROVIDER ID", "JOB ID"]
    kept = [head for head in order if head in first]
    assert kept == order[: len(kept)]
    assert kept
    assert all(str(a_long_job(each).state) in line.split() for each, line in enumerate(lines))


@pytest.mark.parametrize("width", WIDTHS)
def test_names_of_one_family_can_be_told_apart(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str], width: int
) -> None:
    terminal(width)
    draw_jobs(12)
    lines = COLOURS.sub("", capsys.readouterr().out).splitlines()[1:]
    assert all(re.search(rf"custo\S*-?{number:03}\s", line) for number, line in enumerate(lines))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("number", NUMBERS)
def test_the_live_view_has_one_line_a_job_and_fits_the_terminal(width: int, number: int) -> None:
    output = StringIO()
    console = Console(file=output, force_terminal=True, width=width, height=24)
    found = [a_long_job(each) for each in range(number)]
    rows = [Row(Awaited(title=job.name, api=job.api, source=job.source), job) for job in found]
    with board(console) as show:
        show(rows)
        drawn = COLOURS.sub("", output.getvalue())
    lines = drawn.splitlines()
    assert len(lines) <= 24
    assert max(map(cell_len, lines), default=0) <= width
    shown = [line for line in lines if "custo" in line]
    assert len(shown) == (number if number <= 19 else min(19, sum(not job.state.is_final for job in found)))
    assert all(any(str(state) in line.split() for state in State) for line in shown)


@pytest.mark.parametrize("width", range(10, 210))
def test_the_state_stays_at_every_width(width: int) -> None:
    output = StringIO()
    from jobchute.cli.columns import API, ELAPSED, ID, STATE
    from jobchute.cli.tables import lines_of

    console = Console(file=output, width=width)
    row = (f"jc-{'0' * 64}", State.SUBMITTING, "sagemaker:CreateProcessingJob", "23h 59m")
    console.print(lines_of((ID, STATE, API, ELAPSED), [row], width))
    _, line = output.getvalue().splitlines()
    assert "SUBMITTING" in line.split()


def test_columns_give_way_in_their_fixed_order() -> None:
    columns = (Column("A", 5), Column("B", 5, rank=2), Column("C", 5, rank=1))
    shown = [widths_of(columns, (10, 10, 10), width) for width in (34, 33, 29, 24, 20, 19, 18, 12, 11)]
    assert shown == [
        [10, 10, 10],
        [10, 9, 10],
        [10, 5, 10],
        [10, 5, 5],
        [6, 5, 5],
        [5, 5, 5],
        [10, 0, 6],
        [5, 0, 5],
        [10, 0, 0],
    ]


def test_a_name_is_cut_in_its_middle_and_a_reason_at_its_end() -> None:
    assert cut_middle("churn-eta-0.1-depth-8", 12) == "churn-…pth-8"
    assert cut("churn-eta-0.1-depth-8", 12) == "churn-eta-0…"
    assert cut_middle("日本語日本語", 9) == cut_middle("日本語日本語", 9)
    assert cell_len(cut_middle("日本語日本語", 9)) <= 9
    assert cut_middle("short", 12) == cut("short", 12) == "short"


def test_a_short_id_is_a_beginning_that_can_be_copied() -> None:
    assert short_id("jc-0123456789abcdef") == "jc-0123456789ab"
    assert short_id("jc-1") == "jc-1"


def test_elsewhere_than_on_a_terminal_everything_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    draw_jobs(1)
    _, line = capsys.readouterr().out.splitlines()
    job = a_long_job(0)
    assert {job.job_id, job.name, job.api, job.reason} <= {*line.split("\t")}


def test_a_dead_letter_is_piped_with_the_ids_of_its_jobs_apart(capsys: pytest.CaptureFixture[str]) -> None:
    ids = (a_long_job(1).job_id, a_long_job(2).job_id)
    dlq._print_letters([letter(1)._replace(job_ids=ids)])
    assert capsys.readouterr().out.rstrip().rpartition("\t")[2] == " ".join(ids)


def test_facts_are_not_broken_by_the_tool(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    from jobchute.cli.tables import print_facts

    terminal(80)
    print_facts([("job id", f"jc-{'0' * 64}"), ("status document", "s3://jobs/" + "a" * 90), ("reason", None)])
    lines = COLOURS.sub("", capsys.readouterr().out).splitlines()
    assert lines == [f"job id           jc-{'0' * 64}", "status document  s3://jobs/" + "a" * 90]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_queue_says_at_any_width_what_holds_a_pool(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str], width: int
) -> None:
    shown = figures(5)._replace(limit=0, limit_now=0)
    terminal(width)
    print_figures([shown], Held("pause", "paused; to resume: jobchute resume --all", {}))
    assert " paused" in capsys.readouterr().out


@pytest.mark.parametrize("width", range(60, 220))
def test_the_ids_of_the_next_jobs_are_whole_or_left_out(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str], width: int
) -> None:
    shown = figures(5)
    whole = {short_id(place.job_id) for place in shown.following}
    terminal(width)
    print_figures([shown], None)
    assert {*re.findall(r"jc-[0-9a-f]*", capsys.readouterr().out)} <= whole


def test_every_job_of_a_dead_letter_is_shown(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    ids = (a_long_job(1).job_id, a_long_job(2).job_id)
    terminal(200)
    dlq._print_letters([letter(1)._replace(job_ids=ids)])
    assert ", ".join(map(short_id, ids)) in capsys.readouterr().out


def test_a_live_view_that_shows_no_job_has_no_names_of_columns() -> None:
    output = StringIO()
    ended = [replace(a_long_job(each), state=State.SUCCEEDED) for each in range(48)]
    with board(Console(file=output, force_terminal=True, width=80, height=24)) as show:
        show([Row(Awaited(title=job.name, api=job.api, source=job.source), job) for job in ended])
    drawn = re.split(r"[\r\n]", COLOURS.sub("", output.getvalue()))
    assert {line.strip() for line in drawn if line.strip()} == {"48 in total: 48 SUCCEEDED"}


def test_an_empty_column_gives_way_before_any_other_is_cut() -> None:
    columns = (Column("A", 5), Column("EMPTY", 5, rank=1), Column("C", 5, rank=2))
    assert widths_of(columns, (10, 0, 10), 29) == [10, 5, 10]
    assert widths_of(columns, (10, 0, 10), 28) == [10, 0, 10]
    assert widths_of(columns, (0, 0, 0), 28) == [1, 5, 1]
