"""Requests that may cost more than their document or the deployment allows, or whose cost has no bound."""

from collections.abc import Iterator, Mapping

from jobchute.money.amounts import micro_of_number, shown
from jobchute.money.budgets import Budgets
from jobchute.money.cost import Cost
from jobchute.problems import Problem
from jobchute.requests.allowed import how_to_allow
from jobchute.requests.costs import JobCosts
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.submission import Submission
from jobchute.validation.wording import listed
from jobchute.validation.wording import shown as shown_text

TOO_HIGH, UNKNOWN, NO_BUDGET = "COST_TOO_HIGH", "COST_UNKNOWN", "NO_BUDGET"


def cost_problems(submission: Submission, costs: JobCosts, rails: GuardRails) -> list[Problem]:
    """Of a valid request. What budgets have left is checked when the job is written to the ledger."""
    cost = costs.of(submission)
    return [*_by_document(submission, cost), *_by_deployment(cost, costs, rails, submission.labels)]


def _by_document(submission: Submission, cost: Cost) -> Iterator[Problem]:
    most = submission.max_cost
    if most is None:
        return
    if cost.limit is None:
        message = f"What this job may cost has no known bound: {cost.why_unknown}. maxCost is {shown(most)}."
        yield Problem("maxCost", UNKNOWN, message)
    elif cost.limit > most:
        yield Problem("maxCost", TOO_HIGH, f"{_may_cost(cost.limit)}; maxCost is {shown(most)}.")


def _by_deployment(
    cost: Cost, costs: JobCosts, rails: GuardRails, labels: Mapping[str, str]
) -> Iterator[Problem]:
    if costs.budgets is not None and costs.budgets.of_labels(labels) is None:
        yield _no_budget(costs.budgets, labels)
    if rails.max_cost is None and costs.budgets is None:
        return
    most = None if rails.max_cost is None else micro_of_number(rails.max_cost)
    if cost.limit is None and not rails.allow_unknown_cost:
        message = (
            f"What this job may cost has no known bound: {cost.why_unknown}. This deployment limits costs. To "
            "allow such jobs, deploy with the context value jobchute:allow_unknown_cost=true."
        )
        yield Problem("request", UNKNOWN, message)
    elif most is not None and (cost.bound or 0) > most:
        message = f"{_may_cost(cost.bound or 0)}; this deployment allows at most {shown(most)} for a job."
        yield Problem("request", TOO_HIGH, f"{message} {how_to_allow('max_cost')}")


def _no_budget(budgets: Budgets, labels: Mapping[str, str]) -> Problem:
    label, known = budgets.label, listed([shown_text(name) for name in budgets.amounts])
    value = labels.get(label)
    has = f"no label {label}" if value is None else f"the label {label} with {shown_text(value)}"
    message = f"This job has {has}; this deployment has budgets for {known}, and no default one."
    return Problem(f"labels.{label}", NO_BUDGET, message)


def _may_cost(bound: int) -> str:
    return f"This job may cost up to {shown(bound)}"
