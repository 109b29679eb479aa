"""What a document and a deployment may say against the cost of a job."""

import json
from typing import Any

import pytest

from jobchute.job import Api
from jobchute.money.budgets import Budgets
from jobchute.money.prices import Prices
from jobchute.parsing.documents import read_documents
from jobchute.problems import Problem
from jobchute.requests.costs import JobCosts
from jobchute.requests.document import Submission, parse_document
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.judgement import Judge
from tests.unit.bodies import VALID
from tests.unit.money.quantities import PRICES

ROLES = ("*",)
BUDGETS = Budgets("team", {"growth": 10_000_000})
REQUEST: dict[str, Any] = {
    **VALID[Api.TRAINING_JOB],
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}
"""2 x (0.115 + 0.0002) dollars."""
GPU = {**REQUEST, "ResourceConfig": {**REQUEST["ResourceConfig"], "InstanceType": "ml.p5.48xlarge"}}


def problems(
    request: dict[str, Any] = REQUEST,
    *,
    rails: GuardRails | None = None,
    prices: Prices | None = PRICES,
    budgets: Budgets | None = None,
    **envelope: Any,
) -> list[tuple[str, str, str]]:
    judge = Judge(rails or GuardRails(roles=ROLES), costs=JobCosts(lambda: prices, budgets))
    text = json.dumps({"api": "sagemaker:CreateTrainingJob", "request": request, **envelope})
    (document,) = read_documents(text.encode(), name="x.json")
    return [(each.path, each.code, each.message) for each in judge.judge(document, path="x").problems]


def test_a_job_within_its_limit_is_valid() -> None:
    assert problems(maxCost=0.2304) == []
    assert problems() == []


def test_a_job_above_its_limit_is_refused_with_figures() -> None:
    said = "This job may cost up to $0.2304; maxCost is $0.23."
    assert problems(maxCost=0.23) == [("maxCost", "COST_TOO_HIGH", said)]


def test_an_unknown_cost_is_not_below_a_limit() -> None:
    ((path, code, message),) = problems(GPU, maxCost=1000)
    assert (path, code) == ("maxCost", "COST_UNKNOWN")
    assert "no price is known of sagemaker:training/ml.p5.48xlarge" in message


def test_without_prices_a_limit_cannot_be_held() -> None:
    ((_, code, message),) = problems(prices=None, maxCost=1000)
    assert (code, "run: jobchute prices update" in message) == ("COST_UNKNOWN", True)


def test_a_deployment_limits_each_job() -> None:
    rails = GuardRails(roles=ROLES, max_cost=0.2)
    ((path, code, message),) = problems(rails=rails)
    assert (path, code) == ("request", "COST_TOO_HIGH")
    assert "this deployment allows at most $0.20 for a job" in message
    assert problems(rails=rails._replace(max_cost=0.3)) == []


def test_a_deployment_may_let_unknown_costs_pass() -> None:
    rails = GuardRails(roles=ROLES, max_cost=0.3)
    ((_, code, message),) = problems(GPU, rails=rails)
    assert (code, "jobchute:allow_unknown_cost=true" in message) == ("COST_UNKNOWN", True)
    assert problems(GPU, rails=rails._replace(allow_unknown_cost=True)) == []
    assert problems(GPU, rails=rails._replace(allow_unknown_cost=True), maxCost=5)[0][1] == "COST_UNKNOWN"


def test_with_budgets_each_job_needs_a_bound_and_a_budget() -> None:
    labels = {"team": "growth"}
    assert problems(budgets=BUDGETS, labels=labels) == []
    assert problems(GPU, budgets=BUDGETS, labels=labels)[0][1] == "COST_UNKNOWN"
    assert [code for _, code, _ in problems(budgets=BUDGETS)] == ["NO_BUDGET"]
    ((path, code, message),) = problems(budgets=BUDGETS, labels={"team": "made-up"})
    assert (path, code) == ("labels.team", "NO_BUDGET")
    assert "budgets for 'growth', and no default one" in message.replace('"', "'")
    assert problems(budgets=BUDGETS._replace(default=1)) == []


def test_a_request_that_is_wrong_is_not_priced() -> None:
    broken = {**REQUEST, "ResourceConfig": "ml.m5.large"}
    assert {code for _, code, _ in problems(broken, maxCost=1)} == {"WRONG_TYPE"}


def asked(**envelope: Any) -> Submission | list[Problem]:
    document = {"api": "sagemaker:CreateTrainingJob", "request": REQUEST, **envelope}
    found = parse_document(document)
    assert isinstance(found, Submission | list)
    return found


@pytest.mark.parametrize(
    ("envelope", "path", "code"),
    [
        ({"maxCost": "12"}, "maxCost", "WRONG_TYPE"),
        ({"maxCost": True}, "maxCost", "WRONG_TYPE"),
        ({"maxCost": 0}, "maxCost", "TOO_SMALL"),
        ({"maxCost": -1.5}, "maxCost", "TOO_SMALL"),
        ({"maxCost": 10**10}, "maxCost", "TOO_LARGE"),
        ({"usage": 5}, "usage", "WRONG_TYPE"),
        ({"usage": {"inputToken": 5}}, "usage.inputToken", "UNKNOWN_KEY"),
        ({"usage": {"inputTokens": 5.5}}, "usage.inputTokens", "WRONG_TYPE"),
        ({"usage": {"inputTokens": True}}, "usage.inputTokens", "WRONG_TYPE"),
        ({"usage": {"inputTokens": -1}}, "usage.inputTokens", "TOO_SMALL"),
        ({"usage": {"shots": 10**16}}, "usage.shots", "TOO_LARGE"),
        ({"whenOverBudget": "queue"}, "whenOverBudget", "NOT_ALLOWED_VALUE"),
        ({"whenOverBudget": True}, "whenOverBudget", "WRONG_TYPE"),
    ],
    ids=str,
)
def test_what_is_wrong_about_costs_is_told(envelope: dict[str, Any], path: str, code: str) -> None:
    found = asked(**envelope)
    assert isinstance(found, list)
    assert [(each.path, each.code) for each in found] == [(path, code)]


def test_what_a_document_says_of_costs_is_read_exactly() -> None:
    found = asked(maxCost=0.1, usage={"tasks": 3, "shots": 0}, whenOverBudget="wait")
    assert isinstance(found, Submission)
    assert (found.max_cost, found.usage, found.waits_for_budget) == (100_000, {"tasks": 3, "shots": 0}, True)
    plain = asked()
    assert isinstance(plain, Submission)
    assert (plain.max_cost, dict(plain.usage), plain.waits_for_budget) == (None, {}, False)


def test_a_number_that_is_not_finite_is_no_number() -> None:
    (document,) = read_documents(b'{"api": "sagemaker:CreateTrainingJob", "maxCost": NaN}', name="x.json")
    assert document.problems
