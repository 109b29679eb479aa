"""Which budget a job has, and how a deployment's budgets are written."""

import pytest

from jobchute.money.amounts import dollars_of, micro_of, micro_of_number, shown
from jobchute.money.budgets import DEFAULT, Budget, Budgets, month_of

BUDGETS = Budgets("team", {"growth": 2_000_000_000, "research": 500_000_000}, default=100_000_000)


def test_a_job_has_the_budget_of_its_label() -> None:
    assert BUDGETS.of_labels({"team": "growth"}) == Budget("growth", 2_000_000_000)


@pytest.mark.parametrize("labels", [{}, {"team": "made-up"}, {"other": "growth"}, {"team": ""}], ids=str)
def test_all_other_jobs_share_the_default_budget(labels: dict[str, str]) -> None:
    assert BUDGETS.of_labels(labels) == Budget(DEFAULT, 100_000_000)
    assert BUDGETS._replace(default=None).of_labels(labels) is None


def test_a_budget_that_was_removed_is_the_default_one() -> None:
    assert BUDGETS.named("gone") == Budget(DEFAULT, 100_000_000)


def test_no_label_has_the_name_of_the_default_budget() -> None:
    from jobchute.requests.labels import LABEL_VALUE

    assert LABEL_VALUE.fullmatch(DEFAULT) is None


@pytest.mark.parametrize("budgets", [BUDGETS, BUDGETS._replace(default=None)], ids=str)
def test_budgets_come_back_as_they_were(budgets: Budgets) -> None:
    assert Budgets.of_json(budgets.to_json()) == budgets


def test_an_empty_object_is_no_budgets() -> None:
    assert Budgets.of_json("{}") is None


@pytest.mark.parametrize("text", ["[1]", '{"label": "x"}', '{"label": "x", "amounts": {"a": "b"}}'], ids=str)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no budgets"):
        Budgets.of_json(text)


def test_a_month_is_one_of_utc() -> None:
    assert month_of(1_796_083_199) == "2026-11"
    assert month_of(1_796_083_200) == "2026-12"


def test_amounts_are_rounded_up() -> None:
    from decimal import Decimal

    assert micro_of(Decimal("0.0000001")) == 1
    assert micro_of(Decimal("2.76")) == 2_760_000
    assert micro_of(Decimal("0.115") / 3600 * 86_400) == 2_760_000
    assert micro_of_number(0.1) == 100_000
    assert dollars_of(2_760_000) == 2.76


@pytest.mark.parametrize(
    ("micro", "text"),
    [
        (0, "$0.00"),
        (2_760_000, "$2.76"),
        (12_500_000, "$12.50"),
        (1, "$0.000001"),
        (2_000_000_000, "$2,000.00"),
    ],
)
def test_amounts_are_shown_as_money(micro: int, text: str) -> None:
    assert shown(micro) == text
