"""A stack with budgets: what its functions are told, and what they may do besides."""

import json
from pathlib import Path

import pytest

from infra.configuration import Configuration
from jobchute.money.budgets import Budgets
from tests.infra.conftest import Template, synthesized

BUDGETS = {"label": "team", "amounts": {"growth": 2000, "research": 0.5}, "default": 100}


def actions(template: Template) -> dict[str, set[str]]:
    """What each policy allows on the table."""
    found: dict[str, set[str]] = {}
    for policy, statement in template.statements():
        listed = statement["Action"]
        for action in [listed] if isinstance(listed, str) else listed:
            if action.startswith("dynamodb:"):
                found.setdefault(policy, set()).add(action)
    return found


@pytest.fixture(scope="module")
def budgeted(asset: Path) -> Template:
    return synthesized(asset, budgets=BUDGETS)


def test_the_functions_that_reserve_know_the_budgets(budgeted: Template) -> None:
    told = {
        module: function["Environment"]["Variables"]["JOBCHUTE_BUDGETS"]
        for module, function in budgeted.functions().items()
        if "JOBCHUTE_BUDGETS" in function["Environment"]["Variables"]
    }
    assert told.keys() == {"validate", "reconcile"}
    expected = Budgets("team", {"growth": 2_000_000_000, "research": 500_000}, default=100_000_000)
    assert [Budgets.of_json(text) for text in told.values()] == [expected, expected]


def test_two_functions_get_further_actions_where_budgets_are_on(template: Template, budgeted: Template) -> None:
    before, after = actions(template), actions(budgeted)
    more = {policy: after[policy] - before[policy] for policy in after if after[policy] != before[policy]}
    assert sorted(map(sorted, more.values())) == [
        ["dynamodb:ConditionCheckItem", "dynamodb:DeleteItem"],
        ["dynamodb:DeleteItem"],
    ]
    assert all(("Validate" in policy) or ("Announce" in policy) for policy in more)


def test_without_budgets_there_is_no_word_of_them(template: Template) -> None:
    text = json.dumps(template.body)
    assert "JOBCHUTE_BUDGETS" not in text
    assert "ConditionCheckItem" not in text


@pytest.mark.parametrize(
    "budgets",
    [
        {"label": "team"},
        {"label": "team", "amounts": {"growth": 0}},
        {"label": "team", "amounts": {"growth": -1}},
        {"label": "team", "amounts": {"": 1}},
        {"label": "team", "amounts": {"*": 1}},
        {"label": "no label!", "default": 1},
        {"amounts": {"growth": 1}},
        {"label": "team", "default": 1, "month": "2026-11"},
    ],
    ids=str,
)
def test_budgets_that_hold_nothing_are_refused(budgets: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="budgets"):
        Configuration.model_validate({"budgets": budgets})
