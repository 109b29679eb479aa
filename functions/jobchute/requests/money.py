"""A document's `maxCost`, `usage` and `whenOverBudget`: what its job may cost, and what follows from that."""

import difflib
from collections.abc import Mapping
from typing import Any

from jobchute.money.amounts import MICRO, micro_of_number
from jobchute.problems import Problem
from jobchute.providers.charges import USAGE

MAX_DOLLARS = 1_000_000_000
MAX_QUANTITY = 10**15
REJECT, WAIT = "reject", "wait"
"""What a document may say under `whenOverBudget`."""


def money_in(value: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """By the fields of Submission."""
    return {
        "max_cost": max_cost_in(value, problems),
        "usage": usage_in(value, problems),
        "waits_for_budget": _waits(value, problems),
    }


def max_cost_in(value: Mapping[str, Any], problems: list[Problem]) -> int | None:
    """In millionths of a dollar; None where the document sets no limit."""
    given = value.get("maxCost")
    if given is None:
        return None
    rule = f"maxCost must be a number of US dollars above 0, at most {MAX_DOLLARS:,}, such as 12.50"
    if isinstance(given, bool) or not isinstance(given, int | float):
        problems.append(Problem("maxCost", "WRONG_TYPE", rule))
    elif given < 1 / MICRO:
        problems.append(Problem("maxCost", "TOO_SMALL", rule))
    elif given > MAX_DOLLARS:
        problems.append(Problem("maxCost", "TOO_LARGE", rule))
    else:
        return micro_of_number(given)
    return None


def usage_in(value: Mapping[str, Any], problems: list[Problem]) -> dict[str, int]:
    """By the names in `USAGE`."""
    given = value.get("usage", {})
    if not isinstance(given, dict):
        problems.append(Problem("usage", "WRONG_TYPE", f"usage must be an object with {', '.join(USAGE)}"))
        return {}
    for name, quantity in given.items():
        path = f"usage.{name[:100]}"
        if name not in USAGE:
            near = difflib.get_close_matches(name[:100], USAGE, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            problems.append(Problem(path, "UNKNOWN_KEY", f"{hint}usage has {', '.join(USAGE)}"))
        elif isinstance(quantity, bool) or not isinstance(quantity, int):
            problems.append(Problem(path, "WRONG_TYPE", f"{name} must be a whole number"))
        elif not 0 <= quantity <= MAX_QUANTITY:
            code = "TOO_SMALL" if quantity < 0 else "TOO_LARGE"
            problems.append(Problem(path, code, f"{name} must be from 0 to {MAX_QUANTITY:,}"))
    return given


def _waits(value: Mapping[str, Any], problems: list[Problem]) -> bool:
    given = value.get("whenOverBudget", REJECT)
    if given not in (REJECT, WAIT):
        code = "NOT_ALLOWED_VALUE" if isinstance(given, str) else "WRONG_TYPE"
        problems.append(Problem("whenOverBudget", code, f"whenOverBudget must be {REJECT} or {WAIT}"))
    return bool(given == WAIT)
