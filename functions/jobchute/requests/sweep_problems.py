"""What is wrong with a sweep: one problem at the value or combination that causes it."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from jobchute.problems import MAX_PROBLEMS, Problem
from jobchute.requests.body import ROOT
from jobchute.requests.matrix import Axis, problem_path
from jobchute.requests.submission import Submission
from jobchute.requests.sweep import Combination, Sweep
from jobchute.validation.wording import member_path

MAX_INVALID = 20
"""The number of invalid combinations that are checked; most often they share their mistake."""


class _Checked(NamedTuple):
    combination: Combination
    problems: Sequence[Problem]


def problems_in_sweep(sweep: Sweep, check: Callable[[Submission], Sequence[Problem]]) -> list[Problem]:
    """Everything that keeps a combination from being a job; an empty list if all of them can be.

    check: returns what is wrong with one submission. A problem of all combinations keeps its path; a problem
    caused by a value is at that value (`matrix.HyperParameters.depth[2]`), any other at its combination
    (`matrix[17].request.StoppingCondition`). Paths, codes and messages are otherwise those of `check`.
    """
    checked: list[_Checked] = []
    invalid = 0
    for combination in sweep.combinations():
        problems = check(combination.submission)[: MAX_PROBLEMS + 1]
        checked.append(_Checked(combination, problems))
        invalid += bool(problems)
        if invalid == MAX_INVALID:
            break
    if not invalid:
        return []
    found = list(dict.fromkeys(_placed(sweep, checked)))
    if len(checked) < sweep.size:
        rule = f"Only the first {len(checked)} of {sweep.size} combinations were checked; there may be more."
        found.append(Problem("matrix", "MORE_PROBLEMS", rule))
    return found


def _placed(sweep: Sweep, checked: Sequence[_Checked]) -> Iterator[Problem]:
    having: dict[tuple[str, str], set[int]] = {}
    for each in checked:
        for problem in each.problems:
            having.setdefault((problem.path, problem.code), set()).add(each.combination.number)
    told: set[tuple[str, str]] = set()
    for each in checked:
        for problem in each.problems:
            kind = problem.path, problem.code
            path = _blamed(sweep, checked, each.combination, problem.path, having[kind])
            if path != problem.path:
                yield Problem(path, problem.code, f"{problem.path}: {problem.message}")
            elif kind not in told:
                yield from (p for p in each.problems if (p.path, p.code) == kind)
                told.add(kind)


def _blamed(
    sweep: Sweep, checked: Sequence[_Checked], combination: Combination, path: str, having: set[int]
) -> str:
    for number, axis in enumerate(sweep.axes):
        at = combination.picked[number]
        with_value = {c.combination.number for c in checked if c.combination.picked[number] == at}
        if _holds(axis, path) and with_value <= having:
            return problem_path(axis.path, at)
    if len(having) == len(checked):
        return path
    return f"matrix[{combination.number}].{path}"


def _holds(axis: Axis, path: str) -> bool:
    """Whether a problem is at the path of the axis, or below it."""
    here = ROOT
    for step in axis.steps:
        here = f"{here}[{step}]" if isinstance(step, int) else member_path(here, step)
    return path == here or path.startswith((f"{here}.", f"{here}["))
