"""A document's `matrix`: lists of values by their paths in the request, whose product makes the jobs."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from jobchute.job import canonical
from jobchute.problems import Problem

MAX_AXES = 10
MAX_VALUES = 1_000
MAX_COMBINATIONS = 1_000
MAX_PATH_LENGTH = 1_000
"""Of one path, in characters: the answers to all combinations repeat it."""
SHOWN_CHARACTERS = 100

Steps = tuple[str | int, ...]
_STEP = re.compile(r'(?:\A|\.)(?P<name>[^.\[\]"]+)|\[(?P<index>[0-9]{1,4})\]|\[(?P<key>"(?:[^"\\]|\\.)*")\]')
_PATH_RULE = (
    'write it as error messages do: HyperParameters.max_depth, HyperParameters["max depth"], Outputs[0].S3Uri'
)


class Axis(NamedTuple):
    """One path and its values. path: as the document spells it. steps: the keys and list positions on it."""

    path: str
    steps: Steps
    values: tuple[Any, ...]


def axes_in(value: Mapping[str, Any], request: Mapping[str, Any], problems: list[Problem]) -> tuple[Axis, ...]:
    """The axes in the order of the document; none if it has no matrix or a broken one."""
    if "matrix" not in value:
        return ()
    matrix = value["matrix"]
    if not isinstance(matrix, dict):
        problems.append(
            Problem("matrix", "WRONG_TYPE", "matrix must be an object of paths and lists of values")
        )
        return ()
    if not 1 <= len(matrix) <= MAX_AXES:
        rule = f"a matrix has 1 to {MAX_AXES} paths, not {len(matrix)}"
        problems.append(Problem("matrix", "TOO_MANY" if matrix else "TOO_FEW", rule))
        return ()
    found: list[Problem] = []
    axes = [
        Axis(path, steps_of(path, request, problem_path(path), found), _values(path, matrix[path], found))
        for path in matrix
    ]
    found += _overlaps(axes)
    count = math.prod(len(axis.values) for axis in axes)
    if not found and count > MAX_COMBINATIONS:
        most = f"a matrix may make {MAX_COMBINATIONS:,}"
        rule = f"the lists make {count:,} combinations; {most}: split it into several documents"
        found.append(Problem("matrix", "TOO_MANY", rule))
    problems += found
    return () if found else tuple(axes)


def replaced(value: Any, steps: Steps, new: Any) -> Any:
    """A copy of value with another value at the end of the steps. Parts that are not on the path are shared."""
    if not steps:
        return new
    step, *rest = steps
    copy: Any = list(value) if isinstance(value, list) else dict(value)
    inner = copy[step] if isinstance(value, list) or step in value else None
    copy[step] = replaced(inner, tuple(rest), new)
    return copy


def problem_path(axis_path: str, number: int | None = None) -> str:
    """Where an axis, or one of its values, is in the document."""
    at = f"matrix.{axis_path[:SHOWN_CHARACTERS]}"
    return at if number is None else f"{at}[{number}]"


def _values(path: str, values: object, problems: list[Problem]) -> tuple[Any, ...]:
    rule = f"give a list of 1 to {MAX_VALUES:,} values"
    if not isinstance(values, list):
        problems.append(Problem(problem_path(path), "WRONG_TYPE", rule))
        return ()
    if not 1 <= len(values) <= MAX_VALUES:
        problems.append(Problem(problem_path(path), "TOO_MANY" if values else "TOO_FEW", rule))
        return ()
    first: dict[str, int] = {}
    for number, value in enumerate(values):
        before = first.setdefault(canonical(value), number)
        if before != number:
            rule = f"this value is already number {before} of the list; remove one"
            problems.append(Problem(problem_path(path, number), "DUPLICATE", rule))
    return tuple(values)


def steps_of(path: str, request: Mapping[str, Any], at: str, problems: list[Problem]) -> Steps:
    """The parts of the path, if all but the last one are in the request; otherwise (). at: its place in the
    document.
    """
    if len(path) > MAX_PATH_LENGTH:
        problems.append(Problem(at, "TOO_LONG", f"a path has at most {MAX_PATH_LENGTH:,} characters"))
        return ()
    steps = _parsed(path)
    if steps is None:
        problems.append(Problem(at, "PATTERN", f"this is not a path below `request`; {_PATH_RULE}"))
        return ()
    here: Any = request
    for position, step in enumerate(steps):
        is_last = position == len(steps) - 1
        if not _takes(here, step, is_last):
            problems.append(Problem(at, "MISSING", _missing(steps[: position + 1], request)))
            return ()
        here = None if is_last else here[step]
    return steps


def _takes(parent: Any, step: str | int, is_last: bool) -> bool:
    """Whether a value can be set there: as a new key of an object, or in place of an existing value."""
    if isinstance(step, int):
        return isinstance(parent, list) and step < len(parent)
    return isinstance(parent, dict) and (is_last or step in parent)


def _missing(steps: Steps, request: Mapping[str, Any]) -> str:
    if steps[0] == "request" and "request" not in request:
        return "paths begin below `request`: remove `request.`"
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    shown = where.removeprefix(".")[:SHOWN_CHARACTERS]
    rule = "all but the last part of a path must be in the request"
    return f"no value can be set at {shown}: {rule}; add it to the request, or correct the path"


def _parsed(path: str) -> Steps | None:
    steps: list[str | int] = []
    position = 0
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            return None
        name, index, key = found.group("name", "index", "key")
        steps.append(name if name is not None else int(index) if index is not None else _unquoted(key))
        position = found.end()
    is_path = steps and isinstance(steps[0], str) and not path.startswith(".")
    return tuple(steps) if is_path else None


def _unquoted(key: str) -> str:
    """The key that a JSON string in double quotes stands for; the text itself if it is not JSON."""
    try:
        return str(json.loads(key))
    except ValueError:
        return key[1:-1]


def _overlaps(axes: list[Axis]) -> list[Problem]:
    """If one axis contained another, the jobs would depend on their order."""
    found = []
    for before, number in overlap_of([axis.steps for axis in axes]):
        rule = f"it sets the same value as {axes[before].path[:SHOWN_CHARACTERS]}, or a part of it; keep one"
        found.append(Problem(problem_path(axes[number].path), "EXCLUSIVE", rule))
    return found


def overlap_of(paths: Sequence[Steps]) -> Iterator[tuple[int, int]]:
    """The places of two paths, of which one contains the other."""
    for number, steps in enumerate(paths):
        for place, before in enumerate(paths[:number]):
            shared = min(len(steps), len(before))
            if shared and steps[:shared] == before[:shared]:
                yield place, number
