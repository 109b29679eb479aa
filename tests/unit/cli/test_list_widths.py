"""Every other list of the tool on a terminal: one line a row within the width, with the state of each job."""

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from rich.cells import cell_len

from jobchute.cli import pool_rules
from jobchute.cli.commands import budget, prices, split
from jobchute.cli.results.listing import Left, print_left
from jobchute.cli.results.splitting import Part
from jobchute.cli.results.stored import Stored
from jobchute.cli.sweeps.printing import print_table
from jobchute.cli.sweeps.rows import SweepRow
from jobchute.job import State
from jobchute.ledger.budgets import BudgetRow
from jobchute.money.budgets import Budget
from jobchute.money.prices import Price
from tests.builders import NOW, a_job

COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
HOSTILE = "\x1b[2J\n<b>日本語のエラー</b>\t" * 20
NAMES = [f"a-rather-long-name-of-a-metric-or-value-{number}" for number in range(9)]


def state_of(number: int) -> State:
    states: list[State] = [*State]
    return states[number % len(states)]


def draw_sweep(number: int) -> None:
    rows = [
        SweepRow(
            job=a_job(f"sweep {each}", state=state_of(each)),
            values={f"HyperParameters.{name}": each if each % 2 else HOSTILE for name in NAMES},
            seconds=86_399.0,
            billable_seconds=86_399,
            cost={"bound": 12_345.67},
            metrics=dict.fromkeys(NAMES, each / 3),
        )
        for each in range(number)
    ]
    print_table(rows, None)


def draw_results(number: int) -> None:
    job = a_job("left", state=State.SUBMITTING)
    at = datetime.fromtimestamp(NOW, tz=UTC)
    objects = [
        Stored("bucket", f"{'folder/' * 30}{each}-{HOSTILE}", 10**each, "e", at) for each in range(number)
    ]
    print_left([Left(job, ["s3://bucket/"], objects)], as_json=False)


def draw_rules(number: int) -> None:
    rules = [
        {
            "pool": f"label:{HOSTILE}={each}",
            "limit": 1000,
            "rate": 0.25,
            "set": True,
            "cut": {"limit": 3, "until": "2026-11-27T10:00:00.000Z", "reason": HOSTILE},
        }
        for each in range(number)
    ]
    pool_rules._print_rules(rules)


def draw_budgets(number: int) -> None:
    amount = 10**15
    budget._print(
        [
            (Budget(f"{HOSTILE}{each}", amount), BudgetRow(HOSTILE, "2026-11", amount, amount), each)
            for each in range(number)
        ]
    )


def draw_prices(number: int) -> None:
    price = Price(Decimal("0.00007500"), "1K tokens", HOSTILE, "2026-11-27")
    prices._print([(f"{HOSTILE}{each}", price) for each in range(number)])


def draw_parts(number: int) -> None:
    parts = [Part(each, 50_000, 10**9, f"s3://bucket/{HOSTILE}", {}) for each in range(number)]
    split._show(parts, Path("out.jsonl"), as_json=False)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    def draw(function: Callable[[int], None], number: int, width: int) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        function(number)
        return COLOURS.sub("", capsys.readouterr().out).splitlines()

    return draw


@pytest.mark.parametrize("width", [80, 100, 120, 200])
@pytest.mark.parametrize("number", [1, 12, 300])
@pytest.mark.parametrize("draw", [draw_sweep, draw_results, draw_rules, draw_budgets, draw_prices, draw_parts])
def test_every_list_has_one_line_a_row(
    drawn: Callable[..., list[str]], draw: Callable[[int], None], number: int, width: int
) -> None:
    lines = drawn(draw, number, width)
    assert len(lines) == number + 1
    assert max(map(cell_len, lines)) <= width
    assert all(line.strip() for line in lines)


@pytest.mark.parametrize("width", range(40, 210, 15))
def test_a_sweep_and_results_keep_the_state(drawn: Callable[..., list[str]], width: int) -> None:
    lines = drawn(draw_sweep, 12, width)
    assert all(str(state_of(each)) in line.split() for each, line in enumerate(lines[1:]))
    assert all("SUBMITTING" in line.split() for line in drawn(draw_results, 12, width)[1:])
