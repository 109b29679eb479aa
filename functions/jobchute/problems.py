"""What is wrong with a request, as every answer to a user shows it, and how much of it an answer holds."""

import json
from collections.abc import Iterable
from typing import NamedTuple

MAX_PROBLEMS = 100
MAX_PROBLEMS_BYTES = 32 * 1024
"""Of all problems of a rejection as JSON in ASCII, which is the largest form in which they are written down."""
MAX_PATH = 200
MAX_MESSAGE = 1000
MORE_PROBLEMS = "MORE_PROBLEMS"
"""The code of a problem that says that there are others besides those listed."""


class Problem(NamedTuple):
    """One thing to change in a document.

    path: where, in the provider's own spelling (`request.ResourceConfig.InstanceType`,
        list items as `request.InputDataConfig[0].ChannelName`); empty for the document as a whole.
    code: stable, upper-case with underscores (`UNKNOWN_KEY`), to be matched by programs.
    message: the rule that was broken and what to change, for a person; never a secret value.
    """

    path: str
    code: str
    message: str


def bounded(problems: Iterable[Problem]) -> list[Problem]:
    """The first problems, in their order: at most MAX_PROBLEMS, and MAX_PROBLEMS_BYTES of them.

    Paths and messages are cut to MAX_PATH and MAX_MESSAGE characters. Where problems are left out, a last one
    says how many.
    """
    found = [_cut(problem) for problem in problems]
    counted = [problem for problem in found if problem.code != MORE_PROBLEMS]
    kept = _first(counted)
    left = len(counted) - len(kept)
    if not left:
        return found
    at_least = "at least " if len(counted) < len(found) else ""
    rule = f"{at_least}{left:,} more problems are not listed; correct these first"
    return [*kept, Problem("", MORE_PROBLEMS, rule)]


def _first(problems: list[Problem]) -> list[Problem]:
    size = 0
    for number, problem in enumerate(problems[:MAX_PROBLEMS]):
        size += len(json.dumps(problem._asdict()))
        if size > MAX_PROBLEMS_BYTES:
            return problems[:number]
    return problems[:MAX_PROBLEMS]


def _cut(problem: Problem) -> Problem:
    return Problem(_shortened(problem.path, MAX_PATH), problem.code, _shortened(problem.message, MAX_MESSAGE))


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
