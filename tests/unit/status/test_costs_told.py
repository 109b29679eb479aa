"""What status documents say of costs and budgets."""

from typing import Any

import pytest

from jobchute.job import State
from jobchute.money.told import words_of
from jobchute.status.documents import status_of, waiting_of
from tests.builders import NOW, a_job


@pytest.mark.parametrize(
    ("cost", "estimate", "told", "words"),
    [
        (
            {"bound": 2_760_000, "priced": "2026-11-27"},
            None,
            {"bound": 2.76, "currency": "USD", "priced": "2026-11-27"},
            "at most $2.76",
        ),
        (
            {"bound": 2_760_000, "priced": "2026-11-27", "maxCost": 5_000_000},
            1_000_001,
            {"bound": 2.76, "estimate": 1.000001, "currency": "USD", "priced": "2026-11-27"},
            "about $1.000001",
        ),
        (
            {"unknown": "no price is known of x", "priced": "2026-11-27"},
            None,
            {"currency": "USD", "unknown": "no price is known of x", "priced": "2026-11-27"},
            "unknown cost: no price is known of x",
        ),
        (
            {"bound": 6300, "beyond": "quantum tasks", "priced": "2026-11-27"},
            None,
            {"bound": 0.0063, "currency": "USD", "beyond": "quantum tasks", "priced": "2026-11-27"},
            "at most $0.0063 plus quantum tasks",
        ),
    ],
)
def test_costs_are_told_in_dollars(
    cost: dict[str, Any], estimate: int | None, told: dict[str, Any], words: str
) -> None:
    document = status_of(a_job(cost=cost, estimate=estimate))
    assert document["cost"] == told
    assert words_of(document["cost"]) == words


@pytest.mark.parametrize("cost", [None, {"maxCost": 5}, {"usage": {"tasks": 1}}], ids=str)
def test_without_prices_nothing_is_told(cost: dict[str, Any] | None) -> None:
    assert "cost" not in status_of(a_job(cost=cost))


def test_a_job_that_waits_for_its_budget_says_so() -> None:
    job = a_job(awaits_budget="growth", reason="waiting for its budget: …", due=NOW)
    assert waiting_of(job) == {
        "for": "budget",
        "budget": "growth",
        "since": job.created_at,
        "text": "waiting for its budget: …",
    }
    assert waiting_of(a_job(awaits_budget="growth", state=State.CANCELLED)) is None
