"""A document's `priority` and `after`: which job comes first, and which waits for others."""

import difflib
from collections.abc import Mapping
from typing import Any, NamedTuple

from jobchute.job import FINAL_STATES, State
from jobchute.problems import Problem

MAX_KEY = 256
"""The longest idempotency key, in characters."""
DEFAULT_PRIORITY = 5
HIGHEST_PRIORITY = 9
MAX_DEPENDENCIES = 20

ENDED = "ENDED"
ENDS = tuple(state for state in State if state in FINAL_STATES and state is not State.REJECTED)
"""How a job can end; a rejection never was a job."""
END_NAMES = (*map(str, ENDS), ENDED)
_KNOWN = f"{', '.join(ENDS)}, or {ENDED} for any of these"


class Dependency(NamedTuple):
    """A job that another one waits for. target: its id or idempotency key. on: the states that satisfy it."""

    target: str
    on: frozenset[State] = frozenset({State.SUCCEEDED})


def priority_in(value: Mapping[str, Any], problems: list[Problem]) -> int:
    """0 to 9, the higher the sooner."""
    priority = value.get("priority", DEFAULT_PRIORITY)
    rule = f"priority must be a whole number from 0 to {HIGHEST_PRIORITY}; a higher one comes first"
    if not isinstance(priority, int) or isinstance(priority, bool):
        problems.append(Problem("priority", "WRONG_TYPE", rule))
    elif priority < 0:
        problems.append(Problem("priority", "TOO_SMALL", rule))
    elif priority > HIGHEST_PRIORITY:
        problems.append(Problem("priority", "TOO_LARGE", rule))
    else:
        return priority
    return DEFAULT_PRIORITY


def dependencies_in(value: Mapping[str, Any], problems: list[Problem]) -> tuple[Dependency, ...]:
    """The jobs that this one waits for, in the order of the document."""
    if "after" not in value:
        return ()
    entries = value["after"]
    is_one = isinstance(entries, str | dict)
    remedy = "put it in brackets, even if there is only one" if is_one else "leave it out if there is none"
    rule = f"after must be a list of 1 to {MAX_DEPENDENCIES} jobs to wait for; {remedy}"
    if not isinstance(entries, list):
        problems.append(Problem("after", "WRONG_TYPE", rule))
        return ()
    if not 1 <= len(entries) <= MAX_DEPENDENCIES:
        problems.append(Problem("after", "TOO_MANY" if entries else "TOO_FEW", rule))
        return ()
    found: dict[str, Dependency] = {}
    for index, entry in enumerate(entries):
        dependency = _dependency(entry, f"after[{index}]", problems)
        if dependency is not None and dependency.target in found:
            problem = "this job is already in the list; give it one entry, with all accepted states under `on`"
            problems.append(Problem(f"after[{index}]", "DUPLICATE", problem))
        elif dependency is not None:
            found[dependency.target] = dependency
    return tuple(found.values())


def own_problems(key: str, dependencies: tuple[Dependency, ...]) -> list[Problem]:
    """The problem of a document that names its own idempotency key under `after`."""
    places = (place for place, each in enumerate(dependencies) if each.target == key)
    rule = "this is the document's own idempotencyKey; a job cannot wait for itself; remove the entry"
    return [Problem(f"after[{place}]", "OWN_JOB", rule) for place in places]


def _dependency(entry: object, path: str, problems: list[Problem]) -> Dependency | None:
    match entry:
        case str():
            return Dependency(entry) if _is_target(entry, path, problems) else None
        case dict():
            return _with_ends(entry, path, problems)
        case _:
            rule = 'give a job id or idempotency key, or {"job": "<id or key>", "on": "SUCCEEDED"}'
            problems.append(Problem(path, "WRONG_TYPE", rule))
            return None


def _with_ends(entry: Mapping[str, Any], path: str, problems: list[Problem]) -> Dependency | None:
    for key in entry:
        if key not in ("job", "on"):
            rule = "an entry of `after` has only `job` and `on`"
            problems.append(Problem(f"{path}.{key[:100]}", "UNKNOWN_KEY", rule))
    ends = _ends(entry.get("on", str(State.SUCCEEDED)), f"{path}.on", problems)
    if "job" not in entry:
        problems.append(Problem(f"{path}.job", "MISSING", "name the job by its id or idempotency key"))
        return None
    target = entry["job"]
    return Dependency(target, ends) if _is_target(target, f"{path}.job", problems) else None


def _is_target(target: object, path: str, problems: list[Problem]) -> bool:
    rule = f"a job id or idempotency key must be a string of 1 to {MAX_KEY} characters"
    if not isinstance(target, str):
        problems.append(Problem(path, "WRONG_TYPE", rule))
        return False
    if not 1 <= len(target) <= MAX_KEY:
        problems.append(Problem(path, "TOO_LONG" if target else "TOO_SHORT", rule))
        return False
    return True


def _ends(on: object, path: str, problems: list[Problem]) -> frozenset[State]:
    if not isinstance(on, str | list):
        problems.append(Problem(path, "WRONG_TYPE", f"`on` must be one or a list of {_KNOWN}"))
        return frozenset()
    if not on:
        problems.append(Problem(path, "TOO_FEW", f"name at least one state: {_KNOWN}"))
        return frozenset()
    names = on if isinstance(on, list) else [on]
    for index, name in enumerate(names[: len(END_NAMES)]):
        if not isinstance(name, str) or name not in END_NAMES:
            at = f"{path}[{index}]" if isinstance(on, list) else path
            near = difflib.get_close_matches(str(name)[:100].upper(), END_NAMES, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            problems.append(
                Problem(at, "NOT_ALLOWED_VALUE", f"{hint}this is not a final state of a job: give {_KNOWN}")
            )
    if len(names) > len(END_NAMES):
        problems.append(Problem(path, "TOO_MANY", f"the only states are {_KNOWN}"))
    return frozenset(ENDS) if ENDED in names else frozenset(end for end in ENDS if end in names)
